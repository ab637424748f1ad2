"""Turns events on the bus into lines that a person can follow."""

from typing import Any

from cli.progress import Progress
from interfaces import events
from interfaces.names import Names

_STEP = "SageMaker Model Building Pipeline Execution Step Status Change"
_ENDPOINT = "SageMaker Endpoint State Change"
_RESOURCE = "CloudFormation Resource Status Change"


class Narrator:
    """Listens to the event bus; keeps what the demo has to know."""

    def __init__(self, progress: Progress, names: Names) -> None:
        self._said, self._names = progress, names
        self.version: str | None = None
        self.refused: str | None = None
        self.glue_failure: str | None = None
        self.resource_failure: str | None = None
        self.quiet = False  # keep on listening, and say nothing

    def __call__(self, event: dict[str, Any]) -> None:
        kind, detail = event["detail-type"], event["detail"]
        if kind == events.DATASET_CREATED:
            self.version = detail["dataset_version"]
            self._note("ingest", f"dataset version {self.version} created")
        elif kind == events.DATASET_REFUSED:
            self.refused = detail["reason"]
        elif kind == events.GLUE_STATE_CHANGE and detail["state"] != "SUCCEEDED":
            self.glue_failure = detail["message"]
        elif kind == _STEP and detail["currentStepStatus"] in ("Succeeded", "Failed"):
            self._step(detail)
        elif kind == events.PACKAGE_STATE_CHANGE:
            name = detail["ModelPackageArn"].rsplit("/", 2)[-2:]
            self._note("registry", f"model package {'/'.join(name)}: {detail['ModelApprovalStatus']}")
        elif kind == _ENDPOINT:
            self._note("endpoint", f"{detail['EndpointName']}: {detail['EndpointStatus']}", "start")
        elif kind == _RESOURCE and detail["status-details"]["status"].endswith("_FAILED"):
            self.resource_failure = f"{detail['logical-resource-id']}: {detail['status-details']['status-reason']}"

    def _note(self, *words: str) -> None:
        if not self.quiet:
            self._said.note(*words)

    def _step(self, detail: dict[str, Any]) -> None:
        outcome = detail.get("metadata", {}).get("condition", {}).get("outcome")
        shown = f" → {outcome}" if outcome else ""
        if detail["currentStepStatus"] == "Failed":
            self._note("pipeline", f"{detail['stepName']} failed: {detail.get('failureReason', '')}", "fail")
        else:
            self._note("pipeline", f"{detail['stepName']} succeeded{shown}")
