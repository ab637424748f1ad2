"""The release function in this process, on stacks of the local AWS whose endpoints run no containers: a release takes a moment.

It has its own role's clients. Stacks, registry, state table and endpoint states are the local AWS's own.
"""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from support import NAMES, World

from interfaces.function_env import ANY, ReleaseEnv
from interfaces.names import VARIANT
from lambdas.release.core import Releases
from lambdas.release.ledger import Ledger
from lambdas.release.world import World as Surroundings
from lambdas.shared.notify import notify
from lambdas.shared.table import Table
from local_aws.moto_seam import HttpRequest, HttpResponse, signature
from local_aws.sagemaker.endpoints import service
from local_aws.sagemaker.endpoints.fleet import Fleet
from local_aws.sagemaker.server import Answer, StartFailed

ROLE = NAMES.role("release")
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.9-0-cpu-py3"
GOLDEN = {"rows": [{"x": 1}], "predictions": [{"value": 2.0}]}


class Died(BaseException):
    """The process is gone: nothing of ours catches it."""


class Deaths:
    """Stands before the dispatcher and counts the calls of the release role."""

    def __init__(self, world: World) -> None:
        self._principals, self._handle = world.aws.principals, world.aws.dispatcher.handle
        world.aws.dispatcher.handle = self.handle  # type: ignore[method-assign]
        self.calls = 0
        self.at: tuple[int, str] | None = None

    def handle(self, request: HttpRequest) -> HttpResponse:
        principal = self._principals.of(signature(request.headers)[0])
        if principal is None or principal.role != ROLE:
            return self._handle(request)
        self.calls += 1
        if self.at == (self.calls, "before"):
            raise Died
        answer = self._handle(request)
        if self.at == (self.calls, "after"):
            raise Died
        return answer


class Container:
    """In the place of a server: answers as its artefact says."""

    def __init__(self, value: float) -> None:
        self._value = value

    def invoke(self, *_: object) -> Answer:
        return Answer(200, json.dumps({"predictions": [{"value": self._value}]}).encode(), "application/json", {})

    def close(self) -> None:
        """Nothing runs."""


class Function:
    """The function, started anew for every event."""

    def __init__(self, world: World, deaths: Deaths, engine: str = "auto") -> None:
        self.world, self.deaths = world, deaths
        account = "123456789012"
        deploys = {kind: f"arn:aws:iam::{account}:role/{NAMES.role(f'{kind}-deploy')}" for kind in ("serving", "monitoring")}
        self._env = ReleaseEnv(
            state_table=NAMES.state_table,
            model_package_group=NAMES.model_package_group,
            serving_stack=NAMES.serving_stack,
            monitoring_stack=NAMES.monitoring_stack,
            serving_role_arn=deploys["serving"],
            monitoring_role_arn=deploys["monitoring"],
            endpoint_name=NAMES.endpoint,
            smoke_latency_ms=5000.0,
            topic_arn=f"arn:aws:sns:us-east-1:{account}:{NAMES.notifications_topic}",
            deployment=NAMES.prefix,
            decisions=ANY,
            decisions_table=NAMES.decisions_table,
            monitoring_engine=engine,
        )
        self._client = lambda name: world.aws.clients.role(name, f"arn:aws:iam::{account}:role/{ROLE}", "release")
        self.ledger = Ledger(Table(world.aws.client("dynamodb"), NAMES.state_table))

    def handle(self, event: Callable[[Releases], object]) -> str:
        """Deliver an event until the function has lived through it; the name of the last step."""
        while True:
            ledger = Ledger(Table(self._client("dynamodb"), self._env.state_table))
            tell = partial(notify, self._client("sns"), self._env.topic_arn)
            surroundings, now = Surroundings(self._client, self._env), self.world.aws.clock.now
            releases = Releases(ledger, surroundings, self._env.deployment, tell, lambda _: None, now=now)
            try:
                event(releases)
                return type(releases.converge()).__name__
            except Died:
                self.deaths.at = None

    def settle(self) -> None:
        """Whatever the stacks report is delivered, until nothing is left to do and nothing has moved meanwhile."""
        for _ in range(12):
            self.world.aws.settle()
            before = self._moving()
            step = self.handle(lambda _: None)
            self.world.aws.settle()
            if step in ("Nothing", "GoBack", "Changed") and self._moving() == before:
                return
        raise AssertionError("it did not converge")

    def _moving(self) -> object:
        stacks = (NAMES.serving_stack, NAMES.monitoring_stack)
        return self.ledger.desired(), [self.world.stack(name) for name in stacks]

    def state(self, over: int) -> dict[str, Any]:
        """What must be the same, told from the generation before."""
        desired, attempted = self.ledger.desired()
        assert desired is not None
        stack, endpoint = self.world.stack(NAMES.serving_stack), self.world.endpoint()
        history = [(e.generation - over, e.kind, e.outcome[:12]) for e in self.ledger.history() if e.generation > over]
        serves = int(stack["Generation"])
        return {
            "desired": (desired.generation - over, desired.kind, desired.verified, desired.failed[:12]),
            "history": history,
            "stack": stack["status"],
            "serves": history and next((k for g, k, _ in history if g == serves - over), "before"),
            "endpoint": (endpoint["EndpointStatus"], endpoint["EndpointConfigName"].startswith(f"{NAMES.endpoint_config(serves)}-")),
            "monitored": self.world.stack(NAMES.monitoring_stack)["ModelPackageArn"] == stack["ModelPackageArn"],
            "attempted": attempted - over,
        }


def start(world: World, patch: pytest.MonkeyPatch, engine: str = "auto", keep: str = "") -> Function:
    """The function over a world in which nothing else acts, with one good version in service."""

    def launch(_: Any, models: Any, endpoint: str, config: dict[str, Any]) -> Fleet:
        uri = models.model(config["ProductionVariants"][0]["ModelName"])["_container"].model_data
        if "breaks" in uri:
            raise StartFailed("it does not start")
        return Fleet(config, servers={VARIANT: Container(2.0 if "good" in uri else 3.0)})  # type: ignore[dict-item]

    patch.setattr(service, "launch", launch)
    world.still(keep)  # the function here is the only one that acts
    made = Function(world, Deaths(world), engine)
    release(made, "good")
    return made


def package(world: World, kind: str) -> str:
    """An approved package whose artefact is good, wrong, or breaks."""
    s3, bucket = world.aws.client("s3"), world.buckets["artefacts"]
    for name, body in ((f"{kind}.tar.gz", b"x"), (f"{kind}/evaluate/output/golden.json", json.dumps(GOLDEN).encode())):
        s3.put_object(Bucket=bucket, Key=f"runs/{name}", Body=body)
    s3.put_object(Bucket=bucket, Key=f"runs/{kind}/evaluate/output/evaluation.json", Body=b"{}")
    container = {"Image": IMAGE, "ModelDataUrl": f"s3://{bucket}/runs/{kind}.tar.gz"}
    report = {"ContentType": "application/json", "S3Uri": f"s3://{bucket}/runs/{kind}/evaluate/output/evaluation.json"}
    made = world.aws.client("sagemaker").create_model_package(
        ModelPackageGroupName=NAMES.model_package_group,
        InferenceSpecification={
            "Containers": [container],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
        ModelMetrics={"ModelQuality": {"Statistics": report}},
        ModelApprovalStatus="Approved",
    )
    return str(made["ModelPackageArn"])


def release(function: Function, kind: str) -> None:
    arn = package(function.world, kind)
    function.handle(lambda releases: releases.note(arn))
    function.settle()


def roll_back(function: Function, _: str) -> None:
    request = f"r{function.ledger.desired()}"
    function.handle(lambda releases: releases.roll_back(request, "", "somebody", "it is bad"))
    function.settle()
