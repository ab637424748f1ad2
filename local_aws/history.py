"""How much is remembered of what has ended."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Container, Iterable
from typing import Generic, TypeVar

T = TypeVar("T")


def forget(items: dict[str, T], keep: int | None, ended: Callable[[T], bool], spared: Container[str] = ()) -> list[T]:
    """Take out the oldest of those that have ended, until only ``keep`` of these are left (None: all); what was taken.

    Names that are ``spared`` neither go nor count.
    """
    if keep is None or len(items) <= keep:
        return []
    done = [name for name, item in items.items() if name not in spared and ended(item)]
    return [items.pop(name) for name in done[: max(len(done) - keep, 0)]]


class Remembered(ABC, Generic[T]):
    """What ends and is remembered for a while; what another has made, as long as that is remembered."""

    def __init__(self, keep: int | None) -> None:
        self._keep = keep
        self._makers: dict[str, str] = {}
        self._lock = threading.Lock()

    @abstractmethod
    def held(self) -> dict[str, T]:
        """By name."""

    @abstractmethod
    def over(self, item: T) -> bool:
        """Whether it has ended."""

    @abstractmethod
    def drop(self, item: T) -> None:
        """It is forgotten: what belongs to it goes too."""

    def made_by(self, maker: str, name: str) -> None:
        """Remember it for its maker."""
        with self._lock:
            self._makers[name] = maker

    def release(self, maker: str) -> None:
        """The maker is forgotten, and with it what it has made."""
        with self._lock:
            names, held = [name for name, found in self._makers.items() if found == maker], self.held()
            for name in names:
                del self._makers[name]
            gone = [held.pop(name) for name in names if name in held and self.over(held[name])]
        self._drop(gone)

    def leave(self, maker: str) -> None:
        """The maker is gone; what it has made stays, as what nobody else has made."""
        with self._lock:
            self._makers = {name: found for name, found in self._makers.items() if found != maker}
        self.forget()

    def forget(self) -> None:
        """Beyond what is kept, the oldest that nobody else has made goes."""
        with self._lock:
            gone = forget(self.held(), self._keep, self.over, self._makers)
        self._drop(gone)

    def _drop(self, gone: Iterable[T]) -> None:
        for item in gone:
            self.drop(item)
