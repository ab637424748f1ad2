"""What to do about desired and actual. Pure: the handler reads the world, this says the next step.

Desired is the last release decision: a package and its generation, which counts decisions in their order.
Actual is what the Serving stack was last told, its state, and what the endpoint runs.
"""

import json
from dataclasses import dataclass

from interfaces.decisions import APPROVE, Record

IN_PROGRESS = "_IN_PROGRESS"
UPDATABLE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")

# D1: a parameter reset by mistake must not remove what serves
STACK_POLICY = json.dumps(
    {
        "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "Update:*", "Resource": "*"},
            {"Effect": "Deny", "Principal": "*", "Action": ["Update:Replace", "Update:Delete"], "Resource": "LogicalResourceId/Endpoint"},
        ]
    }
)


@dataclass(frozen=True)
class Decision:
    """The last release decision. ``failed`` is set once it is known not to have succeeded."""

    package: str
    generation: int
    failed: str = ""


@dataclass(frozen=True)
class Serving:
    """The Serving stack and the endpoint. Empty strings where there is nothing yet."""

    stack_status: str
    package: str
    generation: int
    endpoint_status: str = ""
    endpoint_config: str = ""
    reason: str = ""


@dataclass(frozen=True)
class Monitored:
    """The Monitoring stack."""

    stack_status: str
    package: str


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
class UpdateMonitoring:
    package: str


@dataclass(frozen=True)
class Fail:
    """The release did not succeed: record it and page."""

    generation: int
    reason: str


Step = Nothing | UpdateServing | UpdateMonitoring | Fail


def next_step(desired: Decision | None, serving: Serving, monitored: Monitored, config_prefix: str) -> Step:
    """The one step that brings actual closer to desired."""
    if desired is None:
        return Nothing("nothing has been approved")
    if serving.stack_status.endswith(IN_PROGRESS):
        return Nothing(f"the serving stack is {serving.stack_status}; its end brings the next event")
    if desired.failed:
        return Nothing(f"release {desired.generation} failed and was reported: {desired.failed}")
    if serving.stack_status not in UPDATABLE:
        return Fail(desired.generation, f"the serving stack is {serving.stack_status} and cannot be updated")
    if (serving.package, serving.generation) != (desired.package, desired.generation):
        return UpdateServing(desired.package, desired.generation)
    wanted = f"{config_prefix}{desired.generation}"
    if serving.endpoint_status != "InService" or serving.endpoint_config != wanted:
        state = f"{serving.endpoint_status or 'absent'} on {serving.endpoint_config or 'no config'}"
        return Fail(desired.generation, f"the endpoint is {state}, expected InService on {wanted}")
    if monitored.package != desired.package and not monitored.stack_status.endswith(IN_PROGRESS):
        return UpdateMonitoring(desired.package)
    return Nothing(f"generation {desired.generation} serves")


def rolled_back(step: Step, serving: Serving, last_attempt: int) -> Step:
    """An update that was already sent and is not what the stack has was rolled back: that is a failure, not a reason to send it again."""
    if isinstance(step, UpdateServing) and last_attempt >= step.generation:
        return Fail(step.generation, f"the serving stack went back ({serving.stack_status}): {serving.reason or 'no reason given'}")
    return step


def new_decision(status: str, description: str, seen_status: str, seen_description: str) -> bool:
    """Whether an approval is new: the package was not approved when last seen, or is approved anew with other words."""
    return status == "Approved" and (seen_status != "Approved" or description != seen_description)


def held(record: Record | None, used: str) -> str:
    """Why an approval is not released where a recorded decision is asked for; empty if it may be.

    ``record`` is the newest decision of an authenticated caller on the package, ``used`` the id of the one that its last
    release went by: a decision releases once, so a status set anew by anybody else cannot lean on an old one.
    """
    if record is None:
        return "no authenticated caller has decided on it"
    if record.decision != APPROVE:
        return f"{record.caller} decided to {record.decision} it on {record.recorded_at}: {record.reason}"
    if record.id == used:
        return f"the decision of {record.caller} on {record.recorded_at} was released before"
    return ""
