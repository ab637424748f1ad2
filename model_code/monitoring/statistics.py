"""``statistics.json`` of data quality: written from profiles, and read back as distributions.

The form is that of genuine files. Of a numeric column with up to 100,000 distinct values the sketch's levels hold every
value as often as it occurred (`kll.exact_levels`), so whoever reads the file has exact ranks; beyond that they
are a compacted sketch, and its parameters say so.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from model_code.monitoring import kll
from model_code.monitoring.accumulate import TextAccount
from model_code.monitoring.datatypes import FRACTIONAL, INTEGRAL
from model_code.monitoring.distribution import Categories, Numbers
from model_code.monitoring.profile import Profile

BUCKETS = 10
CARDINALITY_LIMIT = 120  # Deequ's DEFAULT_CARDINALITY_THRESHOLD


def statistics(profiles: Iterable[Profile], rows: int) -> dict[str, Any]:
    """The file's content for ``rows`` rows."""
    return {"version": 0.0, "dataset": {"item_count": rows}, "features": [_feature(p) for p in profiles]}


def is_numeric(profile: Profile) -> bool:
    return profile.inferred_type in (INTEGRAL, FRACTIONAL)


def frequencies(profiles: Iterable[Profile]) -> dict[str, dict[str, int]]:
    """Counts of texts that have too many values for the file, and few enough to compare: they travel beside it."""
    out: dict[str, dict[str, int]] = {}
    for profile in profiles:
        found = profile.texts.distribution()
        if not is_numeric(profile) and found and len(found.counts) > CARDINALITY_LIMIT:
            out[profile.name] = dict(found.counts)
    return out


def read(
    content: Mapping[str, Any], more: Mapping[str, Mapping[str, int]] | None = None
) -> dict[str, tuple[str, Numbers | Categories | None]]:
    """Type and distribution of each feature of a parsed file, ours or the service's.

    ``more`` holds `frequencies`. None where the file carries no distribution. Raises KeyError for another form.
    """
    out: dict[str, tuple[str, Numbers | Categories | None]] = {}
    for feature in content["features"]:
        found: Numbers | Categories | None = None
        if numbers := feature.get("numerical_statistics"):
            found = _read_numbers(numbers)
        elif "categorical" in feature.get("string_statistics", {}).get("distribution", {}):
            buckets = feature["string_statistics"]["distribution"]["categorical"]["buckets"]
            found = Categories({str(b["value"]): int(b["count"]) for b in buckets})
        elif more and feature["name"] in more:
            found = Categories(more[feature["name"]])
        out[feature["name"]] = feature["inferred_type"], found
    return out


def buckets(levels: Sequence[np.ndarray]) -> list[dict[str, float]]:
    """Ten bins of equal width between the smallest and the largest item; the last is closed on the right."""
    values, counts = kll.weighted(levels)
    low, high = float(values[0]), float(values[-1])
    bounds = [low + (high - low) * i / BUCKETS for i in range(BUCKETS + 1)]
    bounds[-1] = high  # rounding must not leave the maximum outside
    below = np.concatenate([[0], np.cumsum(counts)])
    ranks = below[np.searchsorted(values, bounds, side="left")]
    ranks[-1] = below[-1]
    return [{"lower_bound": bounds[i], "upper_bound": bounds[i + 1], "count": float(ranks[i + 1] - ranks[i])} for i in range(BUCKETS)]


def _feature(profile: Profile) -> dict[str, Any]:
    head = {"name": profile.name, "inferred_type": profile.inferred_type}
    common = {"num_present": profile.present, "num_missing": profile.missing}
    if is_numeric(profile):
        return {**head, "numerical_statistics": _numeric(profile, common)}
    return {**head, "string_statistics": _textual(profile.texts, common, profile.completeness)}


def _numeric(profile: Profile, common: dict[str, int]) -> dict[str, Any]:
    numbers = profile.numbers
    if not numbers.count:  # cells, and none of them a number: there is nothing to sum up
        return {"common": common, "approximate_num_distinct_values": 0, "completeness": profile.completeness}
    distribution = numbers.distribution()
    exact = distribution.levels is None
    levels = kll.exact_levels(distribution.values, distribution.counts) if distribution.levels is None else distribution.levels
    k, c = (kll.DEEQU_K, kll.DEEQU_C) if exact else (kll.K, kll.C)
    sketch = {"parameters": {"c": c, "k": float(k)}, "data": [level.tolist() for level in levels]}
    return {
        "common": common,
        "mean": numbers.mean,
        "sum": numbers.mean * numbers.count,
        "std_dev": numbers.deviation,
        "min": numbers.low,
        "max": numbers.high,
        "approximate_num_distinct_values": numbers.distinct,
        "completeness": profile.completeness,
        "distribution": {"kll": {"buckets": buckets(levels), "sketch": sketch}},
    }


def _textual(texts: TextAccount, common: dict[str, int], completeness: float) -> dict[str, Any]:
    out: dict[str, Any] = {"common": common, "distinct_count": float(texts.distinct), "completeness": completeness}
    found = texts.distribution()
    if found is not None and len(found.counts) <= CARDINALITY_LIMIT:
        ordered = sorted(found.counts.items(), key=lambda item: (-item[1], item[0]))
        out["distribution"] = {"categorical": {"buckets": [{"value": value, "count": count} for value, count in ordered]}}
    return out


def _read_numbers(numbers: Mapping[str, Any]) -> Numbers | None:
    sketch = numbers.get("distribution", {}).get("kll", {}).get("sketch")
    if not sketch or not any(sketch["data"]):
        return None
    levels = [np.asarray(level, dtype="float64") for level in sketch["data"]]
    k, c = sketch["parameters"]["k"], sketch["parameters"]["c"]
    values, counts = kll.weighted(levels)
    if len(levels) == 1:
        return Numbers(values, counts, 0.0, tuple(levels))
    whole = len(values) == numbers.get("approximate_num_distinct_values") and all((np.diff(level) > 0).all() for level in levels)
    if whole and (k, c) == (kll.DEEQU_K, kll.DEEQU_C):
        return Numbers(values, counts)
    return Numbers(values, counts, kll.bound(levels, k, c), tuple(levels))
