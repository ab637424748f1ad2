"""The next step from desired and actual."""

from dataclasses import replace

import pytest

from interfaces.decisions import Record
from lambdas.release.decision import (
    AUTOMATIC,
    Changed,
    Decision,
    Fail,
    GoBack,
    Monitored,
    Nothing,
    Serving,
    SmokeTest,
    Stuck,
    UpdateMonitoring,
    UpdateServing,
    held,
    new_decision,
    next_step,
    rolled_back,
    superseded,
)

A = Decision("arn:a", 1, at="2026-01-01T00:00:00", verified=True)
SERVES_A = Serving("UPDATE_COMPLETE", "arn:a", 1, "InService", "config-1", "config-1")
FOLLOWS_A = Monitored("UPDATE_COMPLETE", "arn:a")
EMPTY = Serving("CREATE_COMPLETE", "", 0)


def test_nothing_was_approved() -> None:
    assert isinstance(next_step(None, EMPTY, Monitored("CREATE_COMPLETE", "")), Nothing)


def test_a_new_decision_updates_serving_with_its_generation_as_token() -> None:
    step = next_step(A, EMPTY, Monitored("CREATE_COMPLETE", ""))
    assert step == UpdateServing("arn:a", 1) and step.token == "release-1"


def test_the_same_package_in_a_new_generation_is_a_release() -> None:
    assert next_step(Decision("arn:a", 3), SERVES_A, FOLLOWS_A) == UpdateServing("arn:a", 3)


@pytest.mark.parametrize("status", ["UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"])
def test_an_update_under_way_is_left_alone(status: str) -> None:
    assert isinstance(next_step(Decision("arn:b", 2), replace(SERVES_A, stack_status=status), FOLLOWS_A), Nothing)


def test_a_new_version_is_tested_before_it_counts() -> None:
    assert next_step(replace(A, verified=False), SERVES_A, Monitored("CREATE_COMPLETE", "")) == SmokeTest("arn:a", 1)


def test_monitoring_follows_what_serves_well() -> None:
    assert next_step(A, SERVES_A, Monitored("CREATE_COMPLETE", "")) == UpdateMonitoring("arn:a")
    assert isinstance(next_step(A, SERVES_A, Monitored("UPDATE_IN_PROGRESS", "")), Nothing)
    assert isinstance(next_step(A, SERVES_A, FOLLOWS_A), Nothing)


WRONG = [{"endpoint_status": "Failed"}, {"endpoint_config": "config-0"}, {"endpoint_status": "", "endpoint_config": ""}]


@pytest.mark.parametrize("endpoint", WRONG)
def test_a_stack_that_succeeded_over_a_wrong_endpoint_is_a_failure(endpoint: dict[str, str]) -> None:
    step = next_step(replace(A, verified=False), replace(SERVES_A, **endpoint), FOLLOWS_A)
    assert isinstance(step, Fail) and "expected InService on config-1" in step.reason


@pytest.mark.parametrize("endpoint", WRONG)
def test_an_endpoint_that_was_good_and_is_another_was_changed_by_hand(endpoint: dict[str, str]) -> None:
    step = next_step(A, replace(SERVES_A, **endpoint), FOLLOWS_A)
    assert isinstance(step, Changed) and "expected InService on config-1" in step.reason


def test_a_failed_version_that_the_stack_holds_is_left_unless_it_was_itself_the_way_back() -> None:
    failed = replace(A, verified=False, failed="it answers wrongly")
    assert next_step(failed, SERVES_A, FOLLOWS_A) == GoBack(1, "it answers wrongly")
    assert isinstance(next_step(replace(failed, kind=AUTOMATIC), SERVES_A, FOLLOWS_A), Nothing)
    assert isinstance(next_step(replace(failed, generation=2), SERVES_A, FOLLOWS_A), Nothing)  # the stack went back by itself


@pytest.mark.parametrize("failed", ["", "known"])
def test_a_stack_that_cannot_be_updated_is_stuck(failed: str) -> None:
    stuck = replace(SERVES_A, stack_status="UPDATE_ROLLBACK_FAILED")
    assert next_step(Decision("arn:b", 2, failed), stuck, FOLLOWS_A) == Stuck("UPDATE_ROLLBACK_FAILED")


def test_an_update_that_went_back_is_reported_and_not_sent_again() -> None:
    back = replace(SERVES_A, stack_status="UPDATE_ROLLBACK_COMPLETE", reason="Endpoint did not start")
    step = rolled_back(next_step(Decision("arn:b", 2), back, FOLLOWS_A), back, last_attempt=2)
    assert isinstance(step, Fail) and "Endpoint did not start" in step.reason
    assert isinstance(next_step(Decision("arn:b", 2, failed="known"), back, FOLLOWS_A), Nothing)
    assert rolled_back(UpdateServing("arn:c", 3), back, last_attempt=2) == UpdateServing("arn:c", 3)


@pytest.mark.parametrize(
    ("status", "words", "seen", "new"),
    [
        ("Approved", "", ("", ""), True),
        ("Approved", "x", ("PendingManualApproval", ""), True),
        ("Approved", "x", ("Approved", "x"), False),
        ("Approved", "again", ("Approved", "x"), True),
        ("Rejected", "x", ("Approved", "x"), False),
        ("PendingManualApproval", "", ("", ""), False),
    ],
)
def test_a_decision_is_a_transition_to_approved(status: str, words: str, seen: tuple[str, str], new: bool) -> None:
    assert new_decision(status, words, *seen) is new


def test_order_is_that_of_decisions() -> None:
    assert superseded("2025-12-31T23:59:59", A)
    assert not superseded("2026-01-01T00:00:01", A) and not superseded("2025-12-31T23:59:59", None)


RECORD = Record("20261125T000000Z ab", "p", "approve", "good", "arn:aws:sts::1:assumed-role/reviewer/ann", "2026-11-25T00:00:00+00:00")
HELD = {
    "decided and new": (RECORD, "", ""),
    "decided anew": (RECORD, "20261101T000000Z cd", ""),
    "nobody decided": (None, "", "no authenticated caller has decided on it"),
    "decided against": (replace(RECORD, decision="reject"), "", "ann decided to reject it on 2026-11-25T00:00:00+00:00: good"),
    "released by that decision before": (RECORD, RECORD.id, "was released before"),
}


@pytest.mark.parametrize(("record", "used", "why"), HELD.values(), ids=HELD.keys())
def test_an_approval_is_held_unless_an_authenticated_caller_decided_on_it(record: Record | None, used: str, why: str) -> None:
    found = held(record, used)
    assert found.endswith(why) and bool(found) == bool(why)
