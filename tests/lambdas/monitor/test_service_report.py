"""Reports of AWS's own images become the same figures."""

from typing import Any

from interfaces.monitors import MONITORS
from interfaces.reports import COMPLETED, WITH_VIOLATIONS
from lambdas.monitor.figures import of_report
from lambdas.monitor.service_report import assemble
from tests.interfaces.test_drift import feature

WINDOW = {"start": "a", "end": "b"}


def test_a_completed_run_without_a_violations_file_had_none() -> None:
    statistics: dict[str, Any] = {"dataset": {"item_count": 400}, "features": [feature("age", [1.0] * 400)]}
    baseline = {"statistics.json": {"features": [feature("age", [1.0] * 400)]}}
    found = assemble(MONITORS["data-quality"], {"statistics.json": statistics}, baseline, WINDOW, "binary")
    assert (found.state, found.violations, found.rows.rows) == (COMPLETED, 0, 400)
    assert found.features["age"].distance == 0 and not found.features["age"].drifted
    assert found.features["age"].method == "Robust"


def test_drift_comes_from_statistics_and_violations_are_counted() -> None:
    statistics: dict[str, Any] = {"dataset": {"item_count": 400}, "features": [feature("age", [9.0] * 400)]}
    baseline = {"statistics.json": {"features": [feature("age", [1.0] * 400)]}}
    violations = {"violations": [{"feature_name": "age", "constraint_check_type": "baseline_drift_check", "description": "…"}]}
    files = {"statistics.json": statistics, "constraint_violations.json": violations}
    found = assemble(MONITORS["data-quality"], files, baseline, WINDOW, "binary")
    assert (found.state, found.violations) == (WITH_VIOLATIONS, 1)
    assert found.features["age"].drifted and (found.features["age"].distance or 0) > 0.8


def test_what_is_broken_counts_beside_drift_that_the_service_does_not_see() -> None:
    """Its drift check is blind on columns of zeros and ones: two features drift for us, and its two violations are of other kinds."""
    names, window, before = ("a", "b"), [0.0] * 200 + [1.0] * 200, [1.0] * 400
    statistics: dict[str, Any] = {"dataset": {"item_count": 400}, "features": [feature(n, window) for n in names]}
    baseline = {"statistics.json": {"features": [feature(n, before) for n in names]}}
    kinds = {"c": "completeness_check", "d": "data_type_check"}
    checks = [{"feature_name": name, "constraint_check_type": kind, "description": "…"} for name, kind in kinds.items()]
    files = {"statistics.json": statistics, "constraint_violations.json": {"violations": checks}}
    found = assemble(MONITORS["data-quality"], files, baseline, WINDOW, "binary")
    assert [f.drifted for f in found.features.values()] == [True, True]
    assert {f.name: f.value for f in of_report(found, "binary", 0.05)}["DataViolations"] == 2
    seen = [*checks, {"feature_name": "a", "constraint_check_type": "baseline_drift_check", "description": "…"}]
    quiet = {"statistics.json": {"features": [feature(n, window) for n in names]}}
    again = assemble(MONITORS["data-quality"], {**files, "constraint_violations.json": {"violations": seen}}, quiet, WINDOW, "binary")
    figures = {f.name: f.value for f in of_report(again, "binary", 0.05)}
    assert (figures["DriftedFeatures"], figures["DataViolations"]) == (1, 2)  # what the service alone found counts as well


def test_quality_is_read_with_its_thresholds() -> None:
    statistics = {"binary_classification_metrics": {"auc": {"value": 0.7, "standard_deviation": "NaN"}, "f2": {"value": 0.1}}}
    baseline = {
        "constraints.json": {"binary_classification_constraints": {"auc": {"threshold": 0.9, "comparison_operator": "LessThanThreshold"}}}
    }
    violations = {"violations": [{"metric_name": "auc", "constraint_check_type": "LessThanThreshold", "description": "…"}]}
    files: dict[str, Any] = {"statistics.json": statistics, "constraint_violations.json": violations}
    found = assemble(MONITORS["model-quality"], files, baseline, WINDOW, "binary")
    assert (found.metrics["auc"].value, found.metrics["auc"].baseline, found.metrics["auc"].violated) == (0.7, 0.9, True)


def test_bias_violations_are_named_by_facet() -> None:
    one = {"facet": "sex", "facet_value": "f", "metric_name": "DPPL", "constraint_check_type": "bias_drift_check", "description": "…"}
    found = assemble(MONITORS["bias"], {"constraint_violations.json": {"violations": [one]}}, {}, WINDOW, "binary")
    assert list(found.metrics) == ["sex=f: DPPL"] and found.violations == 1
