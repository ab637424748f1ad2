"""A report → figures for CloudWatch, in the project's namespace. Pure."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from interfaces.analyzer import DATA_QUALITY, MODEL_BIAS, MODEL_QUALITY
from interfaces.dimensions import dimension
from interfaces.monitors import Monitor
from interfaces.reports import (
    BASELINE_MISMATCH,
    COMPLETED,
    CORRUPT_DATA,
    METRICS,
    NO_BASELINE,
    NO_DATA,
    TOO_FEW_LABELS,
    TOO_FEW_ROWS,
    WITH_VIOLATIONS,
    MonitorReport,
)

_LARGEST = 2.0**360  # what PutMetricData takes
FAILED = "Failed"  # the run itself; the others are what a run says of itself
# A figure per way to end badly, 0 or 1 in every run, so that an alarm on one goes back by itself
STATES = {
    "MonitorFailed": (FAILED,),
    "MonitorWithoutData": (NO_DATA, TOO_FEW_ROWS),
    "MonitorWithoutLabels": (TOO_FEW_LABELS,),
    "MonitorCorruptData": (CORRUPT_DATA,),
    "MonitorWithoutBaseline": (NO_BASELINE,),
    "MonitorBaselineMismatch": (BASELINE_MISMATCH,),
}


@dataclass(frozen=True)
class Figure:
    """One value. ``dimensions`` come beside the endpoint's."""

    name: str
    value: float
    dimensions: dict[str, str] = field(default_factory=dict)
    unit: str = "Count"

    def datum(self, endpoint: str, at: Any) -> dict[str, Any]:
        """As PutMetricData takes it."""
        dimensions = {"Endpoint": endpoint, **self.dimensions}
        named = [{"Name": k, "Value": dimension(v)} for k, v in dimensions.items()]
        value = max(-_LARGEST, min(_LARGEST, self.value))
        return {"MetricName": self.name, "Value": value, "Unit": self.unit, "Dimensions": named, "Timestamp": at}


def of_run(monitor: Monitor, state: str, *, whole: bool = True) -> list[Figure]:
    """That a window was looked at, and how that ended. A window that began before the release holds little, and that is no fault."""
    runs = Figure("MonitorRuns", 1.0, {"Monitor": monitor.name})
    if not whole and state in (NO_DATA, TOO_FEW_ROWS):
        state = COMPLETED
    return [runs, *(Figure(name, float(state in states)) for name, states in STATES.items())]


def of_report(report: MonitorReport, problem_type: str, tolerance: float) -> list[Figure]:
    """What the report says. Nothing is said of drift, quality or bias where nothing was compared."""
    rows = report.rows
    found = [Figure("MonitoredRows", float(rows.rows))]
    records = rows.records - rows.outside_window
    if records > 0:
        found.append(Figure("FaultyShare", sum(rows.faults.values()) / records, unit="None"))
    if report.labels:
        found.append(Figure("LabelledShare", report.labels.share, unit="None"))
    if report.state in (COMPLETED, WITH_VIOLATIONS):
        compared = {DATA_QUALITY: _data, MODEL_QUALITY: _quality, MODEL_BIAS: _bias}.get(report.analysis_type, _attribution)
        found += compared(report, problem_type, tolerance)
    return [f for f in found if math.isfinite(f.value)]


def decayed(report: MonitorReport, problem_type: str, tolerance: float) -> bool:
    """The analyzer's verdict where there is one; else a metric is worse than its baseline by more than a share of it."""
    if report.verdict is not None:
        return report.verdict.state == "decayed"
    return any(_worse(name, m.value, m.baseline, problem_type, tolerance) for name, m in report.metrics.items())


def _worse(name: str, value: float | None, baseline: float | None, problem_type: str, tolerance: float) -> bool:
    known = METRICS[problem_type].get(name)
    if known is None or value is None or baseline is None:
        return False
    loss = baseline - value if known.greater_is_better else value - baseline
    return loss > tolerance * abs(baseline)


def _data(report: MonitorReport, _: str, __: float) -> Iterator[Figure]:
    drifted = sum(f.drifted for f in report.features.values())
    yield Figure("DriftedFeatures", float(drifted))
    yield Figure("DataViolations", float(max(0, report.violations - drifted)))
    distances = [f.distance for f in report.features.values() if f.distance is not None and f.method != "ChiSquared"]
    if distances:
        yield Figure("LargestDrift", max(distances), unit="None")
    for name, feature in report.features.items():
        yield Figure("FeatureCompleteness", feature.completeness, {"Feature": name}, "None")
        if feature.distance is not None:
            yield Figure("FeatureDrift", feature.distance, {"Feature": name}, "None")


def _quality(report: MonitorReport, problem_type: str, tolerance: float) -> Iterator[Figure]:
    yield Figure("QualityDecay", float(decayed(report, problem_type, tolerance)))
    yield from _metrics(report, "Quality")


def _bias(report: MonitorReport, _: str, __: float) -> Iterator[Figure]:
    # a suggested constraint is the baseline's own value, which half of all windows exceed by chance: the verdict is a test
    certain = report.verdict is None or report.verdict.state == "decayed"
    yield Figure("BiasViolations", float(report.violations if certain else 0))
    yield from _metrics(report, "Bias")


def _attribution(report: MonitorReport, _: str, __: float) -> Iterator[Figure]:
    yield Figure("AttributionViolations", float(report.violations))
    yield from _metrics(report, "Attribution")


def _metrics(report: MonitorReport, name: str) -> Iterator[Figure]:
    for metric, found in report.metrics.items():
        if found.value is not None:
            yield Figure(name, found.value, {"Metric": metric}, "None")
