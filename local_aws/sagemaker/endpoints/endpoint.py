"""An endpoint: its state, the fleets that serve, and how requests are routed to them."""

import random
import threading
from dataclasses import dataclass, field
from typing import Any

from local_aws.errors import AwsError
from local_aws.sagemaker.endpoints.fleet import Fleet, serverless
from local_aws.sagemaker.names import arn

BUSY = ("Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting")


@dataclass
class Endpoint:
    """``fleet`` runs the endpoint's config; ``green``, while a deployment goes on, the new one with its share of the traffic."""

    name: str
    status: str
    config_name: str
    created: Any
    modified: Any
    fleet: Fleet | None = None
    green: Fleet | None = None
    share: float = 0.0
    pending: dict[str, Any] | None = None  # PendingDeploymentSummary
    deployment: dict[str, Any] | None = None  # LastDeploymentConfig
    failure: str | None = None
    desired: dict[str, dict[str, Any]] = field(default_factory=dict)  # weights and counts that were set after the config
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._draw = random.Random(self.name)  # noqa: S311 - routing, not secrets; the same requests are routed the same way in every run

    def route(self, variant: str | None) -> tuple[Fleet, str]:
        """A fleet by its share of the traffic, and in it a variant by its weight, or the named one. Raises AwsError."""
        fleet, green = self.fleet, self.green
        if fleet is None:
            raise refused(f"Endpoint {self.name} of account is not in service.")
        if green is not None and self._draw.random() < self.share:
            fleet = green
        if variant is None:
            weights = [self.weight(v) for v in fleet.variants]
            return fleet, str(self._draw.choices(fleet.variants, weights)[0]["VariantName"])
        if variant not in fleet.servers:
            raise refused(f"Variant {variant} was not found for endpoint {self.name}.")
        return fleet, variant

    def weight(self, variant: dict[str, Any]) -> float:
        set_later = self.desired.get(variant["VariantName"], {})
        return float(set_later.get("DesiredWeight", variant.get("InitialVariantWeight", 1.0)))

    def describe(self) -> dict[str, Any]:
        """As DescribeEndpoint answers."""
        out: dict[str, Any] = {
            "EndpointName": self.name,
            "EndpointArn": arn("endpoint", self.name),
            "EndpointConfigName": self.config_name,
            "EndpointStatus": self.status,
            "CreationTime": self.created,
            "LastModifiedTime": self.modified,
        }
        optional = {"FailureReason": self.failure, "PendingDeploymentSummary": self.pending, "LastDeploymentConfig": self.deployment}
        out |= {k: v for k, v in optional.items() if v}
        if self.fleet:
            out["ProductionVariants"] = [self._variant(v) for v in self.fleet.variants]
            capture = self.fleet.config.get("DataCaptureConfig")
            if capture:
                out["DataCaptureConfig"] = {
                    "EnableCapture": capture.get("EnableCapture", False),
                    "CaptureStatus": "Started" if capture.get("EnableCapture") else "Stopped",
                    "CurrentSamplingPercentage": capture["InitialSamplingPercentage"],
                    "DestinationS3Uri": capture["DestinationS3Uri"],
                    "KmsKeyId": capture.get("KmsKeyId", ""),
                }
        return out

    def _variant(self, variant: dict[str, Any]) -> dict[str, Any]:
        weight = self.weight(variant)
        out = {"VariantName": variant["VariantName"], "CurrentWeight": weight, "DesiredWeight": weight}
        if serverless(variant):
            return {**out, "CurrentServerlessConfig": variant["ServerlessConfig"]}
        count = self.desired.get(variant["VariantName"], {}).get("DesiredInstanceCount", variant.get("InitialInstanceCount", 1))
        return {**out, "CurrentInstanceCount": count, "DesiredInstanceCount": count}


def refused(message: str) -> AwsError:
    """What the runtime answers to a request that it cannot serve: its model says ValidationError."""
    return AwsError("ValidationError", message)
