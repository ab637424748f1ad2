"""From landed files to a released model, followed stage by stage: what any drop goes through."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.collect import failure_of, steps_of
from cli.demo.narrate import Narrator
from cli.demo.session import Session
from cli.errors import RunFailed
from interfaces import layout


@dataclass(frozen=True)
class Released:
    """A model on its way's end: where it came from and what serves it."""

    version: str
    execution: str
    package: str
    endpoint: dict[str, Any]


def land(session: Session, drop: str, files: tuple[Path, ...]) -> None:
    """Upload the files, then _SUCCESS: only its arrival makes the drop finished."""
    s3, bucket = session.client("s3"), session.bucket("landing")
    for path in files:
        s3.upload_file(str(path), bucket, f"{layout.drop_prefix(drop)}{path.name}")
    s3.put_object(Bucket=bucket, Key=f"{layout.drop_prefix(drop)}{layout.SUCCESS_MARKER}", Body=b"")
    session.progress.note("land", f"{', '.join(p.name for p in files)} landed in s3://{bucket}/{layout.drop_prefix(drop)}")


def follow(session: Session, narrator: Narrator) -> Released:
    """Follow the landed drop until its model serves. Raises RunFailed with the stage and the reason."""
    version = session.wait("ingest", lambda: _version(narrator))
    execution = session.wait("pipeline", lambda: _finished_execution(session, version))
    package = session.wait("approve", lambda: _decided_package(session, execution))
    endpoint = session.wait("release", lambda: released(session, package, narrator))
    session.progress.note("serve", f"endpoint {session.endpoint} is InService on {endpoint['EndpointConfigName']}")
    return Released(version, execution, package, endpoint)


def _version(narrator: Narrator) -> str | None:
    if narrator.refused:
        raise RunFailed("ingest", f"the drop was refused: {narrator.refused}")
    if narrator.glue_failure:
        raise RunFailed("ingest", f"the ingest job failed: {narrator.glue_failure}")
    return narrator.version


def _finished_execution(session: Session, version: str) -> str | None:
    sagemaker = session.client("sagemaker")
    newest = sagemaker.list_pipeline_executions(PipelineName=session.names.pipeline, SortBy="CreationTime", SortOrder="Descending")
    for summary in newest["PipelineExecutionSummaries"]:
        if summary["PipelineExecutionDisplayName"] != f"dataset-{version}" or summary["PipelineExecutionStatus"] == "Executing":
            continue
        arn = str(summary["PipelineExecutionArn"])
        if summary["PipelineExecutionStatus"] != "Succeeded":
            raise RunFailed("pipeline", failure_of(steps_of(sagemaker, arn)))
        return arn
    return None


def _decided_package(session: Session, execution: str) -> str | None:
    sagemaker = session.client("sagemaker")
    registered = [s["Metadata"]["RegisterModel"]["Arn"] for s in steps_of(sagemaker, execution) if "RegisterModel" in s.get("Metadata", {})]
    if not registered:
        raise RunFailed("register", "the pipeline registered no model")
    package = sagemaker.describe_model_package(ModelPackageName=registered[0])
    if package["ModelApprovalStatus"] == "Approved":
        return str(registered[0])
    reason = package.get("CustomerMetadataProperties", {}).get("verdict_reason")
    if reason:
        raise RunFailed("approve", reason)
    return None


def released(session: Session, package: str, narrator: Narrator) -> dict[str, Any] | None:
    """The endpoint, once it serves this package and Monitoring follows; None until then. Raises RunFailed after a rollback."""
    cloudformation = session.client("cloudformation")
    stack = cloudformation.describe_stacks(StackName=session.names.serving_stack)["Stacks"][0]
    status = stack["StackStatus"]
    if status.startswith("UPDATE_ROLLBACK") and status.endswith(("COMPLETE", "FAILED")):
        reason = narrator.resource_failure or stack.get("StackStatusReason", "")
        raise RunFailed("release", f"{session.names.serving_stack} is {status}: {reason}")
    if status != "UPDATE_COMPLETE" or _package_of(stack) != package:
        return None
    monitoring = cloudformation.describe_stacks(StackName=session.names.monitoring_stack)["Stacks"][0]
    endpoint: dict[str, Any] = session.client("sagemaker").describe_endpoint(EndpointName=session.endpoint)
    follows = _package_of(monitoring) == package and monitoring["StackStatus"] == "UPDATE_COMPLETE"
    return endpoint if endpoint["EndpointStatus"] == "InService" and follows else None


def _package_of(stack: dict[str, Any]) -> str:
    return str({p["ParameterKey"]: p["ParameterValue"] for p in stack["Parameters"]}["ModelPackageArn"])
