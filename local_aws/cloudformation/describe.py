"""Stacks and their resources as CloudFormation describes them, and the pages that they come in."""

import base64
from collections.abc import Sequence
from typing import Any

from local_aws.cloudformation.stack import Record, Stack
from local_aws.cloudformation.template import Template, error

PAGE = 100


def page(items: Sequence[Any], params: dict[str, Any], key: str) -> dict[str, Any]:
    """One page, and the token of the next. Raises AwsError."""
    start = 0
    if token := params.get("NextToken"):
        try:
            start = int(base64.b64decode(token).decode())
        except ValueError:
            raise error(f"Invalid NextToken: {token}") from None
    more = {"NextToken": base64.b64encode(str(start + PAGE).encode()).decode()} if start + PAGE < len(items) else {}
    return {key: list(items[start : start + PAGE]), **more}


def stack(found: Stack) -> dict[str, Any]:
    """As DescribeStacks gives it."""
    out: dict[str, Any] = {
        "StackId": found.id,
        "StackName": found.name,
        "CreationTime": found.created,
        "StackStatus": found.status,
        "Parameters": parameters(found.template, found.parameters, found.ssm_names),
        "Outputs": found.outputs,
        "Tags": found.tags,
        "EnableTerminationProtection": found.termination_protection,
        "DisableRollback": found.disable_rollback,
        "Capabilities": found.capabilities,
        "NotificationARNs": [],
        "RollbackConfiguration": {},
        "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
    }
    optional = {
        "Description": found.template.raw.get("Description"),
        "StackStatusReason": found.reason,
        "LastUpdatedTime": found.updated,
        "DeletionTime": found.deleted,
        "RoleARN": found.role,
        "ChangeSetId": found.change_set_id,
    }
    return {**out, **{k: v for k, v in optional.items() if v}}


def summary(found: Stack) -> dict[str, Any]:
    """As ListStacks gives it."""
    out = {
        "StackId": found.id,
        "StackName": found.name,
        "CreationTime": found.created,
        "StackStatus": found.status,
        "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
    }
    optional = {
        "TemplateDescription": found.template.raw.get("Description"),
        "StackStatusReason": found.reason,
        "LastUpdatedTime": found.updated,
        "DeletionTime": found.deleted,
    }
    return {**out, **{k: v for k, v in optional.items() if v}}


def parameters(template: Template, values: dict[str, str], ssm_names: dict[str, str]) -> list[dict[str, str]]:
    """Values, masked where the template says NoEcho."""
    found = []
    for name, value in values.items():
        shown = "****" if str(template.raw.get("Parameters", {}).get(name, {}).get("NoEcho")).lower() == "true" else value
        resolved = {"ParameterValue": ssm_names[name], "ResolvedValue": shown} if name in ssm_names else {"ParameterValue": shown}
        found.append({"ParameterKey": name, **resolved})
    return found


def resource(found: Stack, record: Record) -> dict[str, Any]:
    """What all descriptions of a resource share."""
    status, reason = found.resource_statuses.get(record.logical_id, ("CREATE_COMPLETE", ""))
    return {
        "LogicalResourceId": record.logical_id,
        "PhysicalResourceId": record.id,
        "ResourceType": record.type,
        "ResourceStatus": status,
        "DriftInformation": {"StackResourceDriftStatus": "NOT_CHECKED"},
        **({"ResourceStatusReason": reason} if reason else {}),
    }


def of(found: Stack) -> dict[str, str]:
    return {"StackName": found.name, "StackId": found.id}
