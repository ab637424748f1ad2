"""Times are shown in UTC, whatever zone they were given in."""

from datetime import datetime, timedelta, timezone

from cli.times import shown, utc

INDIA = timezone(timedelta(hours=5, minutes=30))


def test_times_are_those_of_utc() -> None:
    at = datetime(2027, 1, 1, 3, 0, 5, tzinfo=INDIA)
    assert utc(at) == "2026-12-31T21:30:05+00:00"
    assert shown(at.isoformat()) == shown(utc(at)) == "2026-12-31 21:30:05 UTC"
