"""The running containers of one endpoint config, with their captures and, on serverless, their limits."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from local_aws.errors import AwsError
from local_aws.sagemaker.capture import Capture
from local_aws.sagemaker.jobs import World
from local_aws.sagemaker.models import Models
from local_aws.sagemaker.server import Server, StartFailed


class FleetClosed(Exception):
    """The fleet was taken out of service after the request had been routed to it: route it again."""


@dataclass
class Fleet:
    """By variant: servers, captures, and how many requests a serverless one may have at a time."""

    config: dict[str, Any]
    role: str = ""  # the execution role of its models
    servers: dict[str, Server] = field(default_factory=dict)
    captures: dict[str, Capture] = field(default_factory=dict)
    closed: bool = False
    _running: dict[str, int] = field(default_factory=dict)
    _idle: threading.Condition = field(default_factory=threading.Condition)

    @property
    def name(self) -> str:
        return str(self.config["EndpointConfigName"])

    @property
    def variants(self) -> list[dict[str, Any]]:
        return list(self.config["ProductionVariants"])

    @contextmanager
    def request(self, variant: str) -> Iterator[Server]:
        """The server for one request. Raises AwsError where a serverless variant is at its limit, FleetClosed."""
        limit = next(
            (v["ServerlessConfig"]["MaxConcurrency"] for v in self.variants if v["VariantName"] == variant and serverless(v)), None
        )
        with self._idle:
            if self.closed:
                raise FleetClosed
            running = self._running.get(variant, 0)
            if limit is not None and running >= limit:
                # no words of AWS's own are documented: clients see the code and HTTP 400
                raise AwsError("ThrottlingException", f"{running} requests are under way; MaxConcurrency is {limit}")
            self._running[variant] = running + 1
        try:
            yield self.servers[variant]
        finally:
            with self._idle:
                self._running[variant] -= 1
                self._idle.notify_all()

    def _limit(self, variant: str) -> int | None:
        """MaxConcurrency of a serverless variant."""
        found = next(v for v in self.variants if v["VariantName"] == variant)
        return int(found["ServerlessConfig"]["MaxConcurrency"]) if serverless(found) else None

    def close(self, drain_s: float = 0.0) -> None:
        """Let requests under way end, for so long; then stop, and write what was captured."""
        with self._idle:
            self.closed = True
            self._idle.wait_for(lambda: not any(self._running.values()), drain_s)
        for server in self.servers.values():
            server.close()
        for capture in self.captures.values():
            capture.flush()


def serverless(variant: dict[str, Any]) -> bool:
    return "ServerlessConfig" in variant


def launch(world: World, models: Models, endpoint: str, config: dict[str, Any]) -> Fleet:
    """Start every variant of a config. Raises StartFailed, with nothing left running."""
    fleet = Fleet(config)
    capture = config.get("DataCaptureConfig", {})
    try:
        for variant in config["ProductionVariants"]:
            model = models.model(variant["ModelName"])
            role, label = model["ExecutionRoleArn"], variant["VariantName"]
            fleet.role = role
            isolated = model.get("EnableNetworkIsolation", False)
            fleet.servers[label] = Server(world, model["_container"], role, endpoint, label, isolated=isolated)
            if capture.get("EnableCapture"):
                s3 = world.clients.role("s3", role, endpoint[:64])
                fleet.captures[label] = Capture(capture, endpoint, label, s3, world.clock)
    except AwsError as error:
        fleet.close()
        raise StartFailed(error.message) from None
    except StartFailed:
        fleet.close()
        raise
    return fleet
