"""What people read: drifted features with numbers, and where the report lies."""

from interfaces import reports as r
from lambdas.monitor.message import SHOWN, alarm_text, summary
from tests.lambdas.monitor.support import feature, report


def test_drifted_features_come_worst_first_with_their_numbers() -> None:
    features = {"age": feature(0.2, drifted=True), "income": feature(0.5, drifted=True), "city": feature(0.01)}
    assert summary(report(features=features)).splitlines() == [
        "1000 rows from 2026-03-04T11:00:00Z to 2026-03-04T12:00:00Z",
        "income: distance 0.500, allowed 0.1 (Robust)",
        "age: distance 0.200, allowed 0.1 (Robust)",
    ]


def test_a_p_value_is_called_so_and_the_smallest_is_the_strongest_drift() -> None:
    tested = {name: r.FeatureReport(1.0, p, 0.1, "ChiSquared", True) for name, p in (("a", 0.09), ("b", 1e-9), ("c", 0.0))}
    features = {**tested, "income": feature(0.5, drifted=True)}
    assert summary(report(features=features)).splitlines()[1:] == [
        "c: p-value 0, drift below 0.1 (ChiSquared)",
        "b: p-value 1e-09, drift below 0.1 (ChiSquared)",
        "income: distance 0.500, allowed 0.1 (Robust)",
        "a: p-value 0.09, drift below 0.1 (ChiSquared)",
    ]


def test_many_are_counted() -> None:
    features = {f"f{i}": feature(0.5, drifted=True) for i in range(SHOWN + 3)}
    assert summary(report(features=features)).splitlines()[-1] == "and 3 more"


def test_metrics_labels_and_verdict() -> None:
    text = summary(
        report(
            "MODEL_QUALITY",
            labels=r.LabelCounts(labelled=420, share=0.42),
            metrics={"auc": r.MetricReport(0.71, 0.89, True), "f1": r.MetricReport(0.8, 0.8)},
            verdict=r.Verdict("decayed", "concept"),
        )
    )
    assert "42% of them labelled" in text and "decayed, cause: concept" in text
    assert "auc: 0.71, at the baseline 0.89" in text and "f1" not in text


def test_a_clean_window_says_its_reason() -> None:
    assert summary(report()).splitlines()[1] == "as at the baseline"


def test_the_alarm_carries_finding_report_and_runbook() -> None:
    text = alarm_text("shop-dev-drift-data", "Drift. Runbook: docs/runbooks/drift-data.md", "age: 0.2", "s3://data/monitoring/x")
    assert text.splitlines() == [
        "shop-dev-drift-data is in ALARM.",
        "age: 0.2",
        "Report: s3://data/monitoring/x",
        "Drift. Runbook: docs/runbooks/drift-data.md",
    ]
    assert "No report" in alarm_text("a", "d", "", "")
