"""cdk-nag's AwsSolutions rules, and a written reason for each finding that stays.

A wildcard in a policy is acknowledged one by one, by the Sid of its statement: a Sid without a reason is an error.
"""

import json
from collections.abc import Iterator
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from cdk_nag import AwsSolutionsChecks
from constructs import IConstruct

# Construct, rule, reason
ACCEPTED = (
    ("Platform/Operations", "AwsSolutions-L1", "Python 3.13 is the newest runtime that the pinned libraries are tested on."),
)

_NO_RESOURCE = "AWS documents no resource-level permission for this action."
_LOG_NAMES = "The service names log groups after jobs and streams after their instances, when they start."
_PACKAGES = "A model package is numbered when it is registered."
_STACK_ID = "A stack's ARN ends in an id that CloudFormation gives it when it is created."
_GENERATIONS = "The name ends in the number of the release."
_EXECUTIONS = "Objects lie under the id of the pipeline execution that wrote them."

# Sid of a statement, and why the tail of its wildcard cannot be known before run time
WILDCARDS = {
    "AuthorizePull": _NO_RESOURCE,
    "DecideOnPackages": _PACKAGES,
    "FindPackages": _NO_RESOURCE,
    "ManageAlarms": "There is an alarm per feature of the model that is released.",
    "ManageEndpointConfig": _GENERATIONS,
    "ManageModel": _GENERATIONS,
    "ProtectEndpoint": _STACK_ID,
    "PublishMetrics": _NO_RESOURCE + " The condition names the namespace.",
    "ReadDrops": "Whoever lands a drop names its folder.",
    "ReadEvaluation": _EXECUTIONS,
    "ReadInputs": "Inputs lie under ids of pipeline executions and of dataset versions.",
    "ReadManifests": "A manifest is named after the content of the data that it describes.",
    "ReadModel": _EXECUTIONS,
    "ReadPackages": _PACKAGES,
    "ReadReports": _EXECUTIONS,
    "ReadScaling": _NO_RESOURCE,
    "ReadStacks": _STACK_ID,
    "RegisterModels": _PACKAGES,
    "RunJobs": "SageMaker names a pipeline's jobs after the execution and the step.",
    "ScaleEndpoint": "Application Auto Scaling gives a scalable target a random id; the condition names the service.",
    "TagServing": _GENERATIONS,
    "TagWhatItCreates": "Jobs are named after the execution, and packages are numbered when they are registered.",
    "Trace": _NO_RESOURCE,
    "TrackTarget": "Application Auto Scaling ends the names of its alarms in random ids.",
    "UpdateMonitoring": _STACK_ID,
    "UpdateServing": _STACK_ID,
    "UseConfig": _GENERATIONS,
    "UseKeyByAlias": "The key's id is given in another stack; the condition names the key by its alias.",
    "WriteCapture": "SageMaker names captured files after the hour and a random id.",
    "WriteLogs": _LOG_NAMES,
    "WriteOutputs": _EXECUTIONS,
    "WriteVersions": "A dataset version is named after its content.",
}


def attach(app: cdk.App) -> None:
    """Check every stack while it is synthesized, with the acknowledgements above."""
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    for path, rule, reason in ACCEPTED:
        _acknowledge(_find(app, path), rule, reason)
    for construct in app.node.find_all():
        for finding, reason in _wildcards(construct):
            _acknowledge(construct, f"AwsSolutions-IAM5[{finding}]", reason)


def _acknowledge(construct: IConstruct, rule: str, reason: str) -> None:
    cdk.Validations.of(construct).acknowledge(cdk.Acknowledgment(id=f"AwsSolutions::{rule}", reason=reason))


def _find(app: cdk.App, path: str) -> IConstruct:
    node: IConstruct = app
    for id in path.split("/"):
        node = node.node.find_child(id)
    return node


def _wildcards(construct: IConstruct) -> Iterator[tuple[str, str]]:
    """The IAM5 findings of a role or policy under Sids with a reason, named as cdk-nag names them."""
    for statement in _statements(construct):
        reason = WILDCARDS.get(statement.get("Sid", ""))
        for key in ("Action", "Resource") if reason else ():
            for value in map(flat, _listed(statement[key])):
                if "*" in value:
                    yield f"{key}::{value}", reason or ""


def _statements(construct: IConstruct) -> list[dict[str, Any]]:
    if isinstance(construct, iam.CfnRole):
        policies: Any = construct.policies
    elif isinstance(construct, iam.CfnPolicy):
        policies = [{"policyDocument": construct.policy_document}]
    else:
        return []
    resolved = cdk.Stack.of(construct).resolve(policies) or []
    return [statement for policy in resolved for statement in _listed(policy["policyDocument"]["Statement"])]


def flat(value: Any) -> str:
    """A value with intrinsic functions as cdk-nag writes it: ``arn:<AWS::Partition>:s3:::<Bucket>/drops/*``."""
    match value:
        case str():
            return value.replace("${", "<").replace("}", ">")
        case {"Fn::Join": [delimiter, parts]}:
            return str(delimiter).join(map(flat, parts))
        case {"Fn::Sub": text}:
            return flat(text)
        case {"Fn::GetAtt": [name, attribute]}:
            return f"<{flat(name)}.{flat(attribute)}>"
        case {"Ref": name}:
            return f"<{flat(name)}>"
    return json.dumps(value, separators=(",", ":"))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
