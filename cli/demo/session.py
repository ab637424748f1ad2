"""A local AWS with our stacks on it, for as long as a command runs, and boto3 clients that reach it through its door."""

import shutil
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3
from botocore.config import Config

from cli.demo import setup
from cli.errors import RunFailed
from cli.progress import Progress
from cli.target import serving_endpoint
from interfaces.names import Names

STAGE_LIMIT_S = 600.0
POLL_S = 0.05


class Session:
    """Deployed on entry: synthesis and the local AWS start together. ``listen`` hears every event on the bus."""

    def __init__(self, environment: Path, names: Names, progress: Progress, work: Path) -> None:
        self._environment, self._work, self.progress, self.names = environment, work, progress, names
        self._clients: dict[str, Any] = {}
        self._settings: dict[str, str] = {}

    def __enter__(self) -> Self:
        from local_aws.aws import LocalAws
        from local_aws.deploy import deploy

        assembly, analyzer = self._work / "cdk.out", self._work / "steps.pyz"
        with ThreadPoolExecutor(1) as pool:
            self._aws = LocalAws(analyzer=analyzer)
            try:
                synthesis = pool.submit(setup.synthesize, self._environment, assembly)
                self._settings = self._aws.environment()
                self.progress.note("local aws", f"up at {self._aws.url} (no account, no Docker, no network)")
                self._aws.warm()
                self.progress.waiting("synth", "three CloudFormation templates, one pipeline definition, the assets")
                synthesis.result()
                shutil.copyfile(next(assembly.glob("asset.*.pyz")), analyzer)
                self.progress.note("synth", "templates, pipeline definition and assets synthesized")
                deploy(self.client, assembly, lambda line: self.progress.note("deploy", line))
            except BaseException:
                self._aws.close()
                raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._aws.close()

    @cached_property
    def endpoint(self) -> str:
        """The endpoint that serves."""
        return serving_endpoint(self.client, self.names)

    def listen(self, listener: Callable[[dict[str, Any]], None]) -> None:
        self._aws.events.listen(listener)

    def now(self) -> datetime:
        """The local AWS's time, UTC."""
        return self._aws.clock.now()

    def advance(self, delta: timedelta) -> None:
        """Let time pass; everything due on the way happens, each to its end."""
        self._aws.advance(delta)

    def settle(self) -> None:
        """Wait until nothing is under way."""
        self._aws.settle()

    def client(self, service: str) -> Any:
        if service not in self._clients:
            settings = self._settings
            self._clients[service] = boto3.client(
                service,
                endpoint_url=settings["AWS_ENDPOINT_URL"],
                region_name=settings["AWS_REGION"],
                aws_access_key_id=settings["AWS_ACCESS_KEY_ID"],
                aws_secret_access_key=settings["AWS_SECRET_ACCESS_KEY"],
                config=Config(request_checksum_calculation="when_required", response_checksum_validation="when_required"),
            )
        return self._clients[service]

    def bucket(self, role: str) -> str:
        account = self.client("sts").get_caller_identity()["Account"]
        return self.names.bucket(role, account, self._settings["AWS_REGION"])

    def wait(self, stage: str, probe: Callable[[], Any]) -> Any:
        """Poll until the probe has something. Raises RunFailed when a stage takes too long."""
        self.progress.waiting(stage, "under way")
        end = time.monotonic() + STAGE_LIMIT_S
        while True:
            found = probe()
            if found is not None:
                return found
            if time.monotonic() > end:
                raise RunFailed(stage, f"nothing happened for {STAGE_LIMIT_S:g} s")
            time.sleep(POLL_S)
