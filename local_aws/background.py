"""Work that goes on after a call has been answered, and a way to wait until there is none."""

import threading
import time
import traceback
from collections.abc import Callable


class Background:
    """A thread per piece of work, counted. Pieces may wait for each other: there is no pool to exhaust.

    Failures are printed and kept in ``failures``, never lost.
    """

    def __init__(self) -> None:
        self._idle = threading.Condition()
        self._active = 0
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

    def close(self) -> None:
        """Take nothing more."""
        with self._idle:
            self._closed = True

    def _run(self, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as error:
            if not self._closed:  # what is interrupted by the end is no failure
                self.failures.append(error)
                traceback.print_exc()
        finally:
            with self._idle:
                self._active -= 1
                self._idle.notify_all()
