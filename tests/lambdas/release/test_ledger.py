"""The ledger's conditional writes, on a DynamoDB table of the local AWS."""

from collections.abc import Iterator

import pytest

from lambdas.release.decision import Decision
from lambdas.release.ledger import Ledger
from local_aws.aws import LocalAws


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAws]:
    with LocalAws() as running:
        yield running


@pytest.fixture
def ledger(aws: LocalAws, request: pytest.FixtureRequest) -> Ledger:
    dynamodb = aws.client("dynamodb")
    dynamodb.create_table(
        TableName=request.node.name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return Ledger(dynamodb, request.node.name)


def test_generations_count_decisions_in_their_order(ledger: Ledger) -> None:
    assert ledger.desired() == (None, 0)
    assert [ledger.decide(p) for p in ("a", "b", "a")] == [1, 2, 3]
    assert ledger.desired() == (Decision("a", 3), 0)


def test_a_package_is_noted_only_over_what_was_read(ledger: Ledger) -> None:
    assert ledger.note("a", "Approved", "x", ("", ""))
    assert not ledger.note("a", "Rejected", "y", ("", ""))
    assert ledger.seen("a") == ("Approved", "x")
    assert ledger.note("a", "Rejected", "y", ("Approved", "x"))
    assert ledger.seen("a") == ("Rejected", "y")


def test_attempts_only_grow(ledger: Ledger) -> None:
    ledger.decide("a")
    ledger.attempted(2)
    ledger.attempted(1)
    assert ledger.desired()[1] == 2


def test_a_failure_is_recorded_once_and_never_for_an_older_decision(ledger: Ledger) -> None:
    ledger.decide("a")
    assert ledger.fail(1, "broken") and not ledger.fail(1, "again")
    assert ledger.desired()[0] == Decision("a", 1, "broken")
    ledger.decide("b")
    assert not ledger.fail(1, "late")
    assert ledger.desired()[0] == Decision("b", 2)


def test_the_decision_that_a_release_went_by_is_kept_with_the_approval(ledger: Ledger) -> None:
    assert ledger.used("a") == ""
    ledger.note("a", "Approved", "x", ("", ""), "record-1")
    assert (ledger.used("a"), ledger.seen("a")) == ("record-1", ("Approved", "x"))
    ledger.note("a", "Rejected", "y", ("Approved", "x"))
    assert ledger.used("a") == "record-1"


def test_people_are_told_of_a_hold_once_for_its_words(ledger: Ledger) -> None:
    assert not ledger.told_of_hold("a", "x")
    ledger.tell_of_hold("a", "x", "nobody decided")
    assert ledger.told_of_hold("a", "x") and not ledger.told_of_hold("a", "y")
