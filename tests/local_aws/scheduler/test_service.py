"""Schedules fire when the clock is advanced to them, with their context, until they are deleted."""

import json
import uuid
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from local_aws.aws import LocalAws
from tests.local_aws.support import ROLE, forwarder, function, queue, refusal, sent

INPUT = json.dumps(
    {
        "at": "<aws.scheduler.scheduled-time>",
        "schedule": "<aws.scheduler.schedule-arn>",
        "id": "<aws.scheduler.execution-id>",
        "try": "<aws.scheduler.attempt-number>",
    }
)


@pytest.fixture(scope="module")
def ticks(aws: LocalAws) -> str:
    """The queue into which the function ``tick`` puts what it is invoked with."""
    url, _ = queue(aws, "ticks")
    function(aws, "tick", forwarder(url), Timeout=10)
    return url


def scheduled(
    aws: LocalAws, name: str, expression: str, *, update: bool = False, target: dict[str, Any] | None = None, **extra: Any
) -> Any:
    client = aws.client("scheduler")
    arn = "arn:aws:lambda:us-east-1:123456789012:function:tick"
    return (client.update_schedule if update else client.create_schedule)(
        Name=name,
        ScheduleExpression=expression,
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": arn, "RoleArn": ROLE, "Input": INPUT, **(target or {})},
        **extra,
    )


def fired(aws: LocalAws, url: str) -> list[Any]:
    return [json.loads(m["Body"]) for m in sent(aws, url)]


def test_a_rate_fires_at_every_interval_with_its_context(aws: LocalAws, ticks: str) -> None:
    arn = scheduled(aws, "hourly", "rate(1 hour)")["ScheduleArn"]
    aws.advance(timedelta(minutes=59))
    assert fired(aws, ticks) == []
    aws.advance(timedelta(hours=3))
    found = sorted(fired(aws, ticks), key=lambda f: f["at"])
    moments = [datetime.fromisoformat(f["at"]) for f in found]
    assert [b - a for a, b in pairwise(moments)] == [timedelta(hours=1)] * 2
    assert {f["schedule"] for f in found} == {arn}
    assert len({uuid.UUID(f["id"]) for f in found}) == 3
    assert {f["try"] for f in found} == {"1"}
    assert aws.journal.calls("lambda", "Invoke")[-1].role == "tester"
    aws.client("scheduler").delete_schedule(Name="hourly")
    aws.advance(timedelta(hours=3))
    assert fired(aws, ticks) == []


def test_an_update_replaces_the_plan_and_a_disabled_schedule_rests(aws: LocalAws, ticks: str) -> None:
    scheduled(aws, "changing", "rate(1 hour)")
    scheduled(aws, "changing", "rate(1 day)", update=True)
    aws.advance(timedelta(hours=23))
    assert fired(aws, ticks) == []
    aws.advance(timedelta(hours=2))
    assert len(fired(aws, ticks)) == 1
    scheduled(aws, "changing", "rate(1 day)", update=True, State="DISABLED")
    aws.advance(timedelta(days=2))
    assert fired(aws, ticks) == []
    aws.client("scheduler").delete_schedule(Name="changing")


def test_a_function_that_is_not_there_dead_letters_the_schedule(aws: LocalAws) -> None:
    url, arn = queue(aws, "missed")
    target = {
        "Arn": "arn:aws:lambda:us-east-1:123456789012:function:absent",
        "DeadLetterConfig": {"Arn": arn},
        "RetryPolicy": {"MaximumRetryAttempts": 1},
    }
    scheduled(aws, "missing", "rate(10 minutes)", target=target)
    aws.advance(timedelta(minutes=15))
    (message,) = fired(aws, url)
    assert "Function not found" in message["error"]
    aws.client("scheduler").delete_schedule(Name="missing")


@pytest.mark.parametrize("expression", ["cron(0 12 * * ? *)", "at(2026-01-01T00:00:00)", "rate(1 fortnight)"])
def test_other_expressions_are_refused_by_name(aws: LocalAws, expression: str) -> None:
    code, message = refusal(lambda: scheduled(aws, "odd", expression))
    assert (code, expression in message) == ("LocalAwsUnsupported", True)


def test_schedules_are_described_listed_and_unique(aws: LocalAws) -> None:
    client = aws.client("scheduler")
    scheduled(aws, "known", "rate(5 days)")
    assert client.get_schedule(Name="known")["ScheduleExpression"] == "rate(5 days)"
    assert [s["Name"] for s in client.list_schedules()["Schedules"]] == ["known"]
    assert refusal(lambda: scheduled(aws, "known", "rate(5 days)"))[0] == "ConflictException"
    assert refusal(lambda: scheduled(aws, "odd", "rate(1 day)", target={"Arn": "arn:aws:sqs:us-east-1:1:q"}))[0] == "LocalAwsUnsupported"
    client.delete_schedule(Name="known")
    assert refusal(lambda: client.get_schedule(Name="known"))[0] == "ResourceNotFoundException"


def test_schedules_are_listed_by_prefix_and_state_and_described_as_enabled_where_nothing_else_was_said(aws: LocalAws, ticks: str) -> None:
    client = aws.client("scheduler")
    for name, state in (("shop-a", {}), ("shop-b", {"State": "DISABLED"}), ("other", {})):
        scheduled(aws, name, "rate(1 day)", **state)
    assert (client.get_schedule(Name="shop-a")["State"], client.get_schedule(Name="shop-b")["State"]) == ("ENABLED", "DISABLED")
    listed = lambda **by: [s["Name"] for s in client.list_schedules(**by)["Schedules"]]  # noqa: E731
    assert listed(NamePrefix="shop-") == ["shop-a", "shop-b"]
    assert listed(NamePrefix="shop-", State="DISABLED") == ["shop-b"]
    first = client.list_schedules(NamePrefix="shop-", MaxResults=1)
    assert [s["Name"] for s in first["Schedules"]] == ["shop-a"]
    assert listed(NamePrefix="shop-", MaxResults=1, NextToken=first["NextToken"]) == ["shop-b"]
