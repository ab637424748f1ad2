"""Releases, level-triggered: note what has been decided, compare desired with actual, take steps until none is left to take.

Every step may be interrupted and taken again: what it writes is conditional, what it sends carries a token.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

from interfaces.evidence import digest
from interfaces.monitors import AUTO
from lambdas.release import decision as d
from lambdas.release.approval import APPROVED, new_decision
from lambdas.release.history import NoGoodVersion, last_good, returns, target, unwanted, version
from lambdas.release.ledger import Ledger, Note
from lambdas.release.monitors import Attempt, Failure, Follow, GiveUp, follow
from lambdas.release.package import Package

MOST_STEPS = 8
MOST_RETURNS = 3  # automatic returns one after the other; then it is for a person
WITHDRAWN = "withdrawn: "
RUNBOOKS = "docs/runbooks"


class Surroundings(Protocol):
    """What a release needs of CloudFormation and SageMaker; see World."""

    def serving(self) -> d.Serving: ...
    def monitored(self) -> d.Monitored: ...
    def cause(self, status_reason: str) -> str: ...
    def update_serving(self, step: d.UpdateServing) -> bool: ...
    def update_monitoring(self, step: d.UpdateMonitoring, generation: int, engine: str) -> bool: ...
    def monitoring_failure(self) -> Failure | None: ...
    def smoke_test(self, step: d.SmokeTest) -> str | None: ...
    def packages(self) -> list[Package]: ...
    def find(self, arn: str) -> Package | None: ...


Tell = Callable[[str, str], None]
Count = Callable[[str], None]
Vouch = Callable[[Package], tuple[str, str]]


def anybody(_: Package) -> tuple[str, str]:
    """Whoever may set a package's status may release it."""
    return "", ""


class Releases:
    """``deployment`` is PROJECT-ENVIRONMENT; ``tell`` sends people a subject and a text, ``count`` counts a metric.

    ``vouch`` answers for the approval of a package: why it is held, and the recorded decision that it is released by.
    ``engine`` is what the environment says of monitoring.
    """

    def __init__(
        self,
        ledger: Ledger,
        world: Surroundings,
        deployment: str,
        tell: Tell,
        count: Count,
        vouch: Vouch = anybody,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        engine: str = AUTO,
    ) -> None:
        self._engine = engine
        self._ledger, self._world, self._deployment = ledger, world, deployment
        self._tell, self._count, self._vouch, self._now = tell, count, vouch, now

    def note(self, arn: str) -> None:
        """A newly approved package becomes the desired one. What counts is the package's state now, not the event."""
        if package := self._world.find(arn):
            self._note(package)

    def reconcile(self) -> None:
        """Make up for events that were lost, and for a return to the last good version that did not succeed."""
        for package in self._world.packages():
            self._note(package)
        desired, _ = self._ledger.desired()
        if desired and desired.failed:
            self._leave_what_failed(desired)

    def roll_back(self, request: str, to: str, by: str, reason: str) -> int:
        """Return to the version ``to``, or to the one before; the generation. The same request leads to one rollback.

        Raises NoGoodVersion.
        """
        if done := self._ledger.requested(request):
            return done
        found = target(self._ledger.entries(), to, self._world.serving().package, self._refused)
        decided = self._decide_back(found.package, d.ROLLBACK, request, by, reason)
        self._tell(
            f"{self._deployment}: rollback to version {version(found.package)}",
            f"{by} returns to {found.package} (release {decided}): {reason}\nApprovals from before now do not undo it.",
        )
        return decided

    def converge(self) -> d.Step:
        """Take steps until the world has to move; the last one."""
        step: d.Step = d.Nothing("not looked yet")
        for _ in range(MOST_STEPS):
            step = self._next()
            if not self._take(step):
                break
        return step

    def _refused(self, arn: str) -> str:
        """Why a version may be neither released nor returned to; empty if it may."""
        package = self._world.find(arn)
        if package is None:
            return "its package was deleted"
        approval = package.approval
        return "" if approval.status == APPROVED else f"its package is {approval.status} ({approval.description or 'no reason given'})"

    def _leave_what_failed(self, desired: d.Decision) -> bool:
        """A failed update can leave a version that failed before it, or was not tested yet: the way back is a decision of its own."""
        history, serving = self._ledger.history(), self._world.serving()
        if serving.stack_status not in d.UPDATABLE or serving.settling or returns(history) >= MOST_RETURNS:
            return False
        back, good = "", last_good(history, self._refused)
        held = next((e for e in history if e.generation == serving.generation), None)
        if desired.failed.startswith(WITHDRAWN) and held and not held.outcome and not self._refused(held.package):
            back = held.package  # what was being released when a version was decided on that nobody wants any more
        elif good and unwanted(history, serving.generation, serving.package, good, off=bool(serving.off)):
            back = good.package
        if back:
            why = f"release {desired.generation} failed ({desired.failed}) and left a version that is not known to be good"
            self._decide_back(back, d.AUTOMATIC, f"after-{desired.generation}", "the release function", why)
        return bool(back)

    # noting

    def _note(self, package: Package) -> None:
        before = self._ledger.seen(package.arn)
        if package.approval == before:
            return
        note = Note(package.arn, package.approval, before)
        if not new_decision(package.approval, before):
            self._ledger.note(note)
            return
        why, record = self._vouch(package)
        note = replace(note, record=record)  # used up by whatever becomes of the approval, so that nobody can lean on it later
        desired, _ = self._ledger.desired()
        if d.superseded(package.modified, desired):
            self._supersede(package, note)
            return
        if why:
            # unnoted: it is looked at again until somebody answers for it
            command = f'loop approve {version(package.arn)} --environment {self._deployment} --reason "…"'
            text = (
                f"{package.arn} is approved and is not released: {why}.\nRelease it with: {command}\nRunbook: docs/runbooks/release-held.md"
            )
            self._once(
                f"held/{package.arn}/{digest(package.approval.description + package.approval.decided)[:16]}",
                "ReleaseHeld",
                "an approval is held",
                text,
            )
            return
        decided = self._ledger.decide(package.arn, kind=d.APPROVAL, at=package.modified, reason=package.approval.description, note=note)
        if decided is None and self._ledger.seen(package.arn) == before:
            self._supersede(package, note)  # a later decision came in between
        elif decided is not None:
            self._count("ReleaseDecided")

    def _supersede(self, package: Package, note: Note) -> None:
        self._count("ReleaseSuperseded")
        self._tell(
            f"{self._deployment}: an approval came late",
            f"{package.arn} was approved at {package.modified}, before the decision that stands; it is not released.\n"
            "To release it, approve it again with another description.",
        )
        self._ledger.note(note)

    # steps

    def _next(self) -> d.Step:
        desired, attempted = self._ledger.desired()
        serving, monitored = self._world.serving(), self._world.monitored()
        if not serving.off and self._ledger.changed():
            self._ledger.note_change("")
        return d.rolled_back(d.next_step(desired, serving, monitored), serving, attempted)

    def _take(self, step: d.Step) -> bool:
        """Carry out a step; whether there may be another one at once."""
        match step:
            case d.UpdateServing():
                if why := self._refused(step.package):
                    return self._withdraw(step, why)
                if self._world.update_serving(step):
                    self._ledger.attempted(step.generation)
            case d.SmokeTest():
                return self._smoke_test(step)
            case d.UpdateMonitoring():
                desired, _ = self._ledger.desired()
                if desired:
                    self._follow(step, desired.generation)
            case d.Fail():
                self._fail(step)
                return True
            case d.GoBack():
                return self._go_back(step)
            case d.Stuck(status):
                text = f"The stack is {status} and takes no update.\nRunbook: {RUNBOOKS}/stack-stuck.md"
                self._once(f"stuck/{self._ledger.desired()[1]}/{status}", "ReleaseStuck", "the stack is stuck", text)
            case d.Changed(generation, reason):
                if self._ledger.changed() != (how := f"{generation}: {reason}"):
                    self._count("EndpointChanged")
                    text = f"Release {generation} served well, and now {reason}.\nRunbook: {RUNBOOKS}/endpoint-changed.md"
                    self._tell(f"{self._deployment}: the endpoint was changed by hand", text)
                    self._ledger.note_change(how)
        return False

    def _follow(self, step: d.UpdateMonitoring, generation: int) -> None:
        """Monitoring follows what serves. When the account refuses schedules, it follows with the other engine."""
        attempt, monitored = self._ledger.monitoring(), self._world.monitored()
        tried = attempt.generation == generation
        failure = self._world.monitoring_failure() if tried else None
        decided = follow(generation, self._engine, monitored.stack_status, monitored.engine, attempt, failure)
        if isinstance(decided, Follow):
            if not self._world.update_monitoring(step, generation, decided.engine):
                return
            if decided.because:
                text = f"Monitoring schedules were refused: {decided.because}\nMonitoring goes on with processing jobs."
                self._once(f"engine/{generation}", "EngineChanged", f"monitoring's engine is now {decided.engine}", text)
            if not tried:
                self._count("ReleaseSucceeded")
            self._ledger.monitoring_attempted(Attempt(generation, decided.engine))
        elif isinstance(decided, GiveUp):
            text = f"{decided.reason}\nThe endpoint is well.\nRunbook: {RUNBOOKS}/monitoring-behind.md"
            self._once(f"behind/{generation}", "MonitoringBehind", f"monitoring does not follow release {generation}", text)
            self._ledger.monitoring_attempted(Attempt(generation, attempt.engine, given_up=True))

    def _smoke_test(self, step: d.SmokeTest) -> bool:
        wrong = self._world.smoke_test(step)
        if wrong is None:
            self._count("SmokeTestMissing")
            text = f"{step.package} has no golden rows: it was registered without them. It counts as released."
            self._once(f"unchecked/{step.generation}", "SmokeTestMissing", f"release {step.generation} was not smoke tested", text)
        if wrong:
            self._fail(d.Fail(step.generation, f"smoke test: {wrong}"))
        else:
            self._ledger.verify(step.generation)
        return True

    def _fail(self, step: d.Fail) -> None:
        """Page first, then record: a page twice is better than none."""
        desired, _ = self._ledger.desired()
        reason = self._world.cause(step.reason) if "went back" in step.reason else step.reason
        lines = (
            f"Release {step.generation} of {desired.package if desired else 'nothing'} failed: {reason}",
            "What served before goes on serving, or is returned to.",
            f'A version that was good once: loop rollback --environment {self._deployment} --to VERSION --reason "why"',
            f"Runbook: {RUNBOOKS}/release-failed.md",
        )
        self._tell(f"{self._deployment}: release {step.generation} failed", "\n".join(lines))
        self._count("ReleaseFailed")
        self._ledger.fail(step.generation, reason)

    def _withdraw(self, step: d.UpdateServing, why: str) -> bool:
        """Nothing was sent yet: the decision ends here, and what the stack holds goes on."""
        text = f"{step.package} is not released: {why}.\nWhat serves goes on serving."
        self._tell(f"{self._deployment}: release {step.generation} was withdrawn", text)
        self._count("ReleaseWithdrawn")
        self._ledger.fail(step.generation, f"{WITHDRAWN}{why}")
        desired, _ = self._ledger.desired()
        return bool(desired and desired.failed and self._leave_what_failed(desired))

    def _go_back(self, step: d.GoBack) -> bool:
        """To the last good version, as a decision of its own."""
        good = last_good(self._ledger.history(), self._refused)
        if good is None:
            text = f"Release {step.generation} failed and nothing good was released before it.\nRunbook: {RUNBOOKS}/release-failed.md"
            self._once(f"nothing-good/{step.generation}", "NoGoodVersion", "there is no version to return to", text)
            return False
        self._decide_back(good.package, d.AUTOMATIC, f"after-{step.generation}", "the release function", step.reason)
        return True

    def _decide_back(self, package: str, kind: str, request: str, by: str, reason: str) -> int:
        at = self._now().isoformat(timespec="microseconds")
        decided = self._ledger.decide(package, kind=kind, at=at, by=by, reason=reason, request=request)
        self._count("RolledBack")
        return decided or self._ledger.requested(request)

    def _once(self, what: str, metric: str, subject: str, text: str) -> None:
        """Tell people of a state, not of every look at it."""
        if self._ledger.told(what):
            return
        self._count(metric)
        self._tell(f"{self._deployment}: {subject}", text)
        self._ledger.tell(what)


__all__ = ["NoGoodVersion", "Releases", "Surroundings"]
