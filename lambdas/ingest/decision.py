"""What an event asks of ingest. Pure."""

import hashlib
from dataclasses import dataclass
from typing import Any

from interfaces import events, layout


@dataclass(frozen=True)
class StartIngest:
    """Start the Glue job for a finished drop. ``key`` names this finish of this drop."""

    drop: str
    key: str


@dataclass(frozen=True)
class StartPipeline:
    """Start one pipeline execution for a dataset version."""

    version: str
    token: str


@dataclass(frozen=True)
class ReportFailure:
    """The Glue job broke: tell people."""

    run_id: str
    reason: str


Decision = StartIngest | StartPipeline | ReportFailure


class UnknownEvent(ValueError):
    """The event is none that a rule of ours delivers."""


def decide(event: dict[str, Any]) -> Decision:
    """The one thing that this event asks for. Raises UnknownEvent."""
    kind, detail = event.get("detail-type"), event.get("detail", {})
    if kind == events.S3_OBJECT_CREATED:
        key = detail["object"]["key"]
        drop = layout.drop_of(key)
        if drop is None or not key.endswith(f"/{layout.SUCCESS_MARKER}"):
            raise UnknownEvent(f"object {key!r} does not finish a drop")
        # the same marker written again is a new finish; the same event delivered again is not
        mark = detail["object"].get("version-id") or detail["object"].get("sequencer") or detail["object"]["etag"]
        return StartIngest(drop, f"drop/{drop}/{mark}")
    if kind == events.DATASET_CREATED:
        version = detail["dataset_version"]
        return StartPipeline(version, execution_token(version))
    if kind == events.GLUE_STATE_CHANGE:
        return ReportFailure(detail["jobRunId"], f"{detail['state']}: {detail.get('message', '')}")
    raise UnknownEvent(f"unknown event {kind!r} from {event.get('source')!r}")


def execution_token(version: str) -> str:
    """The ClientRequestToken of a version's execution: SageMaker starts one execution per token."""
    return "dataset-" + hashlib.sha256(version.encode()).hexdigest()[:40]
