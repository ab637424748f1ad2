"""Executions and their steps, as the API shows them."""

from typing import Any

from local_aws.sagemaker.pipelines.execution import Execution
from local_aws.sagemaker.pipelines.step_run import StepRun


def described(execution: Execution) -> dict[str, Any]:
    """As DescribePipelineExecution does."""
    out = {
        "PipelineArn": execution.pipeline["PipelineArn"],
        "PipelineExecutionArn": execution.arn,
        "PipelineExecutionDisplayName": execution.display_name,
        "PipelineExecutionStatus": execution.status,
        "PipelineExecutionDescription": execution.description,
        "CreationTime": execution.created,
        "LastModifiedTime": execution.modified,
    }
    if execution.reason:
        out["FailureReason"] = execution.reason
    if execution.parallel:
        out["ParallelismConfiguration"] = {"MaxParallelExecutionSteps": execution.parallel}
    if execution.selected:
        out["SelectiveExecutionConfig"] = execution.selected.described()
    return out


def summary(execution: Execution) -> dict[str, Any]:
    """As ListPipelineExecutions does."""
    out = {
        "PipelineExecutionArn": execution.arn,
        "StartTime": execution.created,
        "PipelineExecutionStatus": execution.status,
        "PipelineExecutionDescription": execution.description,
        "PipelineExecutionDisplayName": execution.display_name,
    }
    return out | ({"PipelineExecutionFailureReason": execution.reason} if execution.reason else {})


def step(run: StepRun) -> dict[str, Any]:
    """As ListPipelineExecutionSteps does."""
    out: dict[str, Any] = {
        "StepName": run.step.name,
        "StepStatus": run.status,
        "AttemptCount": run.attempts,
        "Metadata": run.metadata,
        "StartTime": run.started,
    }
    if run.ended:
        out["EndTime"] = run.ended
    if run.reason:
        out["FailureReason"] = run.reason
    if run.reused:
        out["SelectiveExecutionResult"] = {"SourcePipelineExecutionArn": run.reused}
    if run.cache_hit:
        out["CacheHitResult"] = {"SourcePipelineExecutionArn": run.cache_hit}
    for key, name in (("StepDisplayName", "DisplayName"), ("StepDescription", "Description")):
        if run.step.raw.get(name):
            out[key] = run.step.raw[name]
    return out
