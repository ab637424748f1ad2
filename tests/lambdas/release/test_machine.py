"""Releases under everything that may happen to them: approvals in any order, events lost and doubled, updates that end badly.

Invariants: the endpoint runs what the order of approvals and rollbacks says, or the last good version; never an unapproved
one; no two updates at once; and from whatever state, the reconciler converges.
"""

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from interfaces.releases import GOOD
from lambdas.release.core import MOST_RETURNS, NoGoodVersion, Releases
from lambdas.release.decision import AUTOMATIC, Decision, GoBack, Nothing
from lambdas.release.history import returns, standing
from lambdas.release.ledger import Ledger
from tests.lambdas.release.fake_table import FakeTable
from tests.lambdas.release.fake_world import FakeWorld, Throttled

INDEX = st.integers(0, 9)


class Machine(RuleBasedStateMachine):
    """The world, the function, events between them, and a model of which decisions stand."""

    versions = Bundle("versions")

    def __init__(self) -> None:
        super().__init__()
        self.world = FakeWorld()
        self.ledger = Ledger(FakeTable())  # type: ignore[arg-type]
        self.told: list[str] = []
        self.releases = Releases(
            self.ledger,
            self.world,
            "test",
            lambda subject, _: self.told.append(subject),
            lambda _: None,
            now=self._now,
        )
        self.events: list[str] = []  # the ARN of a package, or nothing for a stack that has settled
        self.stands: list[tuple[str, str]] = []  # (time, package) of decisions, in their order
        self.seen: dict[str, tuple[str, str]] = {}
        self.approved: set[str] = set()
        self.withdrawn: set[str] = set()  # rejected while they served or were on their way
        self.requests = 0
        self.stuck = False

    def _now(self) -> datetime:
        return datetime.fromtimestamp(int(self.world.now()), UTC)

    # people

    @rule(target=versions, good=st.sampled_from([True, True, True, False]))
    def register(self, good: bool) -> str:
        arn = f"arn:models/{len(self.world.registry) + 1}"
        self.world.set_approval(arn, "PendingManualApproval", "")
        if not good:
            self.world.bad.add(arn)
        return arn

    @initialize(target=versions, goodness=st.lists(st.booleans(), min_size=3, max_size=5))
    def begin(self, goodness: list[bool]) -> MultipleResults[str]:
        """Some versions; the first one, which is good, serves already."""
        made = [self.register(good) for good in (True, *goodness)]
        self.approve(made[0])
        self.calm()
        return multiple(*made)

    @rule(arn=versions)
    def approve(self, arn: str) -> None:
        self._set(arn, "Approved")
        self.approved.add(arn)
        self.withdrawn.discard(arn)

    @rule(arn=versions)
    def reject(self, arn: str) -> None:
        """What serves goes on, and so does an update that was sent; nothing else may bring the version back."""
        self._set(arn, "Rejected")
        self.withdrawn.add(arn)
        self._settle_withdrawn()

    def _settle_withdrawn(self) -> None:
        before = self.world.before
        held = {self.world.live, self.world.stack.package, self.world.configs.get(before.endpoint_config, "") if before else ""}
        for arn in self.withdrawn - held:
            self.withdrawn.discard(arn)
            self.approved.discard(arn)

    def _set(self, arn: str, status: str) -> None:
        moment = self._now().isoformat(timespec="microseconds")
        self.world.set_approval(arn, status, f"at {moment}")
        package = self.world.registry[arn]
        self.world.registry[arn] = type(package)(arn, package.approval, moment)
        self.events.append(arn)

    @rule(arn=st.one_of(st.just(""), versions))
    def roll_back(self, arn: str) -> None:
        self.requests += 1
        before, _ = self.ledger.desired()
        try:
            generation = self.releases.roll_back(f"r{self.requests}", arn, "somebody", "it is bad")
        except (NoGoodVersion, Throttled):
            assert self.ledger.desired()[0] == before
            return
        decided, _ = self.ledger.desired()
        assert decided is not None and decided.generation == generation
        assert decided.package in {e.package for e in self.ledger.history() if e.outcome in (GOOD, "left")}
        assert not arn or decided.package == arn
        assert self.world.registry[decided.package].approval.status == "Approved"
        self.stands.append((decided.at, decided.package))
        self._converge()

    # events

    @precondition(lambda self: self.events)
    @rule(index=INDEX)
    def deliver(self, index: int) -> None:
        event = self.events[index % len(self.events)]
        if self._handle(event):
            self.events.remove(event)

    @precondition(lambda self: self.events)
    @rule(index=INDEX)
    def duplicate(self, index: int) -> None:
        self._handle(self.events[index % len(self.events)])

    @precondition(lambda self: self.events)
    @rule(index=INDEX)
    def drop(self, index: int) -> None:
        self.events.pop(index % len(self.events))

    @rule()
    def tick(self) -> None:
        try:
            for package in self.world.packages():
                self._expect(package.arn)
            self.releases.reconcile()
        except Throttled:
            self._forget_what_was_not_noted()
        self._converge()

    def _handle(self, event: str) -> bool:
        if event:
            self._expect(event)
            try:
                self.releases.note(event)
            except Throttled:
                self._forget_what_was_not_noted()
                return False
        return self._converge()

    def _converge(self) -> bool:
        try:
            self.releases.converge()
        except Throttled:
            return False
        return True

    # the model of decisions

    def _expect(self, arn: str) -> None:
        """An approval that is new when it is looked at, and not older than the decision that stands, is a decision."""
        package = self.world.registry[arn]
        state = (package.approval.status, package.approval.description)
        if self.seen.get(arn) == state:
            return
        self.seen[arn] = state
        desired, _ = self.ledger.desired()
        last = max((at for at, _ in self.stands), default="")
        if desired is not None:
            last = max(last, desired.at)
        if state[0] == "Approved" and package.modified >= last:
            self.stands.append((package.modified, arn))

    def _forget_what_was_not_noted(self) -> None:
        for arn, state in list(self.seen.items()):
            seen = self.ledger.seen(arn)
            if (seen.status, seen.description) != state:
                del self.seen[arn]
        decided = {(e.at, e.package) for e in self.ledger.history()}
        self.stands = [s for s in self.stands if s in decided]

    # how updates end

    @precondition(lambda self: self.world.stack.stack_status == "UPDATE_IN_PROGRESS")
    @rule()
    def finish(self) -> None:
        self.world.finish()
        self.events.append("")

    @precondition(lambda self: self.world.stack.stack_status == "UPDATE_IN_PROGRESS")
    @rule()
    def fail(self) -> None:
        self.world.fail()
        self.events.append("")

    @precondition(lambda self: self.world.stack.stack_status == "UPDATE_IN_PROGRESS" and self.world.stack.endpoint_config)
    @rule()
    def go_back_unseen(self) -> None:
        self.world.go_back_unseen()
        self.events.append("")

    @precondition(lambda self: self.world.stack.stack_status == "UPDATE_IN_PROGRESS")
    @rule()
    def stick(self) -> None:
        self.world.stick()
        self.stuck = True
        self.events.append("")

    @precondition(lambda self: self.world.stack.stack_status == "UPDATE_ROLLBACK_FAILED")
    @rule()
    def continue_rollback(self) -> None:
        self.world.fail()
        self.events.append("")

    @rule(calls=st.integers(1, 4))
    def throttle(self, calls: int) -> None:
        self.world.throttle = calls

    @rule()
    def calm(self) -> None:
        """A while in which nothing goes wrong."""
        self.world.throttle = 0
        for _ in range(4):
            if self.world.stack.stack_status == "UPDATE_IN_PROGRESS":
                self.finish()
            while self.events:
                self.deliver(0)

    # what always holds

    @invariant()
    def only_approved_versions_serve(self) -> None:
        self._settle_withdrawn()
        assert not self.world.live or self.world.live in self.approved

    @invariant()
    def nobody_is_told_what_is_not_so(self) -> None:
        assert self.stuck or not any("stuck" in subject for subject in self.told)

    @invariant()
    def decisions_stand_in_their_order(self) -> None:
        entries = [e for e in reversed(self.ledger.history()) if e.kind != AUTOMATIC]
        assert [(e.at, e.package) for e in entries] == self.stands
        times = [e.at for e in reversed(self.ledger.history())]
        assert times == sorted(times)

    def teardown(self) -> None:
        """When nothing hinders it any more, it converges, and to the right version."""
        self.world.throttle = 0
        for _ in range(12):
            if self.world.stack.stack_status == "UPDATE_ROLLBACK_FAILED":
                self.world.fail()
            if self.world.stack.stack_status == "UPDATE_IN_PROGRESS":
                self.world.finish()
            self.tick()
            self.only_approved_versions_serve()
        self.decisions_stand_in_their_order()
        desired, _ = self.ledger.desired()
        assert isinstance(self.releases.converge(), Nothing if self._good() else (Nothing, GoBack))
        if desired is None:
            assert not self.world.live
        else:
            self._check_end(desired)

    def _good(self) -> list[str]:
        """What may be returned to, newest first."""
        stands = [e.package for e in standing(self.ledger.history())]
        return [p for p in stands if self.world.registry[p].approval.status == "Approved"]

    def _check_end(self, desired: Decision) -> None:
        if desired.verified:
            assert (self.world.live, self.world.monitored_package) == (desired.package, desired.package)
            assert desired.kind == AUTOMATIC or desired.package == self.stands[-1][1]
            return
        assert desired.failed
        history, good = self.ledger.history(), self._good()
        served_well = self.world.live in {e.package for e in standing(history)}  # and was rejected since: it goes on
        assert not good or self.world.live == good[0] or served_well or returns(history) == MOST_RETURNS


def _run(examples: int, steps: int) -> None:
    chosen = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(Machine, settings=chosen)


def test_releases_hold_whatever_happens() -> None:
    _run(120, 40)


@pytest.mark.slow
def test_releases_hold_whatever_happens_for_long() -> None:
    _run(1500, 60)
