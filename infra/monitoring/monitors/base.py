"""What a monitor's file answers: the parts of its job definition that are its own."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from interfaces.contract import Contract

CAPTURED = "/opt/ml/processing/input/endpoint"


@dataclass(frozen=True)
class Given:
    """What a monitor's parts are made from. ``baseline`` and ``ground_truth`` are S3 URIs without a slash at their end."""

    endpoint: str
    contract: Contract
    baseline: str
    ground_truth: str
    model_monitor_image: str
    clarify_image: str
    window_hours: int
    label_delay_hours: int
    minimum_rows: int
    minimum_labels: int
    distance: str

    def captured(self, **attributes: object) -> dict[str, Any]:
        return {"EndpointInput": {"EndpointName": self.endpoint, "LocalPath": CAPTURED, **attributes}}

    def labelled(self, **attributes: object) -> dict[str, Any]:
        """Captured rows of a window that lies far enough back for its labels, and the labels."""
        delay = self.label_delay_hours
        offsets = {"StartTimeOffset": f"-PT{delay + self.window_hours}H", "EndTimeOffset": f"-PT{delay}H"} if delay else {}
        return {**self.captured(**offsets, **attributes), "GroundTruthS3Input": {"S3Uri": self.ground_truth}}

    def environment(self) -> dict[str, str]:
        """Our additions to the container contract; metrics come from our function, in our namespace."""
        return {
            "publish_cloudwatch_metrics": "Disabled",
            "distance": self.distance,
            "minimum_rows": str(self.minimum_rows),
            "minimum_labels": str(self.minimum_labels),
        }


@dataclass(frozen=True)
class Definition:
    """The members AppSpecification, BaselineConfig and JobInput of a job definition."""

    app: dict[str, Any]
    baseline: dict[str, Any]
    input: dict[str, Any] = field(default_factory=dict)


Parts = Callable[[Given], Definition]
