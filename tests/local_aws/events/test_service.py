"""EventBridge: rules, their targets, and delivery that retries on the simulated clock and dead-letters."""

import json
from datetime import timedelta
from typing import Any

import pytest

from local_aws.aws import LocalAws
from tests.local_aws.definitions import create, fail
from tests.local_aws.support import ROLE, forwarder, function, queue, refusal, sent


def rule(aws: LocalAws, name: str, *targets: dict[str, Any], source: str | None = None, state: str = "ENABLED") -> None:
    aws.client("events").put_rule(Name=name, EventPattern=json.dumps({"source": [source or name]}), State=state)
    aws.client("events").put_targets(Rule=name, Targets=[{"Id": str(n), **t} for n, t in enumerate(targets)])


def put(aws: LocalAws, source: str, **detail: Any) -> str:
    answer = aws.client("events").put_events(Entries=[{"Source": source, "DetailType": "t", "Detail": json.dumps(detail)}])
    assert answer["FailedEntryCount"] == 0
    aws.settle()
    return str(answer["Entries"][0]["EventId"])


def bodies(aws: LocalAws, url: str) -> list[Any]:
    return [json.loads(m["Body"]) for m in sent(aws, url)]


def test_a_queue_receives_matching_events_whole(aws: LocalAws) -> None:
    url, arn = queue(aws, "whole")
    rule(aws, "whole", {"Arn": arn})
    id = put(aws, "whole", n=1)
    put(aws, "other", n=2)
    (event,) = bodies(aws, url)
    assert (event["id"], event["source"], event["detail-type"], event["detail"]) == (id, "whole", "t", {"n": 1})
    assert (event["account"], event["region"]) == ("123456789012", "us-east-1")


def test_inputs_are_shaped_for_the_target(aws: LocalAws) -> None:
    url, arn = queue(aws, "shaped")
    transformer = {"InputPathsMap": {"n": "$.detail.n"}, "InputTemplate": '{"rows": <n>}'}
    rule(
        aws,
        "shaped",
        {"Arn": arn, "Input": '{"c": 1}'},
        {"Arn": arn, "InputPath": "$.detail"},
        {"Arn": arn, "InputTransformer": transformer},
    )
    put(aws, "shaped", n=5)
    assert sorted(map(json.dumps, bodies(aws, url))) == ['{"c": 1}', '{"n": 5}', '{"rows": 5}']


def test_disabled_and_deleted_rules_do_not_deliver(aws: LocalAws) -> None:
    url, arn = queue(aws, "off")
    events = aws.client("events")
    rule(aws, "off", {"Arn": arn}, state="DISABLED")
    put(aws, "off", n=1)
    assert bodies(aws, url) == []
    events.enable_rule(Name="off")
    put(aws, "off", n=2)
    events.disable_rule(Name="off")
    put(aws, "off", n=3)
    assert [b["detail"]["n"] for b in bodies(aws, url)] == [2]
    assert "has targets" in refusal(lambda: events.delete_rule(Name="off"))[1]
    events.enable_rule(Name="off")
    events.remove_targets(Rule="off", Ids=["0"])
    events.delete_rule(Name="off")
    put(aws, "off", n=4)
    assert bodies(aws, url) == []


def test_functions_topics_and_pipelines_are_targets(aws: LocalAws) -> None:
    url, _ = queue(aws, "by-function")
    arn = function(aws, "listener", forwarder(url), Timeout=10)
    topic = aws.client("sns").create_topic(Name="news")["TopicArn"]
    name = create(aws, fail("stop", {"Get": "Parameters.why"}), parameters=[{"Name": "why", "Type": "String"}])
    parameters = {"PipelineParameterList": [{"Name": "why", "Value": "an event"}]}
    pipeline = f"arn:aws:sagemaker:us-east-1:123456789012:pipeline/{name}"
    rule(
        aws,
        "many",
        {"Arn": arn, "InputPath": "$.detail"},
        {"Arn": topic, "InputTransformer": {"InputPathsMap": {"n": "$.detail.n"}, "InputTemplate": '"n is <n>"'}},
        {"Arn": pipeline, "RoleArn": ROLE, "SageMakerPipelineParameters": parameters},
    )
    put(aws, "many", n=3)
    assert bodies(aws, url) == [{"n": 3}]
    assert [m["Message"] for m in aws.sns.published if m["TopicArn"] == topic] == ["n is 3"]
    (execution,) = aws.client("sagemaker").list_pipeline_executions(PipelineName=name)["PipelineExecutionSummaries"]
    (step,) = aws.client("sagemaker").list_pipeline_execution_steps(PipelineExecutionArn=execution["PipelineExecutionArn"])[
        "PipelineExecutionSteps"
    ]
    assert step["FailureReason"] == "an event"
    assert aws.journal.calls("lambda", "Invoke")[-1].principal == "events.amazonaws.com"
    assert aws.journal.calls("sagemaker", "StartPipelineExecution")[-1].role == "tester"


def test_delivery_is_retried_over_simulated_time_and_can_succeed(aws: LocalAws) -> None:
    arn = "arn:aws:sns:us-east-1:123456789012:later"
    rule(aws, "late", {"Arn": arn})
    put(aws, "late", n=1)
    aws.client("sns").create_topic(Name="later")
    aws.advance(timedelta(minutes=5))
    assert [m for m in aws.sns.published if m["TopicArn"] == arn] != []


@pytest.mark.parametrize(
    ("policy", "attempts", "condition"),
    [
        ({"MaximumRetryAttempts": 2}, "2", "MaximumRetryAttempts"),
        ({"MaximumRetryAttempts": 185, "MaximumEventAgeInSeconds": 60}, None, "MaximumEventAgeInSeconds"),
    ],
)
def test_what_cannot_be_delivered_is_dead_lettered_with_the_reasons(
    aws: LocalAws, policy: dict[str, int], attempts: str | None, condition: str
) -> None:
    url, dead = queue(aws, f"dead-{condition}")
    target = "arn:aws:sns:us-east-1:123456789012:nowhere"
    rule(aws, condition, {"Arn": target, "DeadLetterConfig": {"Arn": dead}, "RetryPolicy": policy})
    put(aws, condition, n=1)
    assert sent(aws, url) == []
    aws.advance(timedelta(minutes=10))
    (message,) = sent(aws, url)
    assert json.loads(message["Body"])["detail"] == {"n": 1}
    attributes = {k: v["StringValue"] for k, v in message["MessageAttributes"].items()}
    assert attributes["TARGET_ARN"] == target
    assert attributes["RULE_ARN"] == f"arn:aws:events:us-east-1:123456789012:rule/{condition}"
    assert attributes["EXHAUSTED_RETRY_CONDITION"] == condition
    assert attributes["ERROR_CODE"].startswith("NotFound")
    assert "Topic does not exist" in attributes["ERROR_MESSAGE"]
    assert attempts in (None, attributes["RETRY_ATTEMPTS"])


def test_what_is_not_emulated_or_malformed_is_refused(aws: LocalAws) -> None:
    events = aws.client("events")
    _, arn = queue(aws, "fine")
    rule(aws, "odd", {"Arn": arn})
    code, message = refusal(
        lambda: events.put_targets(Rule="odd", Targets=[{"Id": "a", "Arn": arn}, {"Id": "b", "Arn": "arn:aws:ecs:us-east-1:1:x"}])
    )
    assert (code, "arn:aws:ecs" in message) == ("LocalAwsUnsupported", True)
    assert [t["Id"] for t in events.list_targets_by_rule(Rule="odd")["Targets"]] == ["0"]
    assert refusal(lambda: events.put_rule(Name="cron", ScheduleExpression="rate(1 day)"))[0] == "LocalAwsUnsupported"
    for pattern in ('{"a": [{"odd": 1}]}', "{"):
        assert refusal(lambda p=pattern: events.put_rule(Name="bad", EventPattern=p))[0] == "InvalidEventPatternException"
    assert refusal(lambda: events.put_targets(Rule="absent", Targets=[{"Id": "a", "Arn": arn}]))[0] == "ResourceNotFoundException"
    assert refusal(lambda: events.put_rule(Name="bus", EventPattern='{"a": [1]}', EventBusName="mine"))[0] == "LocalAwsUnsupported"


def test_bad_entries_fail_one_by_one(aws: LocalAws) -> None:
    entries = [
        {"Source": "s", "DetailType": "t", "Detail": "{"},
        {"Source": "s", "DetailType": "t", "Detail": "{}"},
        {"Source": "s", "Detail": "{}"},
    ]
    answer = aws.client("events").put_events(Entries=entries)
    assert answer["FailedEntryCount"] == 2
    assert [e.get("ErrorCode") for e in answer["Entries"]] == ["MalformedDetail", None, "InvalidArgument"]
