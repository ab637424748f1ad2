"""Alarms evaluate as the clock advances, and act."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from local_aws.aws import LocalAws
from tests.local_aws.support import emitted, forwarder, function, queue, refusal, sent

MINUTE = timedelta(minutes=1)
Put = Callable[..., str]


@pytest.fixture
def put(aws: LocalAws, request: pytest.FixtureRequest) -> Put:
    """Make an alarm on the sum of a metric of its own; its name."""

    def make(suffix: str = "", **extra: Any) -> str:
        name = request.node.name.replace("[", "-").replace("]", "") + suffix
        defaults = {
            "Namespace": "shop",
            "MetricName": name,
            "Statistic": "Sum",
            "Period": 60,
            "EvaluationPeriods": 1,
            "Threshold": 5.0,
            "ComparisonOperator": "GreaterThanThreshold",
        }
        for key in [k for k, v in extra.items() if v is None]:
            defaults.pop(key)
        given = {k: v for k, v in {**defaults, **extra}.items() if v is not None}
        aws.client("cloudwatch").put_metric_alarm(AlarmName=name, **given)
        return name

    return make


def state(aws: LocalAws, name: str) -> str:
    found = aws.client("cloudwatch").describe_alarms(AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    (alarm,) = found["MetricAlarms"] + found["CompositeAlarms"]
    return str(alarm["StateValue"])


def measure(aws: LocalAws, name: str, value: float, **extra: Any) -> None:
    aws.client("cloudwatch").put_metric_data(Namespace="shop", MetricData=[{"MetricName": name, "Value": value, **extra}])


def test_it_goes_to_alarm_and_back(aws: LocalAws, put: Put) -> None:
    name = put(TreatMissingData="notBreaching")
    assert state(aws, name) == "INSUFFICIENT_DATA"
    aws.advance(MINUTE)
    assert state(aws, name) == "OK"
    measure(aws, name, 4)
    measure(aws, name, 3)
    aws.advance(MINUTE)
    assert state(aws, name) == "ALARM"
    aws.advance(10 * MINUTE)
    assert state(aws, name) == "OK"


def test_two_of_three_takes_two(aws: LocalAws, put: Put) -> None:
    name = put(EvaluationPeriods=3, DatapointsToAlarm=2, Period=300)
    seen = []
    for value in (9, 1, 1, 9, 9):
        measure(aws, name, value)
        aws.advance(5 * MINUTE)
        seen.append(state(aws, name))
    assert seen == ["INSUFFICIENT_DATA", "OK", "OK", "OK", "ALARM"]


@pytest.mark.parametrize(
    ("treatment", "after"), [("missing", "INSUFFICIENT_DATA"), ("ignore", "ALARM"), ("breaching", "ALARM"), ("notBreaching", "OK")]
)
def test_silence_after_an_alarm(aws: LocalAws, put: Put, treatment: str, after: str) -> None:
    name = put(TreatMissingData=treatment)
    measure(aws, name, 9)
    aws.advance(MINUTE)
    assert state(aws, name) == "ALARM"
    aws.advance(timedelta(hours=2))
    assert state(aws, name) == after


def test_no_traffic_is_seen_by_its_absence(aws: LocalAws, put: Put) -> None:
    name = put(TreatMissingData="breaching", ComparisonOperator="LessThanThreshold", Threshold=1.0, Period=3600)
    measure(aws, name, 50)
    aws.advance(MINUTE)
    assert state(aws, name) == "OK"
    aws.advance(timedelta(hours=4))
    assert state(aws, name) == "ALARM"


def test_data_of_an_earlier_time_counts_for_its_period(aws: LocalAws, put: Put) -> None:
    """A monitor's figures are stamped with the window that they are of, a day late."""
    name = put(Period=86400, EvaluationPeriods=3, DatapointsToAlarm=2, Statistic="Maximum")
    for days in (2, 1):
        measure(aws, name, 9, Timestamp=aws.clock.now() - timedelta(days=days))
    aws.advance(MINUTE)
    assert state(aws, name) == "ALARM"


def test_percentiles(aws: LocalAws, put: Put) -> None:
    name = put(Statistic=None, ExtendedStatistic="p90", Threshold=50.0)
    aws.client("cloudwatch").put_metric_data(
        Namespace="shop", MetricData=[{"MetricName": name, "Values": [1.0, 100.0], "Counts": [95.0, 5.0]}]
    )
    aws.advance(MINUTE)
    assert state(aws, name) == "OK"
    aws.client("cloudwatch").put_metric_data(Namespace="shop", MetricData=[{"MetricName": name, "Values": [100.0], "Counts": [20.0]}])
    aws.advance(MINUTE)
    assert state(aws, name) == "ALARM"


def test_metric_math_of_two_metrics(aws: LocalAws) -> None:
    def stat(id: str, name: str) -> dict[str, Any]:
        metric = {"Namespace": "shop", "MetricName": name}
        return {"Id": id, "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}, "ReturnData": False}

    share = {"Id": "share", "Expression": "100 * FILL(bad, 0) / every", "ReturnData": True}
    aws.client("cloudwatch").put_metric_alarm(
        AlarmName="share",
        Metrics=[stat("bad", "math-bad"), stat("every", "math-every"), share],
        EvaluationPeriods=1,
        Threshold=10,
        ComparisonOperator="GreaterThanThreshold",
    )
    measure(aws, "math-every", 100)
    aws.advance(MINUTE)
    assert state(aws, "share") == "OK"
    measure(aws, "math-every", 100)
    measure(aws, "math-bad", 11)
    aws.advance(MINUTE)
    assert state(aws, "share") == "ALARM"


def test_a_change_of_state_is_an_event_in_the_documented_form(aws: LocalAws, put: Put) -> None:
    name = put(AlarmDescription="too much", Dimensions=[{"Name": "Shop", "Value": "Bern"}])
    measure(aws, name, 9, Dimensions=[{"Name": "Shop", "Value": "Bern"}])
    measure(aws, name, 1, Dimensions=[{"Name": "Shop", "Value": "Oslo"}])
    aws.advance(MINUTE)
    (detail,) = emitted(aws, "CloudWatch Alarm State Change", alarmName=name)
    assert (detail["previousState"]["value"], detail["state"]["value"]) == ("INSUFFICIENT_DATA", "ALARM")
    assert json.loads(detail["state"]["reasonData"])["recentDatapoints"] == [9.0]
    assert detail["configuration"]["description"] == "too much"
    metric = detail["configuration"]["metrics"][0]["metricStat"]
    assert metric == {"metric": {"namespace": "shop", "name": name, "dimensions": {"Shop": "Bern"}}, "period": 60, "stat": "Sum"}
    event = next(e for e in aws.events.history if e["detail"] == detail)
    assert event["source"] == "aws.cloudwatch" and event["resources"] == [f"arn:aws:cloudwatch:us-east-1:123456789012:alarm:{name}"]


def test_actions_reach_topics_and_functions_unless_disabled(aws: LocalAws, put: Put) -> None:
    topic = aws.client("sns").create_topic(Name="pager")["TopicArn"]
    aws.client("sns").subscribe(TopicArn=topic, Protocol="email", Endpoint="ops@example.com")
    url, _ = queue(aws, "called")
    called = function(aws, "on-alarm", forwarder(url))
    name = put(AlarmActions=[topic, called])
    silent = put("-silent", AlarmActions=[topic], ActionsEnabled=False)
    for each in (name, silent):
        measure(aws, each, 9)
    aws.advance(MINUTE)
    (mail,) = aws.sns.inbox
    assert mail["subject"] == f'ALARM: "{name}" in US East (N. Virginia)'
    told = json.loads(mail["text"])
    assert (told["OldStateValue"], told["NewStateValue"], told["Trigger"]["Threshold"]) == ("INSUFFICIENT_DATA", "ALARM", 5.0)
    payload = json.loads(sent(aws, url)[0]["Body"])
    assert payload["source"] == "aws.cloudwatch" and payload["alarmData"]["state"]["value"] == "ALARM"
    history = aws.client("cloudwatch").describe_alarm_history(AlarmName=name)["AlarmHistoryItems"]
    assert {h["HistoryItemType"] for h in history} == {"ConfigurationUpdate", "StateUpdate", "Action"}


def test_a_failed_action_is_in_the_history(aws: LocalAws, put: Put) -> None:
    name = put(AlarmActions=["arn:aws:sns:us-east-1:123456789012:nowhere"])
    measure(aws, name, 9)
    aws.advance(MINUTE)
    acted = aws.client("cloudwatch").describe_alarm_history(AlarmName=name, HistoryItemType="Action")["AlarmHistoryItems"]
    assert acted[0]["HistorySummary"].startswith("Failed to execute action") and "does not exist" in acted[0]["HistoryData"]


def test_a_composite_pages_once_for_one_cause(aws: LocalAws, put: Put) -> None:
    topic = aws.client("sns").create_topic(Name="once")["TopicArn"]
    names = [put("-1", TreatMissingData="notBreaching"), put("-2", TreatMissingData="notBreaching")]
    rule = " OR ".join(f'ALARM("{n}")' for n in names)
    aws.client("cloudwatch").put_composite_alarm(AlarmName="any", AlarmRule=rule, AlarmActions=[topic])
    assert state(aws, "any") == "OK"
    for name in names:
        measure(aws, name, 9)
    aws.advance(MINUTE)
    assert state(aws, "any") == "ALARM"
    assert len([m for m in aws.sns.published if m["TopicArn"] == topic]) == 1
    changed = emitted(aws, "CloudWatch Alarm State Change", alarmName="any")[-1]
    assert changed["configuration"]["alarmRule"] == rule
    assert json.loads(changed["state"]["reasonData"])["triggeringAlarms"][0]["arn"].endswith(names[0])
    aws.advance(10 * MINUTE)
    assert state(aws, "any") == "OK"
    assert "depends on it" in refusal(lambda: aws.client("cloudwatch").delete_alarms(AlarmNames=names[:1]))[1]
    aws.client("cloudwatch").delete_alarms(AlarmNames=["any", *names])


def test_a_state_set_by_hand_lasts_until_the_next_evaluation(aws: LocalAws, put: Put) -> None:
    name = put(TreatMissingData="notBreaching")
    aws.advance(MINUTE)
    aws.client("cloudwatch").set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a drill")
    assert state(aws, name) == "ALARM"
    aws.advance(2 * MINUTE)
    assert state(aws, name) == "OK"


def test_an_alarm_at_rest_sets_no_timers(aws: LocalAws, put: Put) -> None:
    """A month of silence must not cost an evaluation per minute (43,200 of them)."""
    name = put(TreatMissingData="notBreaching")
    measure(aws, name, 1)
    aws.advance(timedelta(hours=7))  # queues of other tests are sampled for six hours
    stops = 0

    def count() -> None:
        nonlocal stops
        stops += 1

    aws.advance(timedelta(days=30), count)
    assert stops < 60 and state(aws, name) == "OK"


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ({"Period": 10}, "a period of 10 seconds"),
        ({"Period": 86400, "EvaluationPeriods": 8}, "604800"),
        ({"EvaluationPeriods": 2, "DatapointsToAlarm": 3}, "DatapointsToAlarm"),
        ({"TreatMissingData": "odd"}, "odd"),
        ({"AlarmActions": ["arn:aws:swf:us-east-1:123456789012:action"]}, "action"),
        ({"ComparisonOperator": "GreaterThanUpperThreshold"}, "GreaterThanUpperThreshold"),
        ({"Statistic": None, "ExtendedStatistic": "tm99"}, "tm99"),
        ({"Statistic": None}, "ExtendedStatistic"),
    ],
)
def test_what_cannot_be_evaluated_is_refused(put: Put, extra: dict[str, Any], words: str) -> None:
    assert words in refusal(lambda: put(**extra))[1]
