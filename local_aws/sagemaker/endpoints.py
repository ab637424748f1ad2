"""Endpoints: create, update with rollback, delete; and what answers InvokeEndpoint."""

import random
import threading
from dataclasses import dataclass, field
from typing import Any

from local_aws.dispatcher import Call, operation
from local_aws.errors import AwsError, Unsupported, validation
from local_aws.sagemaker.capture import Capture
from local_aws.sagemaker.jobs import World
from local_aws.sagemaker.models import Models
from local_aws.sagemaker.names import arn, ordered, page
from local_aws.sagemaker.server import Server, StartFailed

BUSY = ("Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting")


@dataclass
class Fleet:
    """The running containers of one endpoint config, with their weights and captures, by variant."""

    config: dict[str, Any]
    servers: dict[str, Server] = field(default_factory=dict)
    captures: dict[str, Capture] = field(default_factory=dict)

    def close(self) -> None:
        for capture in self.captures.values():
            capture.flush()
        for server in self.servers.values():
            server.close()


@dataclass
class Endpoint:
    """An endpoint: its state and the fleet that serves."""

    name: str
    status: str
    config_name: str
    created: Any
    modified: Any
    fleet: Fleet | None = None
    failure: str | None = None
    settled: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Endpoints:
    """Endpoint operations. The runtime's InvokeEndpoint is in runtime.py."""

    def __init__(self, world: World, models: Models) -> None:
        self._world, self._models = world, models
        self._endpoints: dict[str, Endpoint] = {}
        self._random = random.Random(0)  # noqa: S311 - routing by weight

    def close(self) -> None:
        for endpoint in self._endpoints.values():
            if endpoint.fleet:
                endpoint.fleet.close()

    @operation("sagemaker", "CreateEndpoint")
    def create(self, call: Call) -> dict[str, Any]:
        name = call.params["EndpointName"]
        if name in self._endpoints:
            raise validation(f'Cannot create already existing endpoint "{arn("endpoint", name)}".')
        _refuse(call.params)
        config = self._models.config(call.params["EndpointConfigName"])
        now = self._world.clock.now()
        endpoint = self._endpoints[name] = Endpoint(name, "Creating", config["EndpointConfigName"], now, now)
        self._emit(endpoint)
        self._world.background.submit(lambda: self._start(endpoint, config))
        return {"EndpointArn": arn("endpoint", name)}

    @operation("sagemaker", "UpdateEndpoint")
    def update(self, call: Call) -> dict[str, Any]:
        endpoint = self.endpoint(call.params["EndpointName"])
        _refuse(call.params)
        config = self._models.config(call.params["EndpointConfigName"])
        with endpoint.lock:
            if endpoint.status in BUSY:
                raise validation(f'Cannot update in-progress endpoint "{arn("endpoint", endpoint.name)}".')
            endpoint.status = "Updating"
            endpoint.settled.clear()
        self._emit(endpoint)
        self._world.background.submit(lambda: self._replace(endpoint, config))
        return {"EndpointArn": arn("endpoint", endpoint.name)}

    @operation("sagemaker", "DeleteEndpoint")
    def delete(self, call: Call) -> None:
        endpoint = self.endpoint(call.params["EndpointName"])
        with endpoint.lock:
            if endpoint.status in ("Creating", "Updating", "RollingBack"):
                raise validation(f'Cannot update in-progress endpoint "{arn("endpoint", endpoint.name)}".')
            endpoint.status = "Deleting"
        self._emit(endpoint)
        if endpoint.fleet:
            endpoint.fleet.close()
        del self._endpoints[endpoint.name]

    @operation("sagemaker", "DescribeEndpoint")
    def describe(self, call: Call) -> dict[str, Any]:
        endpoint = self.endpoint(call.params["EndpointName"])
        out: dict[str, Any] = {
            "EndpointName": endpoint.name,
            "EndpointArn": arn("endpoint", endpoint.name),
            "EndpointConfigName": endpoint.config_name,
            "EndpointStatus": endpoint.status,
            "CreationTime": endpoint.created,
            "LastModifiedTime": endpoint.modified,
        }
        if endpoint.failure:
            out["FailureReason"] = endpoint.failure
        if endpoint.fleet:
            out["ProductionVariants"] = [_variant(v) for v in endpoint.fleet.config["ProductionVariants"]]
            capture = endpoint.fleet.config.get("DataCaptureConfig")
            if capture:
                out["DataCaptureConfig"] = {
                    "EnableCapture": capture.get("EnableCapture", False),
                    "CaptureStatus": "Started" if capture.get("EnableCapture") else "Stopped",
                    "CurrentSamplingPercentage": capture["InitialSamplingPercentage"],
                    "DestinationS3Uri": capture["DestinationS3Uri"],
                    "KmsKeyId": capture.get("KmsKeyId", ""),
                }
        return out

    @operation("sagemaker", "ListEndpoints")
    def list(self, call: Call) -> dict[str, Any]:
        found = [
            {
                "EndpointName": e.name,
                "EndpointArn": arn("endpoint", e.name),
                "CreationTime": e.created,
                "LastModifiedTime": e.modified,
                "EndpointStatus": e.status,
            }
            for e in self._endpoints.values()
            if call.params.get("NameContains", "") in e.name
        ]
        return page(ordered(found, call.params, lambda e: e["CreationTime"]), call.params, "Endpoints")

    def endpoint(self, name: str) -> Endpoint:
        """Raises AwsError."""
        if name not in self._endpoints:
            raise validation(f'Could not find endpoint "{arn("endpoint", name)}".')
        return self._endpoints[name]

    def find(self, name: str) -> Endpoint | None:
        return self._endpoints.get(name)

    def pick(self, endpoint: Endpoint, variant: str | None) -> str:
        """A variant by its weight, or the named one. Raises AwsError."""
        if endpoint.fleet is None:
            raise refused(f"Endpoint {endpoint.name} of account is not in service.")
        variants = endpoint.fleet.config["ProductionVariants"]
        if variant is None:
            weights = [v.get("InitialVariantWeight", 1) for v in variants]
            return str(self._random.choices(variants, weights)[0]["VariantName"])
        if variant not in endpoint.fleet.servers:
            raise refused(f"Variant {variant} was not found for endpoint {endpoint.name}.")
        return variant

    # the life of an endpoint

    def _start(self, endpoint: Endpoint, config: dict[str, Any]) -> None:
        try:
            endpoint.fleet = self._launch(endpoint.name, config)
        except StartFailed as error:
            endpoint.failure = str(error)
            self._settle(endpoint, "Failed")
        else:
            self._settle(endpoint, "InService")

    def _replace(self, endpoint: Endpoint, config: dict[str, Any]) -> None:
        """Blue/green, all at once: the old fleet serves until the new one is healthy, and goes on if it is not."""
        try:
            fleet = self._launch(endpoint.name, config)
        except StartFailed as error:
            endpoint.failure = str(error)
            endpoint.status = "RollingBack"
            self._emit(endpoint)
            self._settle(endpoint, "InService" if endpoint.fleet else "Failed")
            return
        old, endpoint.fleet = endpoint.fleet, fleet
        endpoint.config_name, endpoint.failure = config["EndpointConfigName"], None
        self._settle(endpoint, "InService")
        if old:
            old.close()

    def _launch(self, name: str, config: dict[str, Any]) -> Fleet:
        fleet = Fleet(config)
        capture = config.get("DataCaptureConfig", {})
        try:
            for variant in config["ProductionVariants"]:
                model = self._models.model(variant["ModelName"])
                role = model["ExecutionRoleArn"]
                label = variant["VariantName"]
                isolated = model.get("EnableNetworkIsolation", False)
                fleet.servers[label] = Server(self._world, model["_container"], role, name, label, isolated=isolated)
                if capture.get("EnableCapture"):
                    fleet.captures[label] = Capture(
                        capture, name, label, self._world.clients.role("s3", role, name[:64]), self._world.clock
                    )
        except AwsError as error:
            fleet.close()
            raise StartFailed(error.message) from None
        except StartFailed:
            fleet.close()
            raise
        return fleet

    def _settle(self, endpoint: Endpoint, status: str) -> None:
        endpoint.status, endpoint.modified = status, self._world.clock.now()
        endpoint.settled.set()
        self._emit(endpoint)

    def _emit(self, endpoint: Endpoint) -> None:
        """SageMaker Endpoint State Change, as documented: the status in capitals."""
        detail: dict[str, Any] = {
            "EndpointName": endpoint.name,
            "EndpointArn": arn("endpoint", endpoint.name),
            "EndpointConfigName": endpoint.config_name,
            "EndpointStatus": {"InService": "IN_SERVICE", "RollingBack": "ROLLING_BACK"}.get(endpoint.status, endpoint.status.upper()),
            "CreationTime": int(endpoint.created.timestamp() * 1000),
            "LastModifiedTime": int(self._world.clock.timestamp() * 1000),
            "Tags": {},
        }
        if endpoint.failure:
            detail["FailureReason"] = endpoint.failure
        self._world.events.emit("aws.sagemaker", "SageMaker Endpoint State Change", detail, [arn("endpoint", endpoint.name)])


def refused(message: str) -> AwsError:
    """What the runtime answers to a request that it cannot serve: its model says ValidationError."""
    return AwsError("ValidationError", message)


def _refuse(params: dict[str, Any]) -> None:
    if params.get("DeploymentConfig"):
        raise Unsupported("endpoints with DeploymentConfig: an update is all at once")


def _variant(variant: dict[str, Any]) -> dict[str, Any]:
    weight, count = variant.get("InitialVariantWeight", 1.0), variant.get("InitialInstanceCount", 1)
    return {
        "VariantName": variant["VariantName"],
        "CurrentWeight": weight,
        "DesiredWeight": weight,
        "CurrentInstanceCount": count,
        "DesiredInstanceCount": count,
    }
