"""cdk-nag's AwsSolutions rules on the synthesized templates, and a written reason for each finding that stays.

A wildcard in a policy is acknowledged one by one, by the Sid of its statement: a Sid without a reason is an error.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aws_cdk as cdk
from aws_cdk import cloudformation_include as include
from cdk_nag import AwsSolutionsChecks

# Type of resource, rule, reason
ACCEPTED = (("AWS::Lambda::Function", "AwsSolutions-L1", "Python 3.13 is the newest runtime that the pinned libraries are tested on."),)

_NO_RESOURCE = "AWS documents no resource-level permission for this action."
_LOG_NAMES = "The service names log groups after jobs and streams after their instances, when they start."
_PACKAGES = "A model package is numbered when it is registered."
_STACK_ID = "A stack's ARN ends in an id that CloudFormation gives it when it is created."
_GENERATIONS = "The name ends in the number of the release."
_EXECUTIONS = "Objects lie under the id of the pipeline execution that wrote them."

# Sid of a statement, and why the tail of its wildcard cannot be known before run time
WILDCARDS = {
    "AuthorizePull": _NO_RESOURCE,
    "CollectRows": "A collecting job is named after its run.",
    "CompareStacks": _STACK_ID,
    "DecideOnPackages": _PACKAGES,
    "DescribePackages": _PACKAGES,
    "FinishDrop": "A retraining drop is named after its run.",
    "FindExecutions": _NO_RESOURCE,
    "FindPackages": _NO_RESOURCE,
    "FollowMonitors": "A monitor's jobs are named after the window; Model Monitor names its own.",
    "LandRows": "A retraining drop is named after its run.",
    "ManageAlarms": "There is an alarm per feature of the model that is released.",
    "ManageDefinitions": "CloudFormation names job definitions: every property of one is create-only.",
    "ManageEndpointConfig": _GENERATIONS,
    "ManageGuardrails": _GENERATIONS,
    "ManageModel": _GENERATIONS,
    "ManageSchedules": "A schedule is authorised on the job definition that it names, and CloudFormation names those.",
    "Measure": _NO_RESOURCE + " The condition names the namespace.",
    "NameInputs": "The inputs of a collecting job lie under its run.",
    "ProtectEndpoint": _STACK_ID,
    "PublishMetrics": _NO_RESOURCE + " The condition names the namespace.",
    "ReadDrops": "Whoever lands a drop names its folder.",
    "ReadEvaluation": _EXECUTIONS,
    "ReadExecutions": _EXECUTIONS,
    "ReadFindings": "Reports lie under the window that they are of, baselines under the execution that wrote them.",
    "ReadGuardrails": _GENERATIONS,
    "ReadInputs": "Inputs lie under ids of pipeline executions and of dataset versions.",
    "ReadLabels": "Labels lie under the hour in which they were collected.",
    "ReadManifests": "A manifest is named after the content of the data that it describes.",
    "ReadModel": _EXECUTIONS,
    "ReadMonitored": _STACK_ID,
    "ReadPackages": _PACKAGES,
    "ReadReports": _EXECUTIONS,
    "ReadRows": "Captured rows and labels lie under hours, dataset versions under their content.",
    "ReadScaling": _NO_RESOURCE,
    "ReadServing": _STACK_ID,
    "ReadStacks": _STACK_ID,
    "ReadWindows": "What is captured lies under hours, lists of it under jobs, baselines under executions.",
    "RegisterModels": _PACKAGES,
    "RunJobs": "SageMaker names a pipeline's jobs after the execution and the step.",
    "RunMonitors": "A monitor's jobs are named after the window.",
    "ScaleEndpoint": "Application Auto Scaling gives a scalable target a random id; the condition names the service.",
    "TagMonitors": "CloudFormation names job definitions: every property of one is create-only.",
    "TagServing": _GENERATIONS,
    "TagWhatItCreates": "Jobs are named after the execution, and packages are numbered when they are registered.",
    "Trace": _NO_RESOURCE,
    "TrackTarget": "Application Auto Scaling ends the names of its alarms in random ids.",
    "UpdateMonitoring": _STACK_ID,
    "UpdateServing": _STACK_ID,
    "UseConfig": _GENERATIONS,
    "UseKeyByAlias": "The key's id is given in another stack; the condition names the key by its alias.",
    "WriteReports": "Reports lie under the window that they are of.",
    "WriteCapture": "SageMaker names captured files after the hour and a random id.",
    "WriteLogs": _LOG_NAMES,
    "WriteOutputs": _EXECUTIONS,
    "WriteEvidence": "Evidence is named after the package's number and its own content.",
    "WriteVersions": "A dataset version is named after its content.",
}


def check(folder: str) -> None:
    """Check the templates of a cloud assembly. Raises RuntimeError with the findings that nobody acknowledged."""
    with TemporaryDirectory() as elsewhere:
        app = cdk.App(outdir=elsewhere, analytics_reporting=False)
        for path in sorted(Path(folder).glob("*.template.json")):
            stack = cdk.Stack(app, path.name.removesuffix(".template.json"))
            # cdk-nag knows resources by their classes, which including a template gives to all of them
            template = include.CfnInclude(stack, "Template", template_file=str(path))
            for id, resource in json.loads(path.read_text())["Resources"].items():
                found = [cdk.Acknowledgment(id=f"AwsSolutions::{rule}", reason=reason) for rule, reason in _acknowledged(resource)]
                cdk.Validations.of(template.get_resource(id)).acknowledge(*found)
        cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
        app.synth()


def _acknowledged(resource: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Rules, or findings of the rule on wildcards as cdk-nag names them, and why they stay."""
    yield from ((rule, reason) for type, rule, reason in ACCEPTED if type == resource["Type"])
    for statement in _statements(resource):
        reason = WILDCARDS.get(statement.get("Sid", ""), "")
        for key in ("Action", "Resource") if reason else ():
            for value in map(flat, _listed(statement[key])):
                if "*" in value:
                    yield f"AwsSolutions-IAM5[{key}::{value}]", reason


def _statements(resource: dict[str, Any]) -> list[dict[str, Any]]:
    properties = resource.get("Properties", {})
    policies = {"AWS::IAM::Role": properties.get("Policies", []), "AWS::IAM::Policy": [properties]}.get(resource["Type"], [])
    return [statement for policy in policies for statement in _listed(policy["PolicyDocument"]["Statement"])]


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
