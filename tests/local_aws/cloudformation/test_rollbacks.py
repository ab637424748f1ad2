"""Rollbacks of endpoints: one that CloudFormation sees, one that it does not, and one that fails and is continued."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from local_aws.aws import LocalAws
from tests.local_aws.endpoints import alarm, config, guarded, model, word
from tests.local_aws.stacks import create, described, happened, parameter, reason, settled, template, value
from tests.local_aws.support import refusal


@pytest.fixture
def stack(aws: LocalAws, request: pytest.FixtureRequest) -> Iterator[str]:
    """A stack of one endpoint of ten instances with a canary and an alarm; configs ``<stack>-1`` and ``<stack>-2``."""
    name = request.node.name.replace("_", "-")[-45:].strip("-")
    for number, says in enumerate(("old", "new"), 1):
        config(aws, f"{name}-{number}", variant="v", instances=10, **{model(aws, f"{name}-{says}", says): 1})
    alarm(aws, f"{name}-loud")
    assert create(aws, name, endpoint(name, 1)) == "CREATE_COMPLETE"
    yield name
    aws.stacks.sees_endpoint_rollbacks = True


def endpoint(name: str, number: int, **more: Any) -> dict[str, Any]:
    properties = {
        "EndpointName": name,
        "EndpointConfigName": f"{name}-{number}",
        "DeploymentConfig": guarded([f"{name}-loud"], CanarySize=20),
    }
    return {"Endpoint": {"Type": "AWS::SageMaker::Endpoint", "Properties": properties}, **more}


def start(aws: LocalAws, name: str, resources: dict[str, Any]) -> None:
    aws.client("cloudformation").update_stack(StackName=name, TemplateBody=template(resources))
    aws.settle()  # nothing is under way while the endpoint bakes, the stack's update included


def trip(aws: LocalAws, name: str) -> None:
    aws.client("cloudwatch").set_alarm_state(AlarmName=f"{name}-loud", StateValue="ALARM", StateReason="errors")
    aws.advance(timedelta(seconds=61))


def test_a_stack_waits_while_its_endpoint_bakes(aws: LocalAws, stack: str) -> None:
    start(aws, stack, endpoint(stack, 2))
    aws.advance(timedelta(seconds=601))
    assert described(aws, stack)["StackStatus"] == "UPDATE_IN_PROGRESS"
    aws.advance(timedelta(seconds=601))
    assert described(aws, stack)["StackStatus"] == "UPDATE_COMPLETE" and word(aws, stack) == "new"


def test_a_rollback_that_cloudformation_sees_fails_the_update(aws: LocalAws, stack: str) -> None:
    start(aws, stack, endpoint(stack, 2))
    trip(aws, stack)
    assert described(aws, stack)["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE" and word(aws, stack) == "old"
    assert f"alarms tripped during the deployment: {stack}-loud" in reason(aws, stack)


def test_a_rollback_that_it_does_not_see_leaves_a_stack_that_believes_it_was_updated(aws: LocalAws, stack: str) -> None:
    aws.stacks.sees_endpoint_rollbacks = False
    start(aws, stack, endpoint(stack, 2))
    trip(aws, stack)
    assert described(aws, stack)["StackStatus"] == "UPDATE_COMPLETE" and word(aws, stack) == "old"
    assert aws.client("sagemaker").describe_endpoint(EndpointName=stack)["EndpointConfigName"] == f"{stack}-1"


def test_a_rollback_that_fails_is_continued_once_its_cause_is_gone(aws: LocalAws, stack: str) -> None:
    breaks = {"Type": "AWS::SNS::Subscription", "DependsOn": "Endpoint", "Properties": {
        "TopicArn": "arn:aws:sns:us-east-1:123456789012:absent", "Protocol": "email", "Endpoint": "x@example.com"}}  # fmt: skip
    model_data = aws.client("s3").get_object(Bucket="data", Key=f"models/{stack}-old.tar.gz")["Body"].read()
    start(aws, stack, endpoint(stack, 2, Breaks=breaks, Kept=parameter(f"/{stack}")))
    aws.client("s3").delete_object(Bucket="data", Key=f"models/{stack}-old.tar.gz")
    aws.advance(timedelta(seconds=3000))
    assert described(aws, stack)["StackStatus"] == "UPDATE_ROLLBACK_FAILED" and word(aws, stack) == "new"
    assert "[Endpoint]" in described(aws, stack)["StackStatusReason"]
    cloudformation = aws.client("cloudformation")
    again = lambda: cloudformation.update_stack(StackName=stack, TemplateBody=template(endpoint(stack, 1)))  # noqa: E731
    assert "UPDATE_ROLLBACK_FAILED state and can not be updated" in refusal(again)[1]
    skipping = lambda: cloudformation.continue_update_rollback(StackName=stack, ResourcesToSkip=["Kept"])  # noqa: E731
    assert "Kept did not fail to roll back; these did: Endpoint" in refusal(skipping)[1]
    aws.client("s3").put_object(Bucket="data", Key=f"models/{stack}-old.tar.gz", Body=model_data)
    cloudformation.continue_update_rollback(StackName=stack)
    aws.settle()
    aws.advance(timedelta(seconds=3000))
    assert settled(aws, stack) == "UPDATE_ROLLBACK_COMPLETE" and word(aws, stack) == "old"
    assert value(aws, f"/{stack}") is None
    assert ("Endpoint", "UPDATE_FAILED") in happened(aws, stack, "_FAILED")


def test_a_resource_can_be_skipped_and_a_rollback_that_did_not_fail_cannot_be_continued(aws: LocalAws, stack: str) -> None:
    breaks = {"Type": "AWS::SNS::Subscription", "DependsOn": "Endpoint", "Properties": {
        "TopicArn": "arn:aws:sns:us-east-1:123456789012:absent", "Protocol": "email", "Endpoint": "x@example.com"}}  # fmt: skip
    cloudformation = aws.client("cloudformation")
    assert "can not be rolled back" in refusal(lambda: cloudformation.continue_update_rollback(StackName=stack))[1]
    start(aws, stack, endpoint(stack, 2, Breaks=breaks))
    aws.client("s3").delete_object(Bucket="data", Key=f"models/{stack}-old.tar.gz")
    aws.advance(timedelta(seconds=3000))
    cloudformation.continue_update_rollback(StackName=stack, ResourcesToSkip=["Endpoint"])
    assert settled(aws, stack) == "UPDATE_ROLLBACK_COMPLETE" and word(aws, stack) == "new"
