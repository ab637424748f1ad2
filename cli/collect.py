"""Gather what a run was: from dataset version to endpoint, through boto3 alone, on local or real AWS."""

import json
from collections.abc import Callable
from typing import Any

from cli.errors import CliError
from cli.target import names_of, serving_endpoint
from cli.times import utc
from interfaces import layout
from interfaces.names import VARIANT, Names

Client = Callable[[str], Any]


def collect(client: Client, names: Names, execution_arn: str | None = None) -> dict[str, Any]:
    """The newest run (or the one named) as plain values, ready for JSON: what status and report show."""
    sagemaker, s3 = client("sagemaker"), client("s3")
    account = client("sts").get_caller_identity()["Account"]
    data = names.bucket("data", account, sagemaker.meta.region_name)
    endpoint = serving_endpoint(client, names)
    found: dict[str, Any] = {"names": {"prefix": names.prefix, "endpoint": endpoint, "pipeline": names.pipeline}}
    execution_arn = execution_arn or _newest_execution(sagemaker, names)
    if execution_arn:
        found["execution"] = _execution(sagemaker, execution_arn)
        version = found["execution"]["parameters"].get("DatasetVersion", "")
        found["manifest"] = _json(s3, data, layout.manifest_key(version))
        found["package"] = _package(sagemaker, names, execution_arn)
        found["evaluation"] = _evaluation(s3, found["package"], found["execution"])
        found["evidence"] = _evidence(s3, found["package"])
    found["endpoint"] = _endpoint(sagemaker, endpoint)
    found["stacks"] = _stacks(client("cloudformation"), names)
    found["captured_records"] = count_captured(s3, data, endpoint)
    return dict(json.loads(json.dumps(found, default=str)))


def ask(environment: str) -> dict[str, Any]:
    """What `collect` finds there. Raises CliError when nothing is deployed."""
    import boto3

    found = collect(boto3.client, names_of(environment))
    if not found["stacks"]:
        raise CliError(f"nothing is deployed as {environment} in this account and region")
    return found


def count_captured(s3: Any, bucket: str, endpoint: str) -> int:
    """Records in the capture files of an endpoint."""
    total = 0
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{layout.CAPTURE}/{endpoint}/{VARIANT}/")
    for page in pages:
        for item in page.get("Contents", []):
            total += s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read().count(b"\n")
    return total


def steps_of(sagemaker: Any, execution_arn: str) -> list[dict[str, Any]]:
    """All steps of an execution, oldest first."""
    pages = sagemaker.get_paginator("list_pipeline_execution_steps").paginate(PipelineExecutionArn=execution_arn, SortOrder="Ascending")
    return [step for page in pages for step in page["PipelineExecutionSteps"]]


def failure_of(steps: list[dict[str, Any]]) -> str:
    """Why an execution failed: every failed step with its reason."""
    return "; ".join(f"step {s['StepName']}: {s.get('FailureReason', 'no reason given')}" for s in steps if s["StepStatus"] == "Failed")


def _newest_execution(sagemaker: Any, names: Names) -> str | None:
    try:
        listed = sagemaker.list_pipeline_executions(
            PipelineName=names.pipeline, SortBy="CreationTime", SortOrder="Descending", MaxResults=1
        )["PipelineExecutionSummaries"]
    except sagemaker.exceptions.ResourceNotFound:
        return None
    return str(listed[0]["PipelineExecutionArn"]) if listed else None


def _execution(sagemaker: Any, arn: str) -> dict[str, Any]:
    described = sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
    parameters = sagemaker.list_pipeline_parameters_for_execution(PipelineExecutionArn=arn)["PipelineParameters"]
    definition = json.loads(sagemaker.describe_pipeline_definition_for_execution(PipelineExecutionArn=arn)["PipelineDefinition"])
    return {
        "arn": arn,
        "status": described["PipelineExecutionStatus"],
        "reason": described.get("FailureReason", ""),
        "started": utc(described["CreationTime"]),
        "ended": utc(described["LastModifiedTime"]),
        "parameters": {p["Name"]: p["Value"] for p in parameters},
        "steps": [
            {
                "name": s["StepName"],
                "status": s["StepStatus"],
                "started": utc(s["StartTime"]),
                "ended": utc(s["EndTime"]) if "EndTime" in s else None,
                "seconds": (s["EndTime"] - s["StartTime"]).total_seconds() if "EndTime" in s else None,
                "reason": s.get("FailureReason", ""),
                "attempts": s.get("AttemptCount", 1),
                "cached": "CacheHitResult" in s,
                "metadata": s.get("Metadata", {}),
            }
            for s in steps_of(sagemaker, arn)
        ],
        "edges": _edges(definition),
    }


def _edges(definition: dict[str, Any]) -> list[tuple[str, str]]:
    """(from, to) of the DAG, from references and DependsOn."""
    edges: set[tuple[str, str]] = set()

    def references(value: Any) -> Any:
        if isinstance(value, dict):
            if set(value) == {"Get"} and str(value["Get"]).startswith("Steps."):
                yield value["Get"].split(".")[1].split("[")[0]
            for part in value.values():
                yield from references(part)
        elif isinstance(value, list):
            for part in value:
                yield from references(part)

    def visit(step: dict[str, Any], parent: str | None) -> None:
        branches = [s for key in ("IfSteps", "ElseSteps") for s in step.get("Arguments", {}).get(key, [])]
        own = {k: v for k, v in step.get("Arguments", {}).items() if k not in ("IfSteps", "ElseSteps")}
        needs = {*references(own), *step.get("DependsOn", []), *([parent] if parent else [])}
        edges.update((need, step["Name"]) for need in needs)
        for branch in branches:
            visit(branch, step["Name"])

    for step in definition["Steps"]:
        visit(step, None)
    return sorted(edges)


def _package(sagemaker: Any, names: Names, execution_arn: str) -> dict[str, Any] | None:
    pages = sagemaker.get_paginator("list_model_packages").paginate(
        ModelPackageGroupName=names.model_package_group, SortBy="CreationTime", SortOrder="Descending"
    )
    for page in pages:
        for summary in page["ModelPackageSummaryList"]:
            package = sagemaker.describe_model_package(ModelPackageName=summary["ModelPackageArn"])
            if package.get("CustomerMetadataProperties", {}).get("pipeline_execution_arn") == execution_arn:
                return {
                    "arn": package["ModelPackageArn"],
                    "version": package["ModelPackageVersion"],
                    "approval": package["ModelApprovalStatus"],
                    "description": package.get("ApprovalDescription", ""),
                    "metadata": package.get("CustomerMetadataProperties", {}),
                    "metrics_uri": package["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"],
                }
    return None


def _evaluation(s3: Any, package: dict[str, Any] | None, execution: dict[str, Any]) -> dict[str, Any] | None:
    if package is None:
        return None
    bucket, key = layout.split_uri(package["metrics_uri"])
    return _json(s3, bucket, key)


def _evidence(s3: Any, package: dict[str, Any] | None) -> dict[str, Any] | None:
    """What the gate found: every check with its number, limit and outcome."""
    uri = (package or {}).get("metadata", {}).get("evidence_uri")
    return _json(s3, *layout.split_uri(uri)) if uri else None


def _endpoint(sagemaker: Any, name: str) -> dict[str, Any] | None:
    try:
        endpoint = sagemaker.describe_endpoint(EndpointName=name)
    except sagemaker.exceptions.ClientError as error:
        if "Could not find" in str(error):
            return None
        raise
    return {
        "name": name,
        "status": endpoint["EndpointStatus"],
        "config": endpoint["EndpointConfigName"],
        "reason": endpoint.get("FailureReason", ""),
    }


def _stacks(cloudformation: Any, names: Names) -> list[dict[str, Any]]:
    found = []
    for name in names.stacks:
        try:
            stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        except cloudformation.exceptions.ClientError:
            continue
        parameters = {p["ParameterKey"]: p["ParameterValue"] for p in stack.get("Parameters", [])}
        found.append({"name": name, "status": stack["StackStatus"], "parameters": parameters})
    return found


def _json(s3: Any, bucket: str, key: str) -> dict[str, Any] | None:
    try:
        return dict(json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read()))
    except s3.exceptions.NoSuchKey:
        return None
