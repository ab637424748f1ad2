"""The next step from desired and actual."""

from dataclasses import replace

import pytest

from interfaces.decisions import Record
from lambdas.release.decision import (
    Decision,
    Fail,
    Monitored,
    Nothing,
    Serving,
    UpdateMonitoring,
    UpdateServing,
    held,
    new_decision,
    next_step,
    rolled_back,
)

PREFIX = "p-config-"
A = Decision("arn:a", 1)
SERVES_A = Serving("UPDATE_COMPLETE", "arn:a", 1, "InService", "p-config-1")
FOLLOWS_A = Monitored("UPDATE_COMPLETE", "arn:a")


def test_nothing_was_approved() -> None:
    assert isinstance(next_step(None, Serving("CREATE_COMPLETE", "", 0), Monitored("CREATE_COMPLETE", ""), PREFIX), Nothing)


def test_a_new_decision_updates_serving_with_its_generation_as_token() -> None:
    step = next_step(A, Serving("CREATE_COMPLETE", "", 0), Monitored("CREATE_COMPLETE", ""), PREFIX)
    assert step == UpdateServing("arn:a", 1) and step.token == "release-1"


def test_the_same_package_in_a_new_generation_is_a_release() -> None:
    assert next_step(Decision("arn:a", 3), SERVES_A, FOLLOWS_A, PREFIX) == UpdateServing("arn:a", 3)


@pytest.mark.parametrize("status", ["UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"])
def test_an_update_under_way_is_left_alone(status: str) -> None:
    assert isinstance(next_step(Decision("arn:b", 2), replace(SERVES_A, stack_status=status), FOLLOWS_A, PREFIX), Nothing)


def test_monitoring_follows_what_serves() -> None:
    assert next_step(A, SERVES_A, Monitored("CREATE_COMPLETE", ""), PREFIX) == UpdateMonitoring("arn:a")
    assert isinstance(next_step(A, SERVES_A, Monitored("UPDATE_IN_PROGRESS", ""), PREFIX), Nothing)
    assert isinstance(next_step(A, SERVES_A, FOLLOWS_A, PREFIX), Nothing)


@pytest.mark.parametrize(
    "endpoint", [{"endpoint_status": "Failed"}, {"endpoint_config": "p-config-0"}, {"endpoint_status": "", "endpoint_config": ""}]
)
def test_a_stack_that_succeeded_over_a_wrong_endpoint_is_a_failure(endpoint: dict[str, str]) -> None:
    step = next_step(A, replace(SERVES_A, **endpoint), FOLLOWS_A, PREFIX)
    assert isinstance(step, Fail) and "expected InService on p-config-1" in step.reason


def test_a_stack_that_cannot_be_updated_is_a_failure() -> None:
    stuck = replace(SERVES_A, stack_status="UPDATE_ROLLBACK_FAILED")
    assert isinstance(next_step(Decision("arn:b", 2), stuck, FOLLOWS_A, PREFIX), Fail)


def test_an_update_that_went_back_is_reported_and_not_sent_again() -> None:
    back = replace(SERVES_A, stack_status="UPDATE_ROLLBACK_COMPLETE", reason="Endpoint did not start")
    step = rolled_back(next_step(Decision("arn:b", 2), back, FOLLOWS_A, PREFIX), back, last_attempt=2)
    assert isinstance(step, Fail) and "Endpoint did not start" in step.reason
    assert isinstance(next_step(Decision("arn:b", 2, failed="known"), back, FOLLOWS_A, PREFIX), Nothing)
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
