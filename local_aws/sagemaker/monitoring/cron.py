"""Schedule expressions of Model Monitor, and the window that a run at a given hour looks at."""

import re
from datetime import datetime, timedelta

from local_aws.errors import Unsupported, validation

_HOURLY = re.compile(r"cron\(0 \* \? \* \* \*\)")
_DAILY = re.compile(r"cron\(0 (\d{1,2})(?:/(\d{1,2}))? \? \* \* \*\)")
_OFFSET = re.compile(r"-P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?")
HOUR = timedelta(hours=1)


class Cron:
    """Hourly, daily at an hour, or every so many hours from one: what CreateMonitoringSchedule documents."""

    def __init__(self, expression: str) -> None:
        daily = _DAILY.fullmatch(expression)
        if expression == "NOW":
            raise Unsupported("monitoring schedules that run once (ScheduleExpression NOW)")
        if not daily and not _HOURLY.fullmatch(expression):
            allowed = "cron(0 * ? * * *), cron(0 [00-23] ? * * *) and cron(0 [00-23]/[01-24] ? * * *)"
            raise validation(f"The schedule expression {expression!r} is not supported; Model Monitor supports {allowed}.")
        self._first = int(daily[1]) if daily else 0
        self._every = int(daily[2] or 24) if daily else 1
        if self._first > 23 or not 1 <= self._every <= 24:
            raise validation(f"The schedule expression {expression!r} names an hour that does not exist.")

    def after(self, moment: datetime) -> datetime:
        """The next time, later than a moment. The hours start anew each day."""
        hour = moment.replace(minute=0, second=0, microsecond=0)
        while True:
            hour += HOUR
            if hour.hour >= self._first and (hour.hour - self._first) % self._every == 0:
                return hour

    def before(self, moment: datetime) -> datetime:
        """The last time earlier than one of the times."""
        hour = moment - HOUR
        while hour.hour < self._first or (hour.hour - self._first) % self._every:
            hour -= HOUR
        return hour


def window(cron: Cron, at: datetime, start_offset: str | None, end_offset: str | None) -> tuple[datetime, datetime]:
    """What a run looks at: since the run before, or between the offsets of the job's input."""
    start = at - offset(start_offset) if start_offset else cron.before(at)
    end = at - offset(end_offset) if end_offset else at
    if start >= end:
        raise validation(f"StartTimeOffset {start_offset} must lie before EndTimeOffset {end_offset}.")
    return start, end


def offset(text: str) -> timedelta:
    """``-PT2H`` or ``-P1D``: how long before the scheduled time."""
    found = _OFFSET.fullmatch(text)
    if not found or not any(found.groups()):
        raise validation(f"The time offset {text!r} is not a negative ISO 8601 duration such as -PT1H or -P1D.")
    days, hours, minutes = (int(g or 0) for g in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes)
