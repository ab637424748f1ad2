"""Which windows are due. Pure: a window is known by the moment at which it is due, whatever is delivered how often."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

CATCH_UP = 24  # windows: what was missed longer ago is not made up for
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Pace:
    """How long a window is, how long labels may take, and how long captured files may take to arrive."""

    window: timedelta
    delay: timedelta = timedelta(0)
    settle: timedelta = timedelta(0)

    def at(self, due: datetime) -> "Window":
        end = due - self.delay
        return Window(end - self.window, end, due)


@dataclass(frozen=True)
class Window:
    """[start, end) of inference times; ``due`` is its end and the delay of labels. All in UTC, at full hours."""

    start: datetime
    end: datetime
    due: datetime


def outstanding(now: datetime, since: datetime, started: datetime | None, pace: Pace) -> list[Window]:
    """Windows to start, oldest first: due by now, later than the last one started, ended after ``since``."""
    ready = now - pace.settle - pace.delay
    newest = _EPOCH + (ready - _EPOCH) // pace.window * pace.window + pace.delay
    found: list[Window] = []
    due = newest
    while len(found) < CATCH_UP and (started is None or due > started):
        window = pace.at(due)
        if window.end <= since:
            break
        found.append(window)
        due -= pace.window
    return found[::-1]
