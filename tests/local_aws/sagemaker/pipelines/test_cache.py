"""How long a cached step lasts, and what makes two steps the same."""

from datetime import UTC, datetime, timedelta

import pytest

from local_aws.errors import AwsError
from local_aws.sagemaker.pipelines.cache import Hit, StepCache, duration

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HIT = Hit("arn", NOW, {}, {})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("30d", timedelta(days=30)),
        ("P30D", timedelta(days=30)),
        ("T16m", timedelta(minutes=16)),
        ("PT1H", timedelta(hours=1)),
        ("2w", timedelta(weeks=2)),
        ("1y2m", timedelta(days=425)),
        ("1dT2h3m4s", timedelta(days=1, hours=2, minutes=3, seconds=4)),
    ],
)
def test_durations(text: str, value: timedelta) -> None:
    assert duration(text) == value


@pytest.mark.parametrize("text", ["", "P", "T", "soon", "30", "1h"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(AwsError, match="not an ISO 8601 duration"):
        duration(text)


def test_a_hit_needs_the_same_step_and_key_attributes_and_must_be_young_enough() -> None:
    cache = StepCache()
    arguments = {"Environment": {"a": 1}, "RoleArn": "first"}
    cache.keep("one", "Processing", arguments, HIT)
    assert cache.find("one", "Processing", {**arguments, "RoleArn": "second"}, NOW) is HIT  # not a key attribute
    assert cache.find("one", "Processing", {**arguments, "Environment": {"a": 2}}, NOW) is None
    assert cache.find("two", "Processing", arguments, NOW) is None
    assert cache.find("one", "Processing", arguments, NOW + timedelta(seconds=1)) is None
