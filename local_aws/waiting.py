"""What waits for its moment on the clock as data, so that a restart can wait on: retries, deliveries that come again."""

import itertools
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Generic, TypeVar

from local_aws.background import Background
from local_aws.clock import Clock

T = TypeVar("T")


class Waiting(Generic[T]):
    """Items, each of which ``work`` is given in the background once its moment has come. ``held`` is what a restart keeps."""

    def __init__(self, clock: Clock, background: Background, work: Callable[[T], None]) -> None:
        self._clock, self._background, self._work = clock, background, work
        self._numbers = itertools.count()
        self._items: dict[int, tuple[datetime, T]] = {}

    def add(self, when: datetime, item: T) -> None:
        number = next(self._numbers)
        self._items[number] = (when, item)
        self._plan(number)

    @property
    def held(self) -> list[tuple[datetime, T]]:
        return [self._items[number] for number in sorted(self._items)]

    @held.setter
    def held(self, items: list[tuple[datetime, T]]) -> None:
        self._items = {next(self._numbers): item for item in items}

    def resume(self) -> None:
        """After a restore: what fell due while nothing ran is due now."""
        for number in list(self._items):
            self._plan(number)

    def _plan(self, number: int) -> None:
        self._clock.call_at(self._items[number][0], partial(self._background.submit, partial(self._due, number)))

    def _due(self, number: int) -> None:
        """Held until it is done: a state that is saved meanwhile has it, and it happens twice rather than never."""
        try:
            self._work(self._items[number][1])
        finally:
            del self._items[number]
