"""What Model Monitor's own images leave, as the report that our analyzer writes itself. Pure."""

from collections.abc import Mapping
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

Files = Mapping[str, dict[str, Any]]


def assemble(monitor: Monitor, files: Files, baseline: Files, window: dict[str, str], problem_type: str) -> MonitorReport:
    """A report from statistics and violations; no violations file after a completed run means that there were none."""
    violations = list(files.get(VIOLATIONS_FILE, {}).get("violations", []))
    statistics = files.get(STATISTICS_FILE, {})
    rows = int(statistics.get("dataset", {}).get("item_count", 0))
    state = WITH_VIOLATIONS if violations else COMPLETED
    features, metrics = {}, {}
    if monitor.analysis_type == DATA_QUALITY:
        features = _features(statistics, baseline)
    elif monitor.analysis_type == MODEL_QUALITY:
        metrics = _quality(statistics, baseline.get(CONSTRAINTS_FILE, {}), violations, problem_type)
    else:
        metrics = {_named(v): MetricReport(None, None, True) for v in violations}
    found = [k for k in (STATISTICS_FILE, ANALYSIS_FILE, VIOLATIONS_FILE) if k in files]
    reason = f"from {', '.join(found)}" if found else "the run left no report"
    return MonitorReport(
        analysis_type=monitor.analysis_type,
        state=state,
        reason=reason,
        window=window,
        violations=len(violations),
        rows=RowCounts(records=rows, rows=rows),
        features=features,
        metrics=metrics,
    )


def _features(statistics: dict[str, Any], baseline: Files) -> dict[str, FeatureReport]:
    compared = drift.compare(statistics, baseline.get(STATISTICS_FILE, {}), baseline.get(CONSTRAINTS_FILE, {}))
    return {n: FeatureReport(d.completeness, d.distance, d.threshold, "sketch", d.drifted) for n, d in compared.items()}


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
