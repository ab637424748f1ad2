"""The clock: timers fire in order as it is moved, at their own moments, and also by themselves."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from local_aws.clock import Clock


@pytest.fixture
def clock() -> Iterator[Clock]:
    made = Clock()
    yield made
    made.close()


def test_it_is_real_time_until_it_is_moved(clock: Clock) -> None:
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=1)
    clock.advance(timedelta(days=3))
    assert abs(clock.now() - datetime.now(UTC) - timedelta(days=3)) < timedelta(seconds=1)
    assert abs(clock.timestamp() - clock.now().timestamp()) < 1


def test_timers_fire_in_order_at_their_moments_and_may_set_others(clock: Clock) -> None:
    start = clock.now()
    seen: list[tuple[str, int]] = []

    def note(name: str) -> None:
        seen.append((name, round((clock.now() - start).total_seconds())))

    clock.call_later(200, lambda: note("late"))
    clock.call_later(100, lambda: (note("early"), clock.call_later(50, lambda: note("between"))))
    clock.call_later(900, lambda: note("never"))
    stops: list[int] = []
    clock.advance(timedelta(seconds=300), lambda: stops.append(len(seen)))
    assert seen == [("early", 100), ("between", 150), ("late", 200)]
    assert stops == [1, 2, 3, 3]


def test_a_timer_fires_without_anybody_moving_the_clock(clock: Clock) -> None:
    fired = threading.Event()
    clock.call_later(0.05, fired.set)
    assert fired.wait(5)
