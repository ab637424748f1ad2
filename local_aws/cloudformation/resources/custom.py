"""Custom::* and AWS::CloudFormation::CustomResource: a function is asked, and answers at a URL."""

import json
import uuid
from typing import Any

from local_aws.cloudformation.resources.base import Context, Failed, Made, Resource

_LIMIT_S = 3600


class CustomResource(Resource):
    """Any property is handed to the function; AWS makes text of scalars."""

    type = "AWS::CloudFormation::CustomResource"
    properties = frozenset({"ServiceToken", "ServiceTimeout", "(any)"})

    def create(self, context: Context, properties: dict[str, Any]) -> Made:
        return self._ask(context, "Create", properties)

    def update(self, context: Context, id: str, old: dict[str, Any], new: dict[str, Any]) -> Made:
        return self._ask(context, "Update", new, PhysicalResourceId=id, OldResourceProperties=_texts(old))

    def delete(self, context: Context, id: str, properties: dict[str, Any]) -> None:
        self._ask(context, "Delete", properties, PhysicalResourceId=id)

    def _ask(self, context: Context, request: str, properties: dict[str, Any], **more: Any) -> Made:
        service, target = properties["ServiceToken"].split(":")[2], properties["ServiceToken"]
        assert context.responses is not None
        token, url = context.responses.expect()
        event = {
            "RequestType": request,
            "RequestId": str(uuid.uuid4()),
            "ResponseURL": url,
            "StackId": context.stack_id,
            "LogicalResourceId": context.logical_id,
            "ResourceType": context.kind,
            "ServiceToken": target,
            "ResourceProperties": _texts(properties),
            **more,
        }
        if service == "lambda":
            context.client("lambda").invoke(FunctionName=target, InvocationType="Event", Payload=json.dumps(event).encode())
        elif service == "sns":
            context.client("sns").publish(TopicArn=target, Subject="AWS CloudFormation custom resource request", Message=json.dumps(event))
        else:
            raise Failed(f"Invalid ServiceToken {target}: it names neither a Lambda function nor an SNS topic")
        answer = context.responses.wait(token, float(properties.get("ServiceTimeout", _LIMIT_S)))
        if answer is None:
            raise Failed("CloudFormation did not receive a response from your Custom Resource. Please check your logs for requestId")
        return _made(answer, event, more.get("PhysicalResourceId"))


def _made(answer: dict[str, Any], event: dict[str, Any], id: str | None) -> Made:
    """The answer, held to its documented form. Raises Failed."""
    if answer.get("Status") != "SUCCESS":
        raise Failed(f"Received response status [{answer.get('Status')}] from custom resource. Message returned: {answer.get('Reason')}")
    for name in ("StackId", "RequestId", "LogicalResourceId"):
        if answer.get(name) != event[name]:
            raise Failed(f"Invalid response object: {name} is {answer.get(name)!r}, expected {event[name]!r}")
    physical = answer.get("PhysicalResourceId") or id
    if not physical:
        raise Failed("Invalid PhysicalResourceId")
    return Made(str(physical), dict(answer.get("Data") or {}))


def _texts(value: Any) -> Any:
    """Numbers and truth values as text, at any depth."""
    if isinstance(value, dict):
        return {k: _texts(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_texts(v) for v in value]
    return str(value).lower() if isinstance(value, bool) else str(value) if isinstance(value, int | float) else value
