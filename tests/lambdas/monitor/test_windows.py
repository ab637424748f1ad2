"""Which windows are due: known by when they were due, whatever is delivered how often."""

from datetime import UTC, datetime, timedelta

import pytest

from lambdas.monitor.windows import CATCH_UP, Pace, Window, outstanding

HOUR = timedelta(hours=1)
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
LONG_AGO = NOON - timedelta(days=90)
HOURLY = Pace(HOUR, settle=timedelta(minutes=10))


def due(found: list[Window]) -> list[datetime]:
    return [w.due for w in found]


def test_a_window_is_due_once_its_files_have_settled() -> None:
    started = NOON - HOUR
    assert due(outstanding(NOON + timedelta(minutes=9), LONG_AGO, started, HOURLY)) == []
    (window,) = outstanding(NOON + timedelta(minutes=10), LONG_AGO, started, HOURLY)
    assert window == Window(NOON - HOUR, NOON, NOON)


def test_the_same_tick_twice_and_a_tick_between_ask_for_nothing_new() -> None:
    for minutes in (10, 25, 40, 69):
        assert outstanding(NOON + timedelta(minutes=minutes), LONG_AGO, NOON, HOURLY) == []


def test_missed_windows_are_made_up_for_oldest_first_and_not_without_end() -> None:
    late = NOON + timedelta(minutes=10)
    assert due(outstanding(late, LONG_AGO, NOON - 3 * HOUR, HOURLY)) == [NOON - 2 * HOUR, NOON - HOUR, NOON]
    assert len(outstanding(late, LONG_AGO, NOON - 99 * HOUR, HOURLY)) == CATCH_UP


def test_nothing_is_asked_of_the_time_before_the_release() -> None:
    late = NOON + timedelta(minutes=10)
    assert due(outstanding(late, NOON - timedelta(minutes=30), None, HOURLY)) == [NOON]
    assert outstanding(late, NOON, None, HOURLY) == []


@pytest.mark.parametrize("delay", [0, 5, 48])
def test_days_end_at_midnight_and_labels_are_waited_for(delay: int) -> None:
    pace = Pace(timedelta(days=1), delay=timedelta(hours=delay))
    midnight = datetime(2026, 3, 4, tzinfo=UTC)
    before = outstanding(midnight + timedelta(hours=delay, minutes=-1), LONG_AGO, midnight + timedelta(hours=delay, days=-1), pace)
    (window,) = outstanding(midnight + timedelta(hours=delay), LONG_AGO, midnight + timedelta(hours=delay, days=-1), pace)
    assert before == []
    assert (window.start, window.end) == (midnight - timedelta(days=1), midnight)
    assert window.due == midnight + timedelta(hours=delay)
