"""The events of an execution and its steps, as EventBridge documents them."""

from datetime import datetime
from typing import Any, Protocol

from local_aws.sagemaker.jobs import World
from local_aws.sagemaker.pipelines.step_run import StepRun


class Announced(Protocol):
    """What the events tell of an execution."""

    world: World
    pipeline: dict[str, Any]
    arn: str
    description: str
    display_name: str
    status: str
    created: datetime
    modified: datetime


def execution_changed(execution: Announced, previous: str | None) -> None:
    """``SageMaker Model Building Pipeline Execution Status Change``."""
    detail: dict[str, Any] = {
        "pipelineExecutionDescription": execution.description,
        "pipelineExecutionDisplayName": execution.display_name,
        "currentPipelineExecutionStatus": execution.status,
        "executionStartTime": execution.created.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "pipelineArn": execution.pipeline["PipelineArn"],
        "pipelineExecutionArn": execution.arn,
    }
    if previous:
        detail |= {"previousPipelineExecutionStatus": previous, "executionEndTime": execution.modified.strftime("%Y-%m-%dT%H:%M:%SZ")}
    resources = [execution.pipeline["PipelineArn"], execution.arn]
    execution.world.events.emit("aws.sagemaker", "SageMaker Model Building Pipeline Execution Status Change", detail, resources)


def step_changed(execution: Announced, run: StepRun, previous: str) -> None:
    """``SageMaker Model Building Pipeline Execution Step Status Change``."""
    detail: dict[str, Any] = {
        "metadata": {k[0].lower() + k[1:]: {n[0].lower() + n[1:]: v for n, v in inner.items()} for k, inner in run.metadata.items()},
        "stepStartTime": run.started.strftime("%Y-%m-%dT%H:%M:%SZ") if run.started else "",
        "stepName": run.step.name,
        "stepType": run.step.type,
        "previousStepStatus": previous,
        "currentStepStatus": run.status,
        "pipelineArn": execution.pipeline["PipelineArn"],
        "pipelineExecutionArn": execution.arn,
    }
    if run.ended:
        detail["stepEndTime"] = run.ended.strftime("%Y-%m-%dT%H:%M:%SZ")
    if run.reason:
        detail["failureReason"] = run.reason
    resources = [execution.pipeline["PipelineArn"], execution.arn]
    execution.world.events.emit("aws.sagemaker", "SageMaker Model Building Pipeline Execution Step Status Change", detail, resources)
