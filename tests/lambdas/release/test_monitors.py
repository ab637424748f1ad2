"""Monitoring follows a release with an engine; schedules that are refused lead to the other one, once."""

import pytest

from lambdas.release.monitors import Attempt, Failure, Follow, GiveUp, follow

REFUSED = Failure("AWS::SageMaker::DataQualityJobDefinition", "not for you")
READY = "UPDATE_COMPLETE"


@pytest.mark.parametrize(
    ("setting", "engine", "chosen"),
    [
        ("auto", "model-monitor", "model-monitor"),
        ("auto", "processing", "processing"),  # refused before
        ("auto", "", "model-monitor"),
        ("processing", "model-monitor", "processing"),
        ("model-monitor", "processing", "model-monitor"),
    ],
)
def test_the_first_try(setting: str, engine: str, chosen: str) -> None:
    assert follow(3, setting, READY, engine, Attempt(2, "processing"), None) == Follow(chosen)


@pytest.mark.parametrize("type", ["AWS::SageMaker::MonitoringSchedule", "AWS::SageMaker::ModelBiasJobDefinition"])
def test_auto_falls_from_schedules_to_processing_with_the_reason(type: str) -> None:
    found = follow(3, "auto", "UPDATE_ROLLBACK_COMPLETE", "model-monitor", Attempt(3, "model-monitor"), Failure(type, "not for you"))
    assert found == Follow("processing", f"{type}: not for you")


@pytest.mark.parametrize(
    ("setting", "attempt", "failure"),
    [
        ("model-monitor", Attempt(3, "model-monitor"), REFUSED),
        ("auto", Attempt(3, "processing"), Failure("AWS::CloudWatch::Alarm", "limit")),
        ("auto", Attempt(3, "model-monitor"), Failure("AWS::CloudWatch::Alarm", "limit")),
        ("auto", Attempt(3, "model-monitor"), None),
    ],
)
def test_anything_else_is_given_up_and_reported(setting: str, attempt: Attempt, failure: Failure | None) -> None:
    found = follow(3, setting, "UPDATE_ROLLBACK_COMPLETE", "model-monitor", attempt, failure)
    assert isinstance(found, GiveUp)
    assert attempt.engine in found.reason and (failure is None or failure.reason in found.reason)


def test_what_was_given_up_is_not_tried_again_until_the_next_release() -> None:
    given_up = Attempt(3, "processing", given_up=True)
    assert follow(3, "auto", READY, "model-monitor", given_up, REFUSED) is None
    assert follow(4, "auto", READY, "model-monitor", given_up, None) == Follow("model-monitor")


def test_a_stack_that_takes_no_update_is_reported() -> None:
    found = follow(3, "auto", "UPDATE_ROLLBACK_FAILED", "model-monitor", Attempt(), None)
    assert found == GiveUp("the monitoring stack is UPDATE_ROLLBACK_FAILED and cannot be updated")
