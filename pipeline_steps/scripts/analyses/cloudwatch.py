"""Metric files of the container contract: one JSON per line, which the service publishes when it is asked to."""

import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from interfaces.reports import FeatureReport, MetricReport
from model_code.monitoring.profile import Profile
from model_code.monitoring.statistics import is_numeric

FOLDER = Path("/opt/ml/output/metrics/cloudwatch")


def of_profiles(profiles: Iterable[Profile]) -> list[dict[str, Any]]:
    """``feature_data_*`` of numbers and ``feature_non_null_*`` of every column."""
    out: list[dict[str, Any]] = []
    for profile in profiles:
        out.append({"MetricName": f"feature_non_null_{profile.name}", "Value": profile.completeness})
        numbers = profile.numbers
        if is_numeric(profile) and numbers.count:
            values = {"SampleCount": numbers.count, "Sum": numbers.mean * numbers.count, "Minimum": numbers.low, "Maximum": numbers.high}
            out.append({"MetricName": f"feature_data_{profile.name}", "StatisticValues": values})
    return out


def of_drift(features: Mapping[str, FeatureReport]) -> list[dict[str, Any]]:
    """``feature_baseline_drift_*`` of every column that has a distance."""
    return [{"MetricName": f"feature_baseline_drift_{name}", "Value": f.distance} for name, f in features.items() if f.distance is not None]


def of_metrics(metrics: Mapping[str, MetricReport]) -> list[dict[str, Any]]:
    """Quality metrics by their own names."""
    return [{"MetricName": name, "Value": m.value} for name, m in metrics.items() if m.value is not None and math.isfinite(m.value)]


def write(metrics: Iterable[Mapping[str, Any]], endpoint: str, schedule: str, moment: str) -> None:
    """Write the file, each metric with time, unit and the dimensions that the service gives its own."""
    dimensions = [{"Name": "Endpoint", "Value": endpoint}, {"Name": "MonitoringSchedule", "Value": schedule}]
    lines = [json.dumps({**m, "Timestamp": moment, "Dimensions": dimensions, "Unit": "None"}) for m in metrics]
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "cloudwatch_metrics.jsonl").write_text("".join(line + "\n" for line in lines))
