"""How the Monitoring stack follows a release, and what to do when it cannot. Pure."""

from dataclasses import dataclass

from interfaces.monitors import AUTO, MODEL_MONITOR, PROCESSING

UPDATABLE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")
_MODEL_MONITOR_TYPES = ("AWS::SageMaker::MonitoringSchedule", "JobDefinition")


@dataclass(frozen=True)
class Attempt:
    """The last update that was sent: for which generation, with which engine, and whether it was given up."""

    generation: int = 0
    engine: str = ""
    given_up: bool = False


@dataclass(frozen=True)
class Failure:
    """The first resource that failed in the stack's last update."""

    type: str
    reason: str

    @property
    def refused(self) -> bool:
        """Whether it was a resource of Model Monitor: nothing tells ahead whether an account may create one."""
        return self.type.endswith(_MODEL_MONITOR_TYPES)


@dataclass(frozen=True)
class Follow:
    """Update the stack with an engine; ``because`` says why it is not the one that was tried first."""

    engine: str
    because: str = ""


@dataclass(frozen=True)
class GiveUp:
    """Monitoring stays where it is: page once."""

    reason: str


def follow(
    generation: int, setting: str, stack_status: str, engine: str, attempt: Attempt, failure: Failure | None
) -> Follow | GiveUp | None:
    """The next step for a release that Monitoring does not follow yet; None when it was given up and reported.

    ``auto`` tries schedules first, and stays with processing once schedules have been refused.
    """
    tried = attempt.generation == generation
    if tried and attempt.given_up:
        return None
    if stack_status not in UPDATABLE:
        return GiveUp(f"the monitoring stack is {stack_status} and cannot be updated")
    if not tried:
        return Follow(engine if setting == AUTO and engine else MODEL_MONITOR if setting == AUTO else setting)
    reason = f"{failure.type}: {failure.reason}" if failure else "the stack gives no reason"
    if setting == AUTO and attempt.engine == MODEL_MONITOR and failure and failure.refused:
        return Follow(PROCESSING, reason)
    return GiveUp(f"the update with engine {attempt.engine} went back: {reason}")
