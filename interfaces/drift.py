"""Drift of a feature from two statistics.json files, with the standard library alone.

Where the project's analyzer ran, its report holds exact distances. Model Monitor's own image writes none for features
within their thresholds: here they are computed from the sketches and counts that its statistics hold.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ROBUST_C = 1.8  # Knuth's bound on the Kolmogorov-Smirnov statistic at 0.003 (awslabs/deequ, Distance.scala)
THRESHOLD = 0.1


@dataclass(frozen=True)
class FeatureDrift:
    """``distance`` is None where it cannot be told: no data, another type, or categories too many to be listed."""

    completeness: float
    distance: float | None = None
    threshold: float = THRESHOLD

    @property
    def drifted(self) -> bool:
        return self.distance is not None and self.distance > self.threshold


def compare(statistics: Mapping[str, Any], baseline: Mapping[str, Any], constraints: Mapping[str, Any]) -> dict[str, FeatureDrift]:
    """Each feature of the baseline that was observed, by name."""
    settings = constraints.get("monitoring_config", {}).get("distribution_constraints", {})
    robust = settings.get("comparison_method", "Robust") == "Robust"
    numeric = float(settings.get("comparison_threshold", THRESHOLD))
    categorical = float(settings.get("categorical_comparison_threshold", THRESHOLD))
    before = {f["name"]: f for f in baseline.get("features", [])}
    found: dict[str, FeatureDrift] = {}
    for now in statistics.get("features", []):
        then = before.get(now["name"])
        if then is not None:
            threshold = numeric if "numerical_statistics" in now else categorical
            found[now["name"]] = FeatureDrift(completeness(now), _distance(now, then, robust=robust), threshold)
    return found


def completeness(feature: Mapping[str, Any]) -> float:
    """Share of values that are not null."""
    common = _statistics(feature).get("common", {})
    present, missing = common.get("num_present", 0), common.get("num_missing", 0)
    return present / (present + missing) if present + missing else 0.0


def _distance(now: Mapping[str, Any], then: Mapping[str, Any], *, robust: bool) -> float | None:
    ours, theirs = _statistics(now).get("distribution", {}), _statistics(then).get("distribution", {})
    if "kll" in ours and "kll" in theirs:
        return numerical(list(_items(ours["kll"])), list(_items(theirs["kll"])), robust=robust)
    if "categorical" in ours and "categorical" in theirs:
        return categorical(_counts(ours["categorical"]), _counts(theirs["categorical"]), robust=robust)
    return None


def numerical(a: Sequence[tuple[float, float]], b: Sequence[tuple[float, float]], *, robust: bool) -> float | None:
    """Largest difference of the cumulative distributions of (value, weight) pairs; equal values count together."""
    n, m = sum(w for _, w in a), sum(w for _, w in b)
    if not n or not m:
        return None
    steps: dict[float, float] = {}
    for items, total, sign in ((a, n, 1.0), (b, m, -1.0)):
        for value, weight in items:
            steps[value] = steps.get(value, 0.0) + sign * weight / total
    largest = running = 0.0
    for value in sorted(steps):
        running += steps[value]
        largest = max(largest, abs(running))
    return _corrected(largest, n, m) if robust else largest


def categorical(a: Mapping[str, float], b: Mapping[str, float], *, robust: bool) -> float | None:
    """Largest difference of the frequencies of one category."""
    n, m = sum(a.values()), sum(b.values())
    if not n or not m:
        return None
    largest = max(abs(a.get(key, 0) / n - b.get(key, 0) / m) for key in {*a, *b})
    return _corrected(largest, n, m) if robust else largest


def _corrected(distance: float, n: float, m: float) -> float:
    return max(0.0, distance - ROBUST_C * math.sqrt((n + m) / (n * m)))


def _items(kll: Mapping[str, Any]) -> Iterator[tuple[float, float]]:
    """(value, weight) of a sketch: items of level i stand for 2^i values each."""
    for level, values in enumerate(kll["sketch"]["data"]):
        for value in values:
            yield float(value), float(2**level)


def _counts(distribution: Mapping[str, Any]) -> dict[str, float]:
    return {str(bucket["value"]): float(bucket["count"]) for bucket in distribution["buckets"]}


def _statistics(feature: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = feature.get("numerical_statistics") or feature.get("string_statistics") or {}
    return found
