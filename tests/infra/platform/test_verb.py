"""What starts the functions: each delivery is tried again, and kept when it fails."""

from typing import Any

import pytest

from interfaces import events


def test_every_target_is_tried_again_and_keeps_what_fails(dev: Any) -> None:
    (queue,) = dev.of_type("AWS::SQS::Queue")
    rules = dev.properties("AWS::Events::Rule")
    schedules = dev.properties("AWS::Scheduler::Schedule")
    targets = [t for rule in rules for t in rule["Targets"]] + [s["Target"] for s in schedules]
    assert len(targets) == len(rules) + len(schedules) > 0
    for target in targets:
        assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": [queue, "Arn"]}}
        assert target["RetryPolicy"]["MaximumRetryAttempts"] > 0
        assert 60 <= target["RetryPolicy"]["MaximumEventAgeInSeconds"] <= 86400


def test_only_our_rules_may_use_the_dead_letter_queue(dev: Any) -> None:
    denial, rules = dev.properties("AWS::SQS::QueuePolicy")[0]["PolicyDocument"]["Statement"]
    assert (denial["Effect"], denial["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    assert rules["Principal"] == {"Service": "events.amazonaws.com"}
    source = rules["Condition"]["ArnLike"]["aws:SourceArn"]["Fn::Join"][1]
    assert source[-1] == f":rule/{dev.names.prefix}-*"


def test_a_function_is_invoked_by_its_own_rules_only(dev: Any) -> None:
    rules = {id: r["Properties"]["Targets"][0]["Arn"]["Fn::GetAtt"][0] for id, r in _to_functions(dev).items()}
    permissions = dev.properties("AWS::Lambda::Permission")
    assert {p["SourceArn"]["Fn::GetAtt"][0]: p["FunctionName"]["Ref"] for p in permissions} == rules
    assert len(permissions) == len(rules)
    assert {p["Principal"] for p in permissions} == {"events.amazonaws.com"}


@pytest.mark.parametrize(
    ("rule", "source", "detail_type"),
    [
        ("drop-landed", "aws.s3", events.S3_OBJECT_CREATED),
        ("version-created", events.SOURCE, events.DATASET_CREATED),
        ("ingest-failed", "aws.glue", events.GLUE_STATE_CHANGE),
        ("package-pending", "aws.sagemaker", events.PACKAGE_STATE_CHANGE),
        ("package-decided", "aws.sagemaker", events.PACKAGE_STATE_CHANGE),
        ("stack-settled", "aws.cloudformation", events.STACK_STATUS_CHANGE),
        ("drop-refused", events.SOURCE, events.DATASET_REFUSED),
        ("pipeline-failed", "aws.sagemaker", events.PIPELINE_STATE_CHANGE),
    ],
)
def test_rules_hear_of_their_event(dev: Any, rule: str, source: str, detail_type: str) -> None:
    (found,) = [p for p in dev.properties("AWS::Events::Rule") if p["Name"] == f"{dev.names.prefix}-{rule}"]
    assert found["EventPattern"]["source"] == [source]
    assert found["EventPattern"]["detail-type"] == [detail_type]
    assert found["State"] == "ENABLED"


def _to_functions(cloud: Any) -> dict[str, Any]:
    functions = cloud.of_type("AWS::Lambda::Function")
    rules = cloud.of_type("AWS::Events::Rule")
    return {id: r for id, r in rules.items() if r["Properties"]["Targets"][0]["Arn"].get("Fn::GetAtt", [""])[0] in functions}
