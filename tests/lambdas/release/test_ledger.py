"""The ledger's conditional writes, on a DynamoDB table of the local AWS and on the table that stands in for it."""

from collections.abc import Iterator

import pytest

from interfaces.releases import GOOD, LEFT
from lambdas.release.approval import Seen
from lambdas.release.decision import APPROVAL, ROLLBACK, Decision
from lambdas.release.history import standing
from lambdas.release.ledger import Ledger, Note
from lambdas.shared.table import Table
from local_aws.aws import LocalAws
from tests.lambdas.release.fake_table import FakeTable


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAws]:
    with LocalAws() as running:
        yield running


@pytest.fixture(params=["DynamoDB", "memory"])
def ledger(aws: LocalAws, request: pytest.FixtureRequest) -> Ledger:
    if request.param == "memory":
        return Ledger(FakeTable())  # type: ignore[arg-type]
    dynamodb, name = aws.client("dynamodb"), request.node.name.replace("[", "-").rstrip("]")
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return Ledger(Table(dynamodb, name))


def approve(ledger: Ledger, package: str, at: str, words: str = "") -> int | None:
    note = Note(package, Seen("Approved", words), ledger.seen(package))
    return ledger.decide(package, kind=APPROVAL, at=at, note=note, reason=words)


def test_generations_count_decisions_in_their_order(ledger: Ledger) -> None:
    assert ledger.desired() == (None, 0)
    assert [approve(ledger, p, f"0{i}", f"words {i}") for i, p in enumerate("aba")] == [1, 2, 3]
    assert ledger.desired() == (Decision("a", 3, "", APPROVAL, "02"), 0)
    assert [(e.generation, e.package, e.outcome) for e in ledger.history()] == [(3, "a", ""), (2, "b", ""), (1, "a", "")]


def test_a_decision_is_made_once_however_often_it_is_noted(ledger: Ledger) -> None:
    note = Note("a", Seen("Approved", "x"), Seen())
    assert ledger.decide("a", kind=APPROVAL, at="1", note=note) == 1
    assert ledger.decide("a", kind=APPROVAL, at="1", note=note) is None
    assert ledger.desired()[0] == Decision("a", 1, "", APPROVAL, "1") and len(ledger.history()) == 1


def test_an_approval_that_an_other_decision_has_overtaken_is_not_made(ledger: Ledger) -> None:
    approve(ledger, "b", "2")
    assert approve(ledger, "a", "1") is None
    assert ledger.desired()[0] == Decision("b", 1, "", APPROVAL, "2") and ledger.seen("a") == Seen()


def test_a_rollback_is_made_once_by_request_and_leaves_what_was_good(ledger: Ledger) -> None:
    for package, generation in (("a", 1), ("b", 2)):
        approve(ledger, package, package)
        ledger.verify(generation)
    assert ledger.decide("a", kind=ROLLBACK, at="c", by="me", reason="bad", request="r1") == 3
    assert ledger.decide("a", kind=ROLLBACK, at="d", by="me", reason="bad", request="r1") is None
    assert ledger.requested("r1") == 3 and ledger.requested("r2") == 0
    assert [(e.package, e.outcome, e.leaves) for e in ledger.history()] == [("a", "", 2), ("b", GOOD, 0), ("a", GOOD, 0)]
    assert [e.generation for e in standing(ledger.history())] == [1]
    ledger.verify(3)
    assert [(e.package, e.outcome, e.by) for e in ledger.history()] == [("a", GOOD, "me"), ("b", LEFT, ""), ("a", GOOD, "")]


def test_a_rollback_that_fails_leaves_nothing(ledger: Ledger) -> None:
    for package, generation in (("a", 1), ("b", 2)):
        approve(ledger, package, package)
        ledger.verify(generation)
    ledger.decide("a", kind=ROLLBACK, at="c", request="r1")
    ledger.fail(3, "it does not start")
    assert [e.generation for e in standing(ledger.history())] == [2, 1]


def test_the_same_words_are_told_apart_by_their_record(ledger: Ledger) -> None:
    old = Seen("Approved", "x")
    first, second = (Seen("Approved", "x", t) for t in ("t1", "t2"))
    assert ledger.note(Note("a", old, Seen())) and ledger.note(Note("a", first, old)) and ledger.seen("a") == first
    assert not ledger.note(Note("a", second, old))
    assert ledger.note(Note("a", second, first)) and ledger.seen("a") == second


def test_an_item_of_an_earlier_version_has_no_time_of_a_record(ledger: Ledger) -> None:
    ledger._table.set("release/package/a", {"status": "Approved", "description": "x"})
    assert ledger.seen("a") == Seen("Approved", "x")
    assert ledger.note(Note("a", Seen("Approved", "x", "t1"), Seen("Approved", "x")))


def test_a_change_by_hand_is_noted_until_it_is_undone(ledger: Ledger) -> None:
    assert ledger.changed() == ""
    ledger.note_change("it runs by-hand")
    assert ledger.changed() == "it runs by-hand"
    ledger.note_change("")
    assert ledger.changed() == ""


def test_a_package_is_noted_only_over_what_was_read(ledger: Ledger) -> None:
    assert ledger.note(Note("a", Seen("Approved", "x"), Seen()))
    assert not ledger.note(Note("a", Seen("Rejected", "y"), Seen()))
    assert ledger.seen("a") == Seen("Approved", "x")
    assert ledger.note(Note("a", Seen("Rejected", "y"), Seen("Approved", "x")))
    assert ledger.seen("a") == Seen("Rejected", "y")


def test_attempts_only_grow(ledger: Ledger) -> None:
    approve(ledger, "a", "1")
    ledger.attempted(2)
    ledger.attempted(1)
    assert ledger.desired()[1] == 2


def test_an_outcome_is_recorded_once_and_never_for_an_older_decision(ledger: Ledger) -> None:
    approve(ledger, "a", "1")
    assert ledger.fail(1, "broken") and not ledger.fail(1, "again") and not ledger.verify(1)
    assert ledger.desired()[0] == Decision("a", 1, "broken", APPROVAL, "1")
    approve(ledger, "b", "2")
    assert not ledger.fail(1, "late") and not ledger.verify(1)
    assert ledger.verify(2)
    assert ledger.desired()[0] == Decision("b", 2, "", APPROVAL, "2", verified=True)
    assert [e.outcome for e in ledger.history()] == [GOOD, "failed: broken"]


def test_people_are_told_once(ledger: Ledger) -> None:
    assert not ledger.told("x")
    ledger.tell("x")
    assert ledger.told("x") and not ledger.told("y")


def test_the_decision_that_a_release_went_by_is_kept_with_the_approval(ledger: Ledger) -> None:
    assert ledger.used("a") == ""
    ledger.note(Note("a", Seen("Approved", "x"), Seen(), "record-1"))
    assert (ledger.used("a"), ledger.seen("a")) == ("record-1", Seen("Approved", "x"))
    ledger.note(Note("a", Seen("Rejected", "y"), Seen("Approved", "x")))
    assert ledger.used("a") == "record-1"
