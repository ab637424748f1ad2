"""``loop runs``: pipeline executions and ingest runs, newest first, with steps, durations and reasons."""

from datetime import datetime
from typing import Any

from cli.collect import Client, steps_of
from cli.errors import CliError
from cli.times import utc
from interfaces.names import Names

LATEST = "latest"
UNDER_WAY = ("Executing", "Stopping")


def runs_of(client: Client, names: Names, limit: int) -> dict[str, Any]:
    """The newest executions and ingest runs, as plain values. Raises CliError when nothing is deployed."""
    sagemaker = client("sagemaker")
    executions = [_execution(sagemaker, arn) for arn in _arns(sagemaker, names, limit)]
    return {"environment": names.prefix, "pipeline": names.pipeline, "executions": executions, "ingest": ingest_runs(client, names, limit)}


def find(client: Client, names: Names, wanted: str) -> dict[str, Any]:
    """One execution: ``latest``, an id, or the start of one. Raises CliError."""
    sagemaker = client("sagemaker")
    arns = _arns(sagemaker, names, 1 if wanted == LATEST else 100)
    matching = arns if wanted == LATEST else [arn for arn in arns if _id(arn).startswith(wanted) or arn == wanted]
    if not matching:
        known = ", ".join(_id(arn) for arn in arns[:5]) or "none"
        raise CliError(f"{names.pipeline} has no execution {wanted!r}; the newest are: {known}")
    if len(matching) > 1:
        raise CliError(f"{wanted!r} begins {len(matching)} executions: {', '.join(_id(arn) for arn in matching[:5])}; give more of it")
    return _execution(sagemaker, matching[0])


def ingest_runs(client: Client, names: Names, limit: int) -> list[dict[str, Any]]:
    """The newest runs of the Glue job."""
    glue = client("glue")
    try:
        runs = glue.get_job_runs(JobName=names.ingest_job, MaxResults=limit)["JobRuns"]
    except glue.exceptions.EntityNotFoundException:
        return []
    return [
        {
            "id": run["Id"],
            "drop": run.get("Arguments", {}).get("--drop", ""),
            "status": run["JobRunState"],
            "started": utc(run["StartedOn"]),
            "seconds": _seconds(run["StartedOn"], run.get("CompletedOn")),
            "reason": run.get("ErrorMessage", ""),
        }
        for run in runs[:limit]
    ]


def _arns(sagemaker: Any, names: Names, limit: int) -> list[str]:
    pages = sagemaker.get_paginator("list_pipeline_executions").paginate(
        PipelineName=names.pipeline, SortBy="CreationTime", SortOrder="Descending", PaginationConfig={"MaxItems": limit}
    )
    try:
        return [str(e["PipelineExecutionArn"]) for page in pages for e in page["PipelineExecutionSummaries"]]
    except sagemaker.exceptions.ResourceNotFound:
        raise CliError(f"there is no pipeline {names.pipeline} in this account and region; is {names.prefix} deployed?") from None


def _execution(sagemaker: Any, arn: str) -> dict[str, Any]:
    described = sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
    values = sagemaker.list_pipeline_parameters_for_execution(PipelineExecutionArn=arn)["PipelineParameters"]
    status = described["PipelineExecutionStatus"]
    ended = described["LastModifiedTime"] if status not in UNDER_WAY else None
    return {
        "id": _id(arn),
        "arn": arn,
        "status": status,
        "started": utc(described["CreationTime"]),
        "seconds": _seconds(described["CreationTime"], ended),
        "reason": described.get("FailureReason", ""),
        "dataset": next((v["Value"] for v in values if v["Name"] == "DatasetVersion"), ""),
        "steps": [_step(step) for step in steps_of(sagemaker, arn)],
    }


def _step(step: dict[str, Any]) -> dict[str, Any]:
    jobs = [part["Arn"] for part in step.get("Metadata", {}).values() if isinstance(part, dict) and "Arn" in part]
    return {
        "name": step["StepName"],
        "status": step["StepStatus"],
        "started": utc(step["StartTime"]) if "StartTime" in step else "",
        "seconds": _seconds(step["StartTime"], step.get("EndTime")) if "StartTime" in step else None,
        "reason": step.get("FailureReason", ""),
        "attempts": step.get("AttemptCount", 1),
        "cached": "CacheHitResult" in step,
        "made": jobs[0] if jobs else "",
    }


def _seconds(start: datetime, end: datetime | None) -> float | None:
    return round((end - start).total_seconds(), 2) if end else None


def _id(arn: str) -> str:
    return arn.rsplit("/", 1)[-1]
