"""Building, deploying and inspecting small CloudFormation stacks."""

import json
from typing import Any

from local_aws.aws import LocalAws
from tests.local_aws.support import until


def parameter(name: str, value: Any = "v", **extra: Any) -> dict[str, Any]:
    """An SSM parameter: the cheapest resource with a value that can change in place."""
    return {"Type": "AWS::SSM::Parameter", "Properties": {"Name": name, "Type": "String", "Value": value}, **extra}


def topic(name: str, **extra: Any) -> dict[str, Any]:
    """A topic: its name is create-only."""
    return {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": name}, **extra}


# fails when it is carried out, not when it is checked: the topic does not exist
BROKEN = {
    "Type": "AWS::SNS::Subscription",
    "Properties": {"TopicArn": "arn:aws:sns:us-east-1:123456789012:absent", "Protocol": "email", "Endpoint": "x@example.com"},
}


def template(resources: dict[str, Any], **sections: Any) -> str:
    return json.dumps({"Resources": resources, **sections})


def settled(aws: LocalAws, stack: str) -> str:
    """The status in which a stack's operation ends."""
    describe = lambda: aws.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]  # noqa: E731
    return str(until(lambda: (s := describe()) and not s.endswith("_IN_PROGRESS") and s))


def create(aws: LocalAws, name: str, resources: dict[str, Any], *, given: dict[str, str] | None = None, **extra: Any) -> str:
    sections = {k: extra.pop(k) for k in ("Parameters", "Conditions", "Mappings", "Outputs") if k in extra}
    aws.client("cloudformation").create_stack(
        StackName=name, TemplateBody=template(resources, **sections), Parameters=_given(given), **extra
    )
    return settled(aws, name)


def update(aws: LocalAws, name: str, resources: dict[str, Any], *, given: dict[str, str] | None = None, **extra: Any) -> str:
    sections = {k: extra.pop(k) for k in ("Parameters", "Conditions", "Mappings", "Outputs") if k in extra}
    aws.client("cloudformation").update_stack(
        StackName=name, TemplateBody=template(resources, **sections), Parameters=_given(given), **extra
    )
    return settled(aws, name)


def delete(aws: LocalAws, name: str) -> str:
    id = described(aws, name)["StackId"]
    aws.client("cloudformation").delete_stack(StackName=name)
    return settled(aws, id)


def described(aws: LocalAws, name: str) -> dict[str, Any]:
    return dict(aws.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0])


def outputs(aws: LocalAws, name: str) -> dict[str, str]:
    return {o["OutputKey"]: o["OutputValue"] for o in described(aws, name)["Outputs"]}


def physical(aws: LocalAws, name: str) -> dict[str, str]:
    found = aws.client("cloudformation").describe_stack_resources(StackName=name)["StackResources"]
    return {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in found}


def happened(aws: LocalAws, name: str, status: str = "") -> list[tuple[str, str]]:
    """(logical id, status) of a stack's events, oldest first, that end in a status."""
    events = reversed(aws.client("cloudformation").describe_stack_events(StackName=name)["StackEvents"])
    return [(e["LogicalResourceId"], e["ResourceStatus"]) for e in events if e["ResourceStatus"].endswith(status)]


def reason(aws: LocalAws, name: str) -> str:
    """Why the first resource failed."""
    events = reversed(aws.client("cloudformation").describe_stack_events(StackName=name)["StackEvents"])
    return next(e["ResourceStatusReason"] for e in events if e["ResourceStatus"].endswith("_FAILED"))


def value(aws: LocalAws, name: str) -> str | None:
    """The value of an SSM parameter, None if there is none."""
    ssm = aws.client("ssm")
    found = ssm.get_parameters(Names=[name])["Parameters"]
    return str(found[0]["Value"]) if found else None


def calls(aws: LocalAws, service: str = "ssm") -> list[str]:
    """Changing calls to a service since the journal was cleared."""
    found = aws.journal.entries(lambda e: e.service == service)
    return [e.operation for e in found if not e.operation.startswith(("Get", "Describe", "List"))]


def _given(given: dict[str, str] | None) -> list[dict[str, str]]:
    return [{"ParameterKey": k, "ParameterValue": v} for k, v in (given or {}).items()]
