"""Metrics: put, asked for, and published by the services themselves."""

import json
from datetime import timedelta
from typing import Any

import pytest

from local_aws.aws import LocalAws
from tests.local_aws.published import total
from tests.local_aws.support import function, queue, refusal, until

HOUR = timedelta(hours=1)


def test_what_is_put_can_be_asked_for(aws: LocalAws) -> None:
    cloudwatch = aws.client("cloudwatch")
    now = aws.clock.now()
    data: list[dict[str, Any]] = [
        {"MetricName": "visits", "Value": 3, "Unit": "Count", "Timestamp": now - HOUR},
        {"MetricName": "visits", "StatisticValues": {"SampleCount": 2, "Sum": 10, "Minimum": 4, "Maximum": 6}, "Unit": "Count"},
    ]
    cloudwatch.put_metric_data(Namespace="asked", MetricData=data)
    metric = {"Namespace": "asked", "MetricName": "visits"}
    queries = [
        {"Id": "v", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}},
        {"Id": "twice", "Expression": "v * 2", "Label": "double"},
    ]
    found = cloudwatch.get_metric_data(
        MetricDataQueries=queries, StartTime=now - 2 * HOUR, EndTime=now + HOUR, ScanBy="TimestampAscending"
    )["MetricDataResults"]
    assert [r["Values"] for r in found] == [[3, 10], [6, 20]] and found[1]["Label"] == "double"
    assert cloudwatch.list_metrics(Namespace="asked")["Metrics"] == [{**metric, "Dimensions": []}]


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ({"MetricName": "m", "Value": 1, "StorageResolution": 1}, "high-resolution"),
        ({"MetricName": "m"}, "exactly one of"),
        ({"MetricName": "m", "Values": [1.0, 2.0], "Counts": [1.0]}, "same length"),
    ],
)
def test_malformed_data_is_refused(aws: LocalAws, item: dict[str, Any], words: str) -> None:
    assert words in refusal(lambda: aws.client("cloudwatch").put_metric_data(Namespace="bad", MetricData=[item]))[1]


def dimensions(**named: str) -> dict[str, Any]:
    return {"MetricName": "m", "Value": 1, "Dimensions": [{"Name": k, "Value": v} for k, v in named.items()]}


@pytest.mark.parametrize(
    ("item", "words"),
    [
        (dimensions(Feature="größe"), "not ASCII"),
        (dimensions(Feature="  "), "not only blanks"),
        (dimensions(Feature="a\tb"), "control characters"),
        (dimensions(**{":Feature": "a"}), "colon"),
        ({"MetricName": "m", "Value": 1e200}, "2^360"),
        ({"MetricName": "m", "Value": float("nan")}, "2^360"),
        ({"MetricName": "m", "Value": 1, "Timestamp": timedelta(days=-15)}, "two weeks"),
        ({"MetricName": "m", "Value": 1, "Timestamp": timedelta(hours=3)}, "two hours"),
    ],
)
def test_what_cloudwatch_does_not_take_refuses_the_whole_call(aws: LocalAws, item: dict[str, Any], words: str) -> None:
    if "Timestamp" in item:
        item = {**item, "Timestamp": aws.clock.now() + item["Timestamp"]}
    good = {"MetricName": "beside", "Value": 1}
    code, message = refusal(lambda: aws.client("cloudwatch").put_metric_data(Namespace="refused", MetricData=[good, item]))
    assert code.startswith("InvalidParameterValue") and words in message
    assert aws.client("cloudwatch").list_metrics(Namespace="refused")["Metrics"] == []


def test_functions_publish_invocations_and_errors(aws: LocalAws) -> None:
    function(aws, "works", "def handler(event, context):\n    return 1 / event['by']\n")
    for by in (1, 0):
        aws.client("lambda").invoke(FunctionName="works", Payload=json.dumps({"by": by}).encode())
    assert total(aws, "AWS/Lambda", "Invocations", FunctionName="works") == 2
    assert total(aws, "AWS/Lambda", "Errors", FunctionName="works") == 1
    assert total(aws, "AWS/Lambda", "Duration", "SampleCount", FunctionName="works") == 2


def test_queues_publish_how_many_messages_wait(aws: LocalAws) -> None:
    url, _ = queue(aws, "letters")
    for _ in range(3):
        aws.client("sqs").send_message(QueueUrl=url, MessageBody="x")
    assert total(aws, "AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum", QueueName="letters") == 3
    before = total(aws, "AWS/SQS", "ApproximateNumberOfMessagesVisible", "SampleCount", QueueName="letters")
    aws.advance(timedelta(minutes=11))
    assert total(aws, "AWS/SQS", "ApproximateNumberOfMessagesVisible", "SampleCount", QueueName="letters") == before + 2


def test_the_embedded_metric_format_in_logs_becomes_metrics(aws: LocalAws) -> None:
    handler = """
        import json, time

        def handler(event, context):
            print("not metrics: _aws")
            print(json.dumps({"_aws": {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [
                {"Namespace": "emf", "Dimensions": [["service"]], "Metrics": [{"Name": "Sold", "Unit": "Count"}]}]},
                "service": "till", "Sold": [2.0, 3.0]}))
    """
    function(aws, "sells", handler)
    aws.client("lambda").invoke(FunctionName="sells")
    until(lambda: total(aws, "emf", "Sold", service="till") == 5)
    assert total(aws, "emf", "Sold", "SampleCount", service="till") == 2


def test_many_metrics_at_once_come_compressed_from_the_sdk(aws: LocalAws) -> None:
    data = [
        {"MetricName": f"metric-{i:03d}-{'x' * 100}", "Value": float(i)} for i in range(200)
    ]  # above the 10 KB from which it compresses
    aws.client("cloudwatch").put_metric_data(Namespace="many", MetricData=data)
    named = {
        m["MetricName"]
        for page in aws.client("cloudwatch").get_paginator("list_metrics").paginate(Namespace="many")
        for m in page["Metrics"]
    }
    assert named == {d["MetricName"] for d in data}
