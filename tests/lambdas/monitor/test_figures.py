"""Reports become figures: one per state, none where nothing was compared."""

from datetime import UTC, datetime
from typing import Any

import pytest

from interfaces import reports as r
from interfaces.monitors import MONITORS
from lambdas.monitor.figures import FAILED, STATES, decayed, of_report, of_run
from tests.lambdas.monitor.support import feature, report


def values(kind: str = "DATA_QUALITY", **parts: Any) -> dict[str, float]:
    found = of_report(report(kind, **parts), "binary", 0.05)
    return {f.name + "".join(f"[{v}]" for v in f.dimensions.values()): f.value for f in found}


@pytest.mark.parametrize(
    ("state", "figure"),
    [
        (FAILED, "MonitorFailed"),
        (r.NO_DATA, "MonitorWithoutData"),
        (r.TOO_FEW_ROWS, "MonitorWithoutData"),
        (r.TOO_FEW_LABELS, "MonitorWithoutLabels"),
        (r.CORRUPT_DATA, "MonitorCorruptData"),
        (r.NO_BASELINE, "MonitorWithoutBaseline"),
        (r.BASELINE_MISMATCH, "MonitorBaselineMismatch"),
        (r.COMPLETED, None),
    ],
)
def test_each_state_is_a_figure_of_its_own_and_resets_the_others(state: str, figure: str | None) -> None:
    found = {f.name: f.value for f in of_run(MONITORS["data-quality"], state)}
    assert found.pop("MonitorRuns") == 1.0
    assert found == {name: float(name == figure) for name in STATES}


def test_every_state_that_is_not_an_end_in_itself_has_a_figure() -> None:
    covered = {s for states in STATES.values() for s in states}
    assert covered == {*r.MONITOR_STATES, FAILED} - {r.COMPLETED, r.WITH_VIOLATIONS}


def test_drift_per_feature_completeness_and_other_violations() -> None:
    features = {"age": feature(0.4, drifted=True), "city": feature(0.02, completeness=0.9), "note": feature(None)}
    found = values(features=features, violations=3, state=r.WITH_VIOLATIONS)
    assert found["DriftedFeatures"] == 1 and found["DataViolations"] == 2 and found["LargestDrift"] == 0.4
    assert found["FeatureDrift[age]"] == 0.4 and "FeatureDrift[note]" not in found
    assert found["FeatureCompleteness[city]"] == 0.9


@pytest.mark.parametrize("state", [r.TOO_FEW_LABELS, r.NO_BASELINE, r.TOO_FEW_ROWS])
def test_a_window_that_was_not_compared_says_nothing_of_quality(state: str) -> None:
    labels = r.LabelCounts(labelled=10, share=0.01)
    found = values("MODEL_QUALITY", state=state, labels=labels, metrics={"auc": r.MetricReport(0.1, 0.9, True)})
    assert set(found) == {"MonitoredRows", "FaultyShare", "LabelledShare"} and found["LabelledShare"] == 0.01


def test_quality_by_verdict_or_by_tolerance() -> None:
    worse = {"auc": r.MetricReport(0.80, 0.90, True)}
    assert decayed(report("MODEL_QUALITY", metrics=worse), "binary", 0.05)
    assert not decayed(report("MODEL_QUALITY", metrics=worse), "binary", 0.2)
    assert not decayed(report("MODEL_QUALITY", metrics=worse, verdict=r.Verdict("stable")), "binary", 0.05)
    assert decayed(report("MODEL_QUALITY", verdict=r.Verdict("decayed", "concept")), "binary", 0.05)
    error = {"rmse": r.MetricReport(1.2, 1.0, True)}
    assert decayed(report("MODEL_QUALITY", metrics=error), "regression", 0.05)
    found = values("MODEL_QUALITY", metrics=worse, state=r.WITH_VIOLATIONS)
    assert found["QualityDecay"] == 1.0 and found["Quality[auc]"] == 0.80


def test_bias_and_attribution() -> None:
    metrics = {"gender=f: DPPL": r.MetricReport(0.3, 0.1, True), "gender=f: AD": r.MetricReport(None)}
    found = values("MODEL_BIAS", metrics=metrics, violations=1)
    assert found["BiasViolations"] == 1 and found["Bias[gender=f: DPPL]"] == 0.3 and "Bias[gender=f: AD]" not in found
    assert values("MODEL_BIAS", violations=4, verdict=r.Verdict("stable"))["BiasViolations"] == 0
    assert values("MODEL_BIAS", violations=4, verdict=r.Verdict("decayed"))["BiasViolations"] == 4
    assert values("MODEL_EXPLAINABILITY", violations=2)["AttributionViolations"] == 2


def test_faulty_records_are_a_share_and_values_that_are_no_numbers_are_left_out() -> None:
    rows = r.RowCounts(records=10, rows=8, faults={"not JSON": 2})
    assert values(rows=rows)["FaultyShare"] == 0.2
    # records of other windows in the same files are neither here nor there
    assert values(rows=r.RowCounts(records=30, rows=8, outside_window=20, faults={"not JSON": 2}))["FaultyShare"] == 0.2
    assert "FaultyShare" not in values(rows=r.RowCounts(records=20, outside_window=20))
    assert "Quality[auc]" not in values("MODEL_QUALITY", metrics={"auc": r.MetricReport(float("nan"), 0.9)})


def test_a_figure_is_stamped_and_dimensioned() -> None:
    at = datetime(2026, 3, 4, tzinfo=UTC)
    (datum,) = [f.datum("e", at) for f in of_run(MONITORS["bias"], r.COMPLETED) if f.name == "MonitorRuns"]
    assert datum["Timestamp"] == at
    assert datum["Dimensions"] == [{"Name": "Endpoint", "Value": "e"}, {"Name": "Monitor", "Value": "bias"}]


@pytest.mark.parametrize("state", [r.NO_DATA, r.TOO_FEW_ROWS])
def test_a_window_that_began_before_the_release_may_hold_little(state: str) -> None:
    assert {f.name: f.value for f in of_run(MONITORS["data-quality"], state, whole=False)}["MonitorWithoutData"] == 0.0
    assert {f.name: f.value for f in of_run(MONITORS["data-quality"], FAILED, whole=False)}["MonitorFailed"] == 1.0
