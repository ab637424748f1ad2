"""Approve, or leave for a person with the reason."""

import pytest

from lambdas.approve.decision import decide


def report(value: object, kind: str = "binary_classification", metric: str = "auc") -> dict:
    return {f"{kind}_metrics": {metric: {"value": value}}}


def test_a_metric_that_reaches_the_threshold_is_approved() -> None:
    verdict = decide(report(0.8), "binary", "auc", 0.8, "automatic")
    assert verdict.approved and verdict.reason == "approved automatically: auc 0.8000 against the threshold 0.8 passes"


def test_below_the_threshold_is_left_for_a_person() -> None:
    verdict = decide(report(0.7999), "binary", "auc", 0.8, "automatic")
    assert not verdict.approved and "0.7999 against the threshold 0.8 does not pass" in verdict.reason


def test_an_error_metric_passes_downwards() -> None:
    judged = [decide(report(v, "regression", "rmse"), "regression", "rmse", 5.0, "automatic").approved for v in (4.9, 5.0, 5.1)]
    assert judged == [True, True, False]


def test_a_manual_environment_never_approves() -> None:
    assert not decide(report(0.99), "binary", "auc", 0.5, "manual").approved


@pytest.mark.parametrize("broken", [{}, report(None), report("NaN"), report(float("nan")), report(float("inf")), report(True)])
def test_what_cannot_be_evaluated_is_never_approved(broken: dict) -> None:
    verdict = decide(broken, "binary", "auc", 0.0, "automatic")
    assert not verdict.approved and "evaluation.json has no binary_classification_metrics.auc.value" in verdict.reason


def test_metadata_keeps_to_sagemakers_limits() -> None:
    metadata = decide(report(0.123456789), "binary", "auc", 0.8, "automatic").metadata()
    assert metadata["verdict"] == "needs-a-person" and metadata["metric_auc"] == "0.123457"
    assert all(len(v) <= 256 and not set(v) & set('<>%(){}"') for v in metadata.values())
