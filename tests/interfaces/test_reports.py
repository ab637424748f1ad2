"""The gate reads a metric where Studio does, and knows which way is better."""

import json

import pytest

from interfaces.reports import (
    DEFAULT_METRIC,
    METRICS,
    WITH_VIOLATIONS,
    FeatureReport,
    LabelCounts,
    MetricReport,
    MonitorReport,
    RowCounts,
    Verdict,
    metric_path,
    metric_value,
    passes,
)


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


def test_a_monitor_report_survives_its_file():
    report = MonitorReport(
        analysis_type="MODEL_QUALITY",
        state=WITH_VIOLATIONS,
        reason="1 violation",
        window={"start": "2026-01-01T00:00:00Z", "end": "2026-01-02T00:00:00Z"},
        rows=RowCounts(10, 9, 1, {"not JSON": 1}),
        labels=LabelCounts(labelled=5, share=0.5),
        features={"age": FeatureReport(1.0, 0.2, 0.1, "Robust", True)},
        metrics={"f1": MetricReport(0.5, 0.7, True)},
        verdict=Verdict("decayed", "concept", 1e-4, "worse"),
    )
    assert MonitorReport.from_dict(json.loads(json.dumps(report.to_dict()))) == report
    bare = MonitorReport("DATA_QUALITY", "NoData", "no record", {"start": "", "end": ""})
    assert MonitorReport.from_dict(json.loads(json.dumps(bare.to_dict()))) == bare
