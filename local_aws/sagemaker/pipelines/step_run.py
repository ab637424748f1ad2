"""What has become of a step in an execution."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from local_aws.sagemaker.pipelines.definition import Step
from local_aws.sagemaker.pipelines.resolve import text


@dataclass
class StepRun:
    """A step's state, as ListPipelineExecutionSteps shows it."""

    step: Step
    status: str = "Starting"
    started: datetime | None = None
    ended: datetime | None = None
    attempts: int = 0
    reason: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    properties: dict[str, Any] = field(default_factory=dict)
    cache_hit: str | None = None
    reused: str | None = None  # the execution that a step which is not selected is taken from
    outcome: bool | None = None


def shown(metadata: Any) -> Any:
    """Metadata as the API knows it: everything at its leaves is text."""
    if isinstance(metadata, dict):
        return {name: shown(value) for name, value in metadata.items()}
    return [shown(value) for value in metadata] if isinstance(metadata, list) else text(metadata)
