"""What becomes of a release when people change their minds, packages go, or the endpoint is busy."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from interfaces.decisions import Record
from lambdas.release.approval import covers, held
from lambdas.release.core import MOST_RETURNS, NoGoodVersion, Releases, Vouch, anybody
from lambdas.release.decision import Nothing
from lambdas.release.ledger import Ledger
from lambdas.release.package import Package
from tests.lambdas.release.fake_table import FakeTable
from tests.lambdas.release.fake_world import FakeWorld

A, B, C = "arn:m/1", "arn:m/2", "arn:m/3"


class Life:
    """The function over stand-ins, and people who decide."""

    def __init__(self, vouch: Callable[[Ledger], Vouch] = lambda _: anybody) -> None:
        self.world, self.told, self.at = FakeWorld(), list[str](), ""
        self.ledger = Ledger(FakeTable())  # type: ignore[arg-type]
        self.releases = Releases(
            self.ledger, self.world, "test", lambda s, t: self.told.append(f"{s}\n{t}"), lambda _: None, vouch(self.ledger), now=self.now
        )

    def now(self) -> datetime:
        return datetime.fromtimestamp(int(self.world.now()), UTC)

    def set(self, arn: str, status: str, words: str, recorded: bool = False) -> None:
        self.at = self.now().isoformat(timespec="microseconds")
        self.world.set_approval(arn, status, words, self.at if recorded else "")
        self.world.registry[arn] = replace(self.world.registry[arn], modified=self.at)

    def settle(self, breaks: str = "") -> None:
        """Every update ends, well or, for one version, not, until nothing moves any more."""
        for _ in range(12):
            self.releases.converge()
            if self.world.stack.stack_status != "UPDATE_IN_PROGRESS":
                return
            self.world.fail() if self.world.stack.package == breaks else self.world.finish()
        raise AssertionError("it did not settle")

    def release(self, arn: str, words: str = "good") -> None:
        self.set(arn, "Approved", words)
        self.releases.note(arn)
        self.settle()

    def outcomes(self) -> list[tuple[str, str, str]]:
        return [(e.package, e.kind, e.outcome) for e in self.ledger.history()]


@pytest.fixture
def life() -> Life:
    made = Life()
    made.release(A)
    return made


def test_a_version_that_is_rejected_before_its_update_was_sent_is_not_released(life: Life) -> None:
    life.set(B, "Approved", "b")
    life.releases.note(B)
    life.releases.converge()  # B is being updated
    life.set(C, "Approved", "c")
    life.releases.note(C)
    life.set(C, "Rejected", "it is the wrong one")
    life.releases.note(C)
    life.settle()
    assert life.world.live == B and not any(p == C for p in life.world.configs.values())
    (back, withdrawn, _, _) = life.outcomes()
    assert withdrawn == (C, "approval", "failed: withdrawn: its package is Rejected (it is the wrong one)")
    assert back == (B, "automatic", "good")
    assert sum("was withdrawn" in t for t in life.told) == 1


def test_a_version_that_is_deleted_before_its_update_was_sent_is_not_released(life: Life) -> None:
    life.set(B, "Approved", "b")
    life.releases.note(B)
    del life.world.registry[B]
    life.settle()
    assert life.world.live == A and life.outcomes()[0] == (B, "approval", "failed: withdrawn: its package was deleted")
    life.releases.note(B)  # its event comes late
    life.releases.reconcile()
    life.settle()
    assert life.world.live == A and len(life.outcomes()) == 2


def test_a_version_that_serves_goes_on_when_it_is_rejected(life: Life) -> None:
    life.set(A, "Rejected", "we want another one")
    life.releases.note(A)
    life.releases.reconcile()
    life.settle()
    assert life.world.live == A and len(life.outcomes()) == 1


def test_a_rollback_skips_what_is_rejected_or_deleted_and_refuses_it_by_name(life: Life) -> None:
    life.release(B)
    life.release(C)
    life.set(B, "Rejected", "found to be unlawful")
    with pytest.raises(NoGoodVersion, match=r"version 2 is not returned to: its package is Rejected \(found to be unlawful\)"):
        life.releases.roll_back("r1", B, "ann", "complaints")
    life.releases.roll_back("r2", "", "ann", "complaints")
    life.settle()
    assert life.world.live == A
    del life.world.registry[C]
    with pytest.raises(NoGoodVersion, match="its package was deleted"):
        life.releases.roll_back("r3", C, "ann", "back again")
    assert len(life.outcomes()) == 4


@pytest.mark.parametrize("to", ["", A])
def test_however_many_fail_a_person_returns_to_what_was_good(life: Life, to: str) -> None:
    life.release(B)
    for number in range(70):
        life.set(f"arn:m/{number + 10}", "Approved", "no good")
        life.releases.note(f"arn:m/{number + 10}")
        desired, _ = life.ledger.desired()
        assert desired and life.ledger.fail(desired.generation, "it does not start")
    assert A not in {package for package, _, _ in life.outcomes()}
    life.releases.roll_back("r1", to, "ann", "complaints")
    life.settle()
    assert life.world.live == A


def test_a_failed_release_does_not_return_to_a_rejected_version(life: Life) -> None:
    life.release(B)
    life.set(B, "Rejected", "not that one either")
    life.world.bad.add(C)
    life.release(C)
    assert life.world.live == A and life.outcomes()[0] == (A, "automatic", "good")


def test_a_rollback_that_fails_leaves_what_served_as_good(life: Life) -> None:
    life.release(B)
    life.releases.roll_back("r1", A, "ann", "complaints")
    life.settle(breaks=A)
    for _ in range(3):
        life.releases.reconcile()
        life.settle(breaks=A)
    assert life.world.live == B
    assert [(p, o[:7]) for p, _, o in life.outcomes()] == [(A, "failed:"), (B, "good"), (A, "good")]
    assert sum("failed" in t.split("\n")[0] for t in life.told) == 1


def test_a_rollback_that_is_asked_for_twice_does_not_return_to_what_it_leaves(life: Life) -> None:
    life.release(B)
    life.release(C)
    life.releases.roll_back("r1", "", "ann", "complaints")
    life.releases.converge()  # the update to B is under way
    life.releases.roll_back("r2", "", "ann", "complaints still")
    life.settle()
    assert life.world.live == A


def test_the_way_back_is_not_tried_for_ever(life: Life) -> None:
    life.world.bad.add(B)
    life.set(B, "Approved", "b")
    life.releases.note(B)
    life.settle(breaks=A)
    for _ in range(8):
        life.releases.reconcile()
        life.settle(breaks=A)
    assert [kind for _, kind, _ in life.outcomes()].count("automatic") == MOST_RETURNS
    life.releases.roll_back("r1", A, "ann", "it is mended")
    life.settle()
    assert life.world.live == A


@pytest.mark.parametrize("status", ["Updating", "SystemUpdating"])
def test_a_good_release_stays_while_its_endpoint_is_scaled_or_maintained(life: Life, status: str) -> None:
    life.set(B, "Approved", "b")
    life.releases.note(B)
    life.releases.converge()
    life.world.finish()
    life.world.stack = replace(life.world.stack, endpoint_status=status)
    assert isinstance(life.releases.converge(), Nothing)
    life.releases.reconcile()
    assert isinstance(life.releases.converge(), Nothing)
    life.world.stack = replace(life.world.stack, endpoint_status="InService")
    life.releases.reconcile()
    life.settle()
    assert life.world.live == B and life.outcomes()[0] == (B, "approval", "good") and not life.told


def test_the_same_change_by_hand_is_reported_again_once_it_was_undone(life: Life) -> None:
    good = life.world.stack.endpoint_config
    life.world.configs["by-hand"] = A
    for _ in range(2):
        life.world.stack = replace(life.world.stack, endpoint_config="by-hand")
        life.releases.converge()
        life.releases.converge()
        life.world.stack = replace(life.world.stack, endpoint_config=good)
        life.releases.converge()
    assert sum("changed by hand" in t for t in life.told) == 2


# decisions by record


class Recorded(Life):
    """An environment that releases only what `loop approve` recorded."""

    def __init__(self) -> None:
        self.records: dict[str, Record] = {}
        super().__init__(lambda ledger: lambda package: self._vouch(ledger, package))

    def _vouch(self, ledger: Ledger, package: Package) -> tuple[str, str]:
        newest = self.records.get(package.arn)
        why = held(newest, ledger.used(package.arn), package.approval)
        return why, newest.id if newest and covers(newest, package.approval) else ""

    def approve(self, arn: str, reason: str = "ok", note: bool = True) -> None:
        record = Record(f"r{self.world.clock}", arn, "approve", reason, "ann", "")
        self.set(arn, "Approved", record.words, recorded=True)
        self.records[arn] = replace(record, recorded_at=self.at)
        if note:
            self.releases.note(arn)
            self.settle()


@pytest.fixture
def recorded() -> Recorded:
    return Recorded()


def test_approving_again_with_the_same_reason_is_a_decision(recorded: Recorded) -> None:
    for arn in (A, B, A):
        recorded.approve(arn)
    assert recorded.world.live == A and len(recorded.outcomes()) == 3


def test_a_decision_that_is_typed_twice_leaves_no_record_to_lean_on(recorded: Recorded) -> None:
    recorded.approve(A)
    recorded.approve(A)
    assert recorded.ledger.used(A) == recorded.records[A].id
    recorded.approve(B)
    recorded.set(A, "Approved", "somebody in the Studio")
    recorded.releases.note(A)
    recorded.settle()
    assert recorded.world.live == B and "an approval is held" in recorded.told[-1]


def test_an_approval_that_a_rollback_overtook_cannot_be_leant_on_later(recorded: Recorded) -> None:
    recorded.approve(A)
    recorded.approve(B)
    recorded.approve(C, note=False)  # its event is late
    recorded.releases.roll_back("r1", "", "ann", "complaints")
    recorded.settle()
    recorded.releases.note(C)
    assert recorded.ledger.used(C) == recorded.records[C].id
    words = recorded.world.registry[C].approval.description
    recorded.set(C, "Approved", "a typo mended in the Studio")
    recorded.releases.note(C)
    recorded.set(C, "Rejected", "")
    recorded.releases.note(C)
    recorded.set(C, "Approved", words)
    recorded.releases.note(C)
    recorded.settle()
    assert recorded.world.live == A


def test_a_record_that_is_newer_than_what_is_seen_is_not_used_up(recorded: Recorded) -> None:
    recorded.approve(A)
    recorded.approve(B, note=False)
    late = recorded.world.registry[B]
    recorded.releases.roll_back("r1", A, "ann", "stay")
    recorded.settle()
    recorded.approve(B, "again", note=False)
    newest, recorded.world.registry[B] = recorded.world.registry[B], late  # read before the newest approval was written
    recorded.releases.note(B)
    assert recorded.ledger.used(B) == ""
    recorded.world.registry[B] = newest
    recorded.releases.note(B)
    recorded.settle()
    assert recorded.world.live == B
