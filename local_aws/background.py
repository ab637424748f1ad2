"""Work that goes on after a call has been answered, and a way to wait until there is none."""

import threading
import time
import traceback
from collections.abc import Callable

_FAILURES = 100  # each holds on to whatever its traceback mentions


class Closed(Exception):
    """The local AWS ends, and with it what was parked."""


class Background:
    """A thread per piece of work, counted. Pieces may wait for each other: there is no pool to exhaust.

    Failures are printed, never lost; the latest are kept in ``failures``.
    """

    def __init__(self) -> None:
        self._idle = threading.Condition()
        self._active = 0
        self._parked = 0
        self._pokes = 0
        self._closed = False
        self.failures: list[BaseException] = []

    def submit(self, work: Callable[[], None]) -> None:
        """Run soon, on another thread."""
        with self._idle:
            if self._closed:
                return
            self._active += 1
        threading.Thread(target=self._run, args=(work,), daemon=True, name="aws-work").start()

    @property
    def active(self) -> int:
        """How much is under way."""
        return self._active

    def wait_idle(self, timeout: float = 120.0) -> bool:
        """Wait until nothing is under way; False after ``timeout`` seconds."""
        end = time.monotonic() + timeout
        with self._idle:
            while self._active:
                left = end - time.monotonic()
                if left <= 0 or not self._idle.wait(left):
                    return False
        return True

    def park(self, until: Callable[[], bool]) -> None:
        """Within a piece of work: wait for something that may take time of the clock, and so does not count as under way.

        What changes the answer of ``until`` calls `poke`; from then on the work counts again, without a gap in between.
        """
        while True:
            with self._idle:
                seen = self._pokes
            if until():
                return
            with self._idle:
                if self._closed:
                    raise Closed
                if self._pokes != seen:
                    continue
                self._parked += 1
                self._active -= 1
                self._idle.notify_all()
                while self._pokes == seen:
                    self._idle.wait()

    def poke(self) -> None:
        """Something has changed: whoever is parked looks again."""
        with self._idle:
            self._pokes += 1
            self._active += self._parked
            self._parked = 0
            self._idle.notify_all()

    def close(self) -> None:
        """Take nothing more; what is parked ends."""
        with self._idle:
            self._closed = True
        self.poke()

    def _run(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:
            if not self._closed:  # what is interrupted by the end is no failure
                self.failures.append(error)
                del self.failures[:-_FAILURES]
                traceback.print_exc()
        finally:
            with self._idle:
                self._active -= 1
                self._idle.notify_all()
