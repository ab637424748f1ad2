"""The gate reads a metric where Studio does, and knows which way is better."""

import pytest

from interfaces.reports import DEFAULT_METRIC, METRICS, metric_path, metric_value, passes


def test_metric_is_read_at_its_path():
    report = {"regression_metrics": {"mae": {"value": 3, "standard_deviation": "NaN"}}}
    assert metric_value(report, "regression", "mae") == 3.0
    assert metric_path("regression", "mae") == "regression_metrics.mae.value"


@pytest.mark.parametrize("value", [None, "0.9", True, float("nan"), float("inf"), float("-inf")])
def test_what_is_no_finite_number_is_no_metric(value):
    assert metric_value({"binary_classification_metrics": {"auc": {"value": value}}}, "binary", "auc") is None


def test_absent_metric_is_no_metric():
    assert metric_value({}, "binary", "auc") is None


@pytest.mark.parametrize(("problem_type", "metric", "better", "worse"), [("binary", "auc", 0.71, 0.69), ("regression", "mae", 0.69, 0.71)])
def test_threshold_is_reached_in_the_metrics_own_direction(problem_type, metric, better, worse):
    assert passes(problem_type, metric, better, 0.7)
    assert passes(problem_type, metric, 0.7, 0.7)
    assert not passes(problem_type, metric, worse, 0.7)


def test_only_errors_are_better_when_smaller_and_only_they_have_no_upper_bound():
    metrics = {**METRICS["binary"], **METRICS["multiclass"], **METRICS["regression"]}
    assert {m.name for m in metrics.values() if not m.greater_is_better} == {"mae", "mse", "rmse"}
    assert {m.name: m.high for m in metrics.values() if m.high != 1} == {"mae": None, "mse": None, "rmse": None}


def test_every_default_metric_can_be_gated_on():
    assert all(metric in METRICS[problem] for problem, metric in DEFAULT_METRIC.items())
