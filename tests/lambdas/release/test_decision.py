"""The next step from desired and actual."""

from dataclasses import replace

import pytest

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


@pytest.mark.parametrize("status", ["Updating", "SystemUpdating", "RollingBack"])
@pytest.mark.parametrize("verified", [True, False])
def test_an_endpoint_that_is_scaled_or_maintained_on_the_right_config_is_waited_for(status: str, verified: bool) -> None:
    busy = replace(SERVES_A, endpoint_status=status)
    step = next_step(replace(A, verified=verified), busy, FOLLOWS_A)
    assert isinstance(step, Nothing) and step.why.startswith(f"settling: the endpoint is {status}")
    assert isinstance(next_step(Decision("arn:b", 2), busy, FOLLOWS_A), Nothing)  # it takes no update just now
    elsewhere = replace(busy, endpoint_config="config-0")
    assert isinstance(next_step(replace(A, verified=verified), elsewhere, FOLLOWS_A), Changed if verified else Fail)


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


def test_order_is_that_of_decisions() -> None:
    assert superseded("2025-12-31T23:59:59", A)
    assert not superseded(A.at, A)  # at the same moment: the one that is looked at later
    assert not superseded("2026-01-01T00:00:01", A) and not superseded("2025-12-31T23:59:59", None)
