"""How a model is served and released; what AWS does not offer is refused here, with the reason and the nearest allowed choice.

Reasons are those of the SageMaker documentation (deployment guardrails and their exclusions, serverless inference's
feature exclusions, CreateEndpointConfig); docs/releases.md lists them.
"""

import math
import re
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, model_validator

from infra.section import Count, Section

NotNegative = Annotated[int, Field(ge=0)]
Hosting = Literal["real-time", "serverless"]

MOST_BAKE_MINUTES = 60  # WaitIntervalInSeconds: at most 3,600
LONGEST_MINUTES = 480  # MaximumExecutionTimeoutInSeconds: at most 28,800
SHORTEST_MINUTES = 10  # and at least 600
START_MINUTES = 20  # what a fleet may take to start
# the share of the fleet that one step may move, in percent
STEP_PERCENT = {"canary": (1, 50), "linear": (10, 50), "rolling": (5, 50)}
# families with storage on the instance, where SageMaker takes no KmsKeyId for the volume
LOCAL_STORAGE = re.compile(r"ml\.([a-z]+\d+[a-z]*d[a-z]*|g4dn|g5|g6|g6e|p4d|p4de|p5|p5e|p5en|trn1|trn1n|trn2|dl1)\.")


class Serving(Section):
    """The endpoint. Capture is in percent of requests; targets are invocations per instance and minute.

    ``capture_by`` is who writes captured requests: the endpoint, by SageMaker's data capture, or on serverless hosting the container.

    ``strategy`` moves traffic to a new version in steps of ``step_percent``, each watched for ``bake_minutes``; more than
    ``guardrail_error_percent`` of failed requests or an average latency above ``guardrail_latency_ms`` brings the old version back.
    ``keep`` is a hosting kind that stays up beside ``hosting`` while clients move (docs/releases.md).
    """

    hosting: Hosting = "real-time"
    keep: Literal["", "real-time", "serverless"] = ""
    instance_type: Annotated[str, Field(pattern=r"^ml\.[a-z0-9-]+\.[a-z0-9]+$")] = "ml.m5.large"
    instances: Count = 1
    max_instances: Count = 2
    target_invocations: Count = 1000
    encrypt_volume: bool = False
    memory_mb: Count = 2048
    max_concurrency: Count = 20
    capture_percent: Annotated[int, Field(ge=0, le=100)] = 100
    capture_by: Literal["endpoint", "container"] = "endpoint"
    strategy: Literal["all-at-once", "canary", "linear", "rolling"] = "all-at-once"
    step_percent: Count = 50
    bake_minutes: NotNegative = 0
    termination_wait_minutes: NotNegative = 0
    guardrail_error_percent: Annotated[float, Field(gt=0, le=100)] = 5.0
    guardrail_latency_ms: Count = 1000
    smoke_latency_ms: Count = 5000

    @model_validator(mode="after")
    def _offered(self) -> "Serving":
        faults = list(refusals(self))
        if faults:
            raise ValueError("; ".join(faults))
        return self

    @property
    def kinds(self) -> tuple[str, ...]:
        """The hosting kinds that are up: the one that serves, and one that is kept while clients move."""
        return (self.hosting, *([self.keep] if self.keep else []))

    @property
    def steps(self) -> int:
        """How often traffic moves."""
        return {"all-at-once": 1, "canary": 2}.get(self.strategy, math.ceil(100 / self.step_percent))

    @property
    def deployment_minutes(self) -> int:
        """The limit of a whole deployment: its waits, and time for fleets to start."""
        return max(SHORTEST_MINUTES, self.steps * self.bake_minutes + self.termination_wait_minutes + START_MINUTES)


def refusals(serving: Serving) -> Iterator[str]:
    """What AWS does not offer: each with what was found, why, and the nearest allowed choice."""
    if serving.max_instances < serving.instances:
        yield f"max_instances ({serving.max_instances}) is below instances ({serving.instances}); nearest: {serving.instances}"
    if serving.keep == serving.hosting:
        yield f'keep: found "{serving.keep}", which is what hosting is; nearest: keep = "" once clients have moved'
    if "serverless" in serving.kinds:
        yield from _serverless(serving)
    if serving.hosting == "real-time" and serving.capture_by == "container":
        yield (
            'capture_by: found "container" on real-time hosting, whose containers are isolated from the network and reach no S3; '
            'nearest: capture_by = "endpoint"'
        )
    if "real-time" in serving.kinds:
        yield from _steps(serving)
        yield from _waits(serving)
        if serving.encrypt_volume and LOCAL_STORAGE.match(serving.instance_type):
            yield (
                f"encrypt_volume: {serving.instance_type} keeps its volume on local storage, which takes no key (it is encrypted by the "
                "hardware); nearest: encrypt_volume = false, or an instance type without local storage such as ml.m5.large"
            )


def _serverless(serving: Serving) -> Iterator[str]:
    if serving.memory_mb % 1024 or not 1024 <= serving.memory_mb <= 6144:
        nearest = min(range(1024, 6145, 1024), key=lambda size: abs(size - serving.memory_mb))
        yield f"memory_mb: found {serving.memory_mb}; serverless offers 1024 to 6144 in steps of 1024; nearest: {nearest}"
    if serving.max_concurrency > 200:
        yield f"max_concurrency: found {serving.max_concurrency}; a serverless endpoint has at most 200; nearest: 200"
    if serving.hosting != "serverless":
        return
    if serving.capture_percent and serving.capture_by == "endpoint":
        yield (
            f"capture_percent: found {serving.capture_percent}; serverless endpoints capture no data; nearest: "
            'capture_by = "container", by which the model\'s own handlers write it, or capture_percent = 0, or hosting = "real-time"'
        )
    if serving.strategy != "all-at-once" or serving.bake_minutes:
        yield (
            f'strategy: found "{serving.strategy}" with bake_minutes = {serving.bake_minutes}; deployment guardrails are for real-time '
            'and asynchronous endpoints; nearest: strategy = "all-at-once" with bake_minutes = 0'
        )


def _steps(serving: Serving) -> Iterator[str]:
    if serving.strategy == "all-at-once":
        return
    least, most = STEP_PERCENT[serving.strategy]
    if serving.instances < 2:
        yield (
            f'strategy: found "{serving.strategy}" with {serving.instances} instance; one instance has no part that could take '
            'traffic on its own; nearest: instances = 2, or strategy = "all-at-once"'
        )
        return
    least = max(least, math.ceil(100 / serving.instances))
    if not least <= serving.step_percent <= most:
        nearest = min(max(serving.step_percent, least), most)
        yield (
            f"step_percent: found {serving.step_percent}; a {serving.strategy} step of {serving.instances} instances is at least one "
            f"instance and at most half of them, {least} to {most}; nearest: {nearest}"
        )
    if not serving.bake_minutes:
        yield f"bake_minutes: found 0; without a baking period no alarm is looked at between {serving.strategy} steps; nearest: 1"


def _waits(serving: Serving) -> Iterator[str]:
    for name in ("bake_minutes", "termination_wait_minutes"):
        if getattr(serving, name) > MOST_BAKE_MINUTES:
            yield f"{name}: found {getattr(serving, name)}; a wait is at most an hour; nearest: {MOST_BAKE_MINUTES}"
    if serving.deployment_minutes > LONGEST_MINUTES:
        waits = LONGEST_MINUTES - START_MINUTES - serving.termination_wait_minutes
        yield (
            f"bake_minutes: found {serving.bake_minutes}; {serving.steps} steps and {START_MINUTES} minutes for fleets to start take "
            f"{serving.deployment_minutes} minutes, and a deployment may take {LONGEST_MINUTES}; nearest: {waits // serving.steps}"
        )


def change_refusals(serving: Serving, scaled_on: str) -> Iterator[str]:
    """What AWS does not offer from what is deployed: ``scaled_on`` is the type on which the endpoint scales by itself, if it does."""
    if "real-time" in serving.kinds and scaled_on and scaled_on != serving.instance_type:
        yield (
            f"serving.instance_type: found {serving.instance_type}; the endpoint scales by itself on {scaled_on}, and SageMaker refuses an "
            f"update that changes the type then; nearest: {scaled_on}. To change it, deploy once with max_instances = instances and the "
            "old type, which ends the scaling, then with the new type, then scale again"
        )
