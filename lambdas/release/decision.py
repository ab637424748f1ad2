"""What to do about desired and actual. Pure: the core reads the world, this says the next step.

Desired is the last release decision: a package and its generation, which counts decisions in their order.
Actual is what the Serving stack was last told, its state, and what the endpoint runs.
"""

import json
from dataclasses import dataclass

IN_PROGRESS = "_IN_PROGRESS"
UPDATABLE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")
# A scaled endpoint is Updating, or RollingBack when that fails; a maintained one is SystemUpdating. It serves, and takes no update
# (docs: API_DescribeEndpoint, EndpointStatus)
SETTLING = ("Updating", "SystemUpdating", "RollingBack")
APPROVAL, ROLLBACK, AUTOMATIC = "approval", "rollback", "automatic"  # what a decision came from

# D1: a parameter reset by mistake must not remove what serves
_ENDPOINTS = ["LogicalResourceId/Endpoint", "LogicalResourceId/ServerlessEndpoint"]
STACK_POLICY = json.dumps(
    {
        "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "Update:*", "Resource": "*"},
            {"Effect": "Deny", "Principal": "*", "Action": ["Update:Replace", "Update:Delete"], "Resource": _ENDPOINTS},
        ]
    }
)


@dataclass(frozen=True)
class Decision:
    """The last release decision, made at ``at``. ``verified`` once it serves and answers as it should; ``failed`` once it is known
    not to have succeeded."""

    package: str
    generation: int
    failed: str = ""
    kind: str = APPROVAL
    at: str = ""
    verified: bool = False


@dataclass(frozen=True)
class Serving:
    """The Serving stack and the endpoint. Empty strings where there is nothing yet.

    ``wanted_config`` is the endpoint config that the stack holds, ``endpoint_config`` the one that the endpoint runs.
    """

    stack_status: str
    package: str
    generation: int
    endpoint_status: str = ""
    endpoint_config: str = ""
    wanted_config: str = ""
    reason: str = ""

    @property
    def settling(self) -> bool:
        """Whether the endpoint runs the right config and takes no update just now: it is scaled, or AWS maintains it."""
        return self.endpoint_status in SETTLING and bool(self.wanted_config) and self.endpoint_config == self.wanted_config

    @property
    def off(self) -> str:
        """How the endpoint differs from what the stack holds; empty if it does not."""
        if self.settling or (self.endpoint_status, self.endpoint_config) == ("InService", self.wanted_config):
            return ""
        found = f"{self.endpoint_status or 'absent'} on {self.endpoint_config or 'no config'}"
        return f"the endpoint is {found}, expected InService on {self.wanted_config or 'a config of the stack'}"


@dataclass(frozen=True)
class Monitored:
    """The Monitoring stack."""

    stack_status: str
    package: str
    engine: str = ""


@dataclass(frozen=True)
class Nothing:
    """All is as it should be, or an update is under way whose end will bring another event."""

    why: str


@dataclass(frozen=True)
class UpdateServing:
    package: str
    generation: int

    @property
    def token(self) -> str:
        """ClientRequestToken: the same decision sent twice is one update."""
        return f"release-{self.generation}"


@dataclass(frozen=True)
class SmokeTest:
    """The new version is in service: see that it answers as it did in training."""

    package: str
    generation: int


@dataclass(frozen=True)
class UpdateMonitoring:
    package: str


@dataclass(frozen=True)
class Fail:
    """The release did not succeed: record it and page."""

    generation: int
    reason: str


@dataclass(frozen=True)
class GoBack:
    """A version that failed is what the stack holds: return to the last good one."""

    generation: int
    reason: str


@dataclass(frozen=True)
class Stuck:
    """The stack cannot be updated until a person has continued its rollback: report it once."""

    status: str


@dataclass(frozen=True)
class Changed:
    """The endpoint was good and is not what was released: somebody changed it by hand. Report it once."""

    generation: int
    reason: str


Step = Nothing | UpdateServing | SmokeTest | UpdateMonitoring | Fail | GoBack | Stuck | Changed


def next_step(desired: Decision | None, serving: Serving, monitored: Monitored) -> Step:
    """The one step that brings actual closer to desired."""
    if desired is None:
        return Nothing("nothing has been approved")
    if serving.stack_status.endswith(IN_PROGRESS):
        return Nothing(f"the serving stack is {serving.stack_status}; its end brings the next event")
    if serving.stack_status not in UPDATABLE:
        return Stuck(serving.stack_status)
    if serving.settling:
        return Nothing(f"settling: the endpoint is {serving.endpoint_status} on its config; the reconciler looks again")
    holds = (serving.package, serving.generation) == (desired.package, desired.generation)
    if desired.failed:
        if holds and desired.kind != AUTOMATIC:
            return GoBack(desired.generation, desired.failed)
        return Nothing(f"release {desired.generation} failed and was reported: {desired.failed}")
    if not holds:
        return UpdateServing(desired.package, desired.generation)
    if serving.off:
        return Changed(desired.generation, serving.off) if desired.verified else Fail(desired.generation, serving.off)
    if not desired.verified:
        return SmokeTest(desired.package, desired.generation)
    if monitored.package != desired.package and not monitored.stack_status.endswith(IN_PROGRESS):
        return UpdateMonitoring(desired.package)
    return Nothing(f"generation {desired.generation} serves")


def rolled_back(step: Step, serving: Serving, last_attempt: int) -> Step:
    """An update that was already sent and is not what the stack has was rolled back: that is a failure, not a reason to send it again."""
    if isinstance(step, UpdateServing) and last_attempt >= step.generation:
        return Fail(step.generation, f"the serving stack went back ({serving.stack_status}): {serving.reason or 'no reason given'}")
    return step


def superseded(approved_at: str, desired: Decision | None) -> bool:
    """Whether an approval is older than the decision that stands: order is that of decisions, not of their events.

    So an approval from before a rollback cannot undo it, however late it is delivered.
    """
    return desired is not None and approved_at < desired.at
