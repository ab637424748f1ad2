"""Drift of a feature from two statistics.json files, with the standard library alone.

Where the project's analyzer ran, its report holds exact distances. Model Monitor's own image writes none for features
within their thresholds: here they are computed from the sketches and counts that its statistics hold.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from interfaces.monitoring_config import Config, ConstraintError, config

ROBUST_C = 1.8  # Knuth's bound on the Kolmogorov-Smirnov statistic at 0.003 (awslabs/deequ, Distance.scala)
THRESHOLD = 0.1
_COCHRAN = 10.0  # two categories: each expected count at least (Cochran 1952)
_YATES, _YATES_SHARE = 5.0, 0.2  # more: at most a fifth below (Yates, Moore & McCabe 1999, p. 734)


@dataclass(frozen=True)
class FeatureDrift:
    """``distance`` is None where it cannot be told: no data, another type, categories too many to be listed, or no comparison asked for.

    ``method`` is Simple, Robust, LInfinity or ChiSquared; the distance is then a p-value, and drift is below the threshold.
    """

    completeness: float
    distance: float | None = None
    threshold: float = THRESHOLD
    method: str = "Robust"

    @property
    def drifted(self) -> bool:
        if self.distance is None:
            return False
        return self.distance < self.threshold if self.method == "ChiSquared" else self.distance > self.threshold


def compare(statistics: Mapping[str, Any], baseline: Mapping[str, Any], constraints: Mapping[str, Any]) -> dict[str, FeatureDrift]:
    """Each feature of the baseline that was observed, by name, as the constraints file and what it overrides per feature ask for it."""
    before = {f["name"]: f for f in baseline.get("features", [])}
    limits = {f["name"]: f for f in constraints.get("features", []) if "name" in f}
    found: dict[str, FeatureDrift] = {}
    for now in statistics.get("features", []):
        then = before.get(now["name"])
        if then is not None:
            found[now["name"]] = _drift(now, then, _settings(constraints, limits.get(now["name"])))
    return found


def _settings(constraints: Mapping[str, Any], feature: Mapping[str, Any] | None) -> Config:
    """AWS's image ran with this file: a setting that is unknown here is not worth a report's failure."""
    try:
        return config(constraints, feature)
    except ConstraintError:
        return Config()


def _drift(now: Mapping[str, Any], then: Mapping[str, Any], settings: Config) -> FeatureDrift:
    number = "numerical_statistics" in now
    method = ("Robust" if settings.robust else "Simple") if number else settings.categorical_method
    threshold = settings.threshold if number else settings.categorical_threshold
    asked = settings.evaluate and settings.compare
    return FeatureDrift(completeness(now), _distance(now, then, settings) if asked else None, threshold, method)


def completeness(feature: Mapping[str, Any]) -> float:
    """Share of values that are not null."""
    common = _statistics(feature).get("common", {})
    present, missing = common.get("num_present", 0), common.get("num_missing", 0)
    return present / (present + missing) if present + missing else 0.0


def _distance(now: Mapping[str, Any], then: Mapping[str, Any], settings: Config) -> float | None:
    ours, theirs = _statistics(now).get("distribution", {}), _statistics(then).get("distribution", {})
    if "kll" in ours and "kll" in theirs:
        return numerical(list(_items(ours["kll"])), list(_items(theirs["kll"])), robust=settings.robust)
    if "categorical" in ours and "categorical" in theirs:
        counts = _counts(ours["categorical"]), _counts(theirs["categorical"])
        if settings.categorical_method == "ChiSquared":
            p_value = chi_squared(*counts)[1]
            return None if math.isnan(p_value) else p_value
        return categorical(*counts, robust=settings.robust)
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


def chi_squared(current: Mapping[str, float], baseline: Mapping[str, float]) -> tuple[float, float]:
    """ChiSquared: (statistic, p-value) of the sample against the baseline's shares.

    Categories that the baseline does not know are left out (the domain check is theirs) and rare ones are put
    together first. NaN when fewer than two categories remain or none is common to both.
    """
    total = sum(baseline.values())
    matched = sum(count for key, count in current.items() if key in baseline)
    if not matched or not total:
        return math.nan, math.nan
    expected = {key: count / total * matched for key, count in baseline.items()}
    observed = {key: float(current.get(key, 0)) for key in expected}
    _regroup(observed, expected)
    if len(expected) < 2:
        return math.nan, math.nan
    scale = sum(observed.values()) / sum(expected.values())
    statistic = sum((observed[key] - value * scale) ** 2 / (value * scale) for key, value in expected.items() if value)
    return statistic, _above(statistic, len(expected) - 1)


def _regroup(observed: dict[str, float], expected: dict[str, float]) -> None:
    """Add the rarest category to the next until the test's approximation holds."""
    while len(expected) >= 2:
        least, allowed = (_COCHRAN, 0) if len(expected) == 2 else (_YATES, int(_YATES_SHARE * len(expected)))
        if sum(value < least for value in expected.values()) <= allowed:
            return
        rarest = min(expected, key=lambda key: expected[key])
        value, seen = expected.pop(rarest), observed.pop(rarest)
        second = min(expected, key=lambda key: expected[key])
        expected[second] += value
        observed[second] += seen


def _above(statistic: float, freedom: int) -> float:
    """The chance of a larger chi-squared statistic: the regularised upper incomplete gamma function of ``freedom``/2, from that of 1/2 or 1
    by Q(a + 1, x) = Q(a, x) + x^a e^-x / Γ(a + 1)."""
    x = statistic / 2
    if not x:
        return 1.0
    a, out = (0.5, math.erfc(math.sqrt(x))) if freedom % 2 else (1.0, math.exp(-x))
    while a < freedom / 2:
        out += math.exp(a * math.log(x) - x - math.lgamma(a + 1))
        a += 1
    return min(1.0, out)


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
