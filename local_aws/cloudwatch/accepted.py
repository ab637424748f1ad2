"""What PutMetricData takes (docs: PutMetricData and Dimension in CloudWatch's API): anything else refuses the whole call."""

import math
from datetime import UTC, datetime, timedelta

from local_aws.cloudwatch.statistics import Datum
from local_aws.cloudwatch.store import Metric
from local_aws.errors import AwsError

OLDEST, NEWEST = timedelta(weeks=2), timedelta(hours=2)
LARGEST = 2.0**360
_LONGEST = 1024
_MOST = 30


def check_datum(place: str, metric: Metric, datum: Datum, at: datetime, now: datetime) -> None:
    """Raises AwsError for dimensions, a value or a time stamp that CloudWatch does not document to take."""
    if len(metric.dimensions) > _MOST:
        raise _bad(f"{place}.Dimensions", f"has more than {_MOST} members")
    for name, value in metric.dimensions:
        for what, text in (("Name", name), ("Value", value)):
            if fault := _fault(text, colon=what == "Value"):
                raise _bad(f"{place}.Dimensions.member.{what}", fault)
    if datum.count and not (math.isfinite(datum.sum) and datum.minimum >= -LARGEST and datum.maximum <= LARGEST):
        raise _bad(f"{place}.Value", "is not within -2^360 and 2^360")
    at = at.replace(tzinfo=at.tzinfo or UTC)
    if not now - OLDEST <= at <= now + NEWEST:
        raise _bad(f"{place}.Timestamp", f"is {at.isoformat()}; it must be within two weeks in the past and two hours in the future")


def _fault(text: str, *, colon: bool) -> str:
    if not text.isascii():
        return "has characters that are not ASCII"
    if any(c < " " or c == "\x7f" for c in text):
        return "has control characters"
    if not text.strip() or len(text) > _LONGEST:
        return f"must have 1 to {_LONGEST} characters, and not only blanks"
    return "must not begin with a colon" if text.startswith(":") and not colon else ""


def _bad(what: str, fault: str) -> AwsError:
    return AwsError("InvalidParameterValue", f"The value for parameter {what} {fault}.")
