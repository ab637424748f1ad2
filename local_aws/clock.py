"""The one clock: real time plus an offset that tests move. Timers fire in order as it advances."""

import heapq
import itertools
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class Clock:
    """Simulated time in UTC. ``offset`` is what child processes add to their own clocks."""

    def __init__(self) -> None:
        self.offset = timedelta(0)
        self._timers: list[tuple[datetime, int, Callable[[], None]]] = []
        self._count = itertools.count()
        self._changed = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="clock", daemon=True)
        self._thread.start()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset

    def timestamp(self) -> float:
        """Seconds since the epoch."""
        return time.time() + self.offset.total_seconds()

    def call_at(self, when: datetime, action: Callable[[], None]) -> None:
        """Run ``action`` once the clock has reached ``when``."""
        with self._changed:
            heapq.heappush(self._timers, (when, next(self._count), action))
            self._changed.notify()

    def call_later(self, seconds: float, action: Callable[[], None]) -> None:
        self.call_at(self.now() + timedelta(seconds=seconds), action)

    def advance(self, delta: timedelta, between: Callable[[], None] = lambda: None) -> None:
        """Move forward, stopping at each timer on the way; ``between`` runs after each stop."""
        end = self.now() + delta
        while True:
            with self._changed:
                due = self._timers[0][0] if self._timers and self._timers[0][0] <= end else None
                action = heapq.heappop(self._timers)[2] if due else None
            if due is None or action is None:
                break
            self._move_to(due)
            action()
            between()
        self._move_to(end)
        between()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join(timeout=5)

    def _move_to(self, moment: datetime) -> None:
        ahead = moment - self.now()
        if ahead > timedelta(0):
            self.offset += ahead

    def _run(self) -> None:
        while True:
            with self._changed:
                if self._closed:
                    return
                wait = (self._timers[0][0] - self.now()).total_seconds() if self._timers else None
                if wait is None or wait > 0:
                    self._changed.wait(wait)
                    continue
                action = heapq.heappop(self._timers)[2]
            action()
