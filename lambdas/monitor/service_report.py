"""What Model Monitor's own images leave, as the report that our analyzer writes itself. Pure."""

from collections.abc import Mapping, Set
from typing import Any

from interfaces import drift
from interfaces.analyzer import DATA_QUALITY, MODEL_QUALITY
from interfaces.monitors import Monitor
from interfaces.reports import (
    ANALYSIS_FILE,
    COMPLETED,
    CONSTRAINTS_FILE,
    KIND,
    METRICS,
    STATISTICS_FILE,
    VIOLATIONS_FILE,
    WITH_VIOLATIONS,
    FeatureReport,
    MetricReport,
    MonitorReport,
    RowCounts,
)

DRIFT_CHECK = "baseline_drift_check"
Files = Mapping[str, dict[str, Any]]


def assemble(monitor: Monitor, files: Files, baseline: Files, window: dict[str, str], problem_type: str) -> MonitorReport:
    """A report from statistics and violations; no violations file after a completed run means that there were none."""
    violations = list(files.get(VIOLATIONS_FILE, {}).get("violations", []))
    statistics = files.get(STATISTICS_FILE, {})
    rows = int(statistics.get("dataset", {}).get("item_count", 0))
    features, metrics, count = {}, {}, len(violations)
    if monitor.analysis_type == DATA_QUALITY:
        drifts = {v.get("feature_name") for v in violations if v.get("constraint_check_type") == DRIFT_CHECK}
        features = _features(statistics, baseline, drifts)
        # a feature that drifted counts once, whether the service found it, our comparison, or both
        others = [v for v in violations if v.get("constraint_check_type") != DRIFT_CHECK]
        count = len(others) + sum(f.drifted for f in features.values())
    elif monitor.analysis_type == MODEL_QUALITY:
        metrics = _quality(statistics, baseline.get(CONSTRAINTS_FILE, {}), violations, problem_type)
    else:
        metrics = {_named(v): MetricReport(None, None, True) for v in violations}
    found = [k for k in (STATISTICS_FILE, ANALYSIS_FILE, VIOLATIONS_FILE) if k in files]
    reason = f"from {', '.join(found)}" if found else "the run left no report"
    return MonitorReport(
        analysis_type=monitor.analysis_type,
        state=WITH_VIOLATIONS if count else COMPLETED,
        reason=reason,
        window=window,
        violations=count,
        rows=RowCounts(records=rows, rows=rows),
        features=features,
        metrics=metrics,
    )


def _features(statistics: dict[str, Any], baseline: Files, drifts: Set[Any]) -> dict[str, FeatureReport]:
    compared = drift.compare(statistics, baseline.get(STATISTICS_FILE, {}), baseline.get(CONSTRAINTS_FILE, {}))
    return {n: FeatureReport(d.completeness, d.distance, d.threshold, d.method, d.drifted or n in drifts) for n, d in compared.items()}


def _quality(
    statistics: dict[str, Any], constraints: dict[str, Any], violations: list[dict[str, Any]], problem_type: str
) -> dict[str, MetricReport]:
    violated = {v.get("metric_name") for v in violations}
    values = statistics.get(f"{KIND[problem_type]}_metrics", {})
    limits = constraints.get(f"{KIND[problem_type]}_constraints", {})
    out = {}
    for name in METRICS[problem_type]:
        value = values.get(name, {}).get("value")
        if isinstance(value, int | float):
            out[name] = MetricReport(float(value), limits.get(name, {}).get("threshold"), name in violated)
    return out


def _named(violation: dict[str, Any]) -> str:
    facet = f"{violation['facet']}={violation.get('facet_value', '')}: " if "facet" in violation else ""
    return f"{facet}{violation.get('metric_name', violation.get('constraint_check_type', 'violation'))}"
