"""Retraining's state: one run per trigger, one run at a time, counts per day and month, on a table of the local AWS."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from lambdas.retrain.decision import Trigger
from lambdas.retrain.ledger import COLLECTING, ENDED, LANDED, TRAINING, Ledger, Run
from lambdas.shared.table import Table
from local_aws.aws import LocalAws

NOW = datetime(2026, 3, 31, 23, 30, tzinfo=UTC)
DRIFT, QUALITY = Trigger("drift", "alarm/d/1", "income drifted", NOW), Trigger("quality", "alarm/q/1", "auc fell", NOW)


def run(id: str = "r1", at: datetime = NOW) -> Run:
    return Run(id, "drift", "income drifted", COLLECTING, at, at - timedelta(days=2))


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAws]:
    with LocalAws() as running:
        yield running


@pytest.fixture
def ledger(aws: LocalAws, request: pytest.FixtureRequest) -> Ledger:
    dynamodb = aws.client("dynamodb")
    dynamodb.create_table(
        TableName=request.node.name[:60],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return Ledger(Table(dynamodb, request.node.name[:60]))


def test_a_trigger_has_one_run(ledger: Ledger) -> None:
    assert not ledger.has_had_its_run(DRIFT)
    assert ledger.open(DRIFT, run(), ledger.state())
    assert ledger.has_had_its_run(DRIFT) and not ledger.has_had_its_run(QUALITY)
    assert not ledger.open(DRIFT, run("r2"), ledger.state())
    assert ledger.state().run == run()


def test_of_two_triggers_at_once_one_wins_and_the_other_may_ask_again(ledger: Ledger) -> None:
    seen = ledger.state()
    assert ledger.open(DRIFT, run("r1"), seen)
    assert not ledger.open(QUALITY, run("r2"), seen)
    assert not ledger.has_had_its_run(QUALITY)
    assert ledger.open(QUALITY, run("r2"), ledger.state())


def test_runs_are_counted_by_day_and_month(ledger: Ledger) -> None:
    assert ledger.state().started(NOW) == (0, 0)
    ledger.open(DRIFT, run(), ledger.state())
    ledger.open(QUALITY, run("r2"), ledger.state())
    assert ledger.state().started(NOW) == (2, 2)
    assert ledger.state().started(NOW - timedelta(days=1)) == (0, 2)
    assert ledger.state().started(NOW + timedelta(hours=1)) == (0, 0)  # April


def test_a_run_goes_through_its_stages_and_ends(ledger: Ledger) -> None:
    ledger.open(DRIFT, run(), ledger.state())
    assert ledger.move(run(), LANDED) and not ledger.move(run(), LANDED)
    assert ledger.move(run(), TRAINING, "v1")
    found = ledger.state().open_run(NOW)
    assert found is not None and (found.stage, found.version) == (TRAINING, "v1")
    assert not ledger.move(run("other"), ENDED)
    assert ledger.move(run(), ENDED)
    assert ledger.state().open_run(NOW) is None


def test_a_run_whose_end_was_missed_holds_others_back_for_a_day(ledger: Ledger) -> None:
    ledger.open(DRIFT, run(), ledger.state())
    assert ledger.state().open_run(NOW + timedelta(hours=24)) == run()
    assert ledger.state().open_run(NOW + timedelta(hours=25)) is None


def test_what_was_said_last_is_not_said_again(ledger: Ledger) -> None:
    heard = []
    for what in ("a", "a", "b", "a"):
        heard.append(ledger.was_said(what))
        ledger.say(what)
    assert heard == [False, True, False, False]


def test_alarms_are_one_episode_until_none_stands_or_another_model_is_released(ledger: Ledger) -> None:
    first = ledger.episode("package/1")
    assert ledger.episode("package/1") == first
    ledger.recovered()
    ledger.recovered()
    second = ledger.episode("package/1")
    third = ledger.episode("package/2")
    assert len({first, second, third}) == 3 and ledger.episode("package/2") == third


def test_a_release_is_as_old_as_it_was_when_it_was_first_seen(ledger: Ledger) -> None:
    assert ledger.released("package/1", NOW, good=False) is None
    assert ledger.released("package/1", NOW, good=True) == NOW
    later = NOW + timedelta(days=1)
    assert ledger.released("package/1", later, good=False) == NOW
    assert ledger.released("package/2", later, good=False) is None and ledger.released("package/1", later, good=True) == NOW
    assert ledger.released("package/2", later, good=True) == later
