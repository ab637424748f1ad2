"""Drift from statistics files agrees with the analyzer's exact distances, and with deequ's test vectors."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.drift import FeatureDrift, categorical, compare, completeness, numerical
from model_code.monitoring import distance as analyzer
from model_code.monitoring.distribution import Numbers


def weighted(values: list[float]) -> list[tuple[float, float]]:
    return [(v, 1.0) for v in values]


def test_vectors() -> None:
    a, b = weighted([1, 2, 3, 4]), weighted([2, 3, 4, 5])
    assert numerical(a, b, robust=False) == 0.25 and numerical(a, b, robust=True) == 0.0
    first = {"a": 10, "b": 20, "c": 25, "d": 10, "e": 5}
    assert categorical(first, {"a": 11, "b": 20, "c": 25, "d": 10, "e": 10}, robust=False) == pytest.approx(0.06015037593984962)
    other = {"f": 11, "a": 20, "c": 25, "d": 10, "e": 10}
    assert categorical(first, other, robust=False) == pytest.approx(0.2857142857142857)


def test_equal_values_count_together() -> None:
    """Deequ's blind spot on discrete columns is not ours."""
    assert numerical([(0, 10), (1, 90)], [(0, 90), (1, 10)], robust=False) == pytest.approx(0.8)


def numbers(values: list[int]) -> Numbers:
    distinct, counts = np.unique(np.array(values, float), return_counts=True)
    return Numbers(distinct, counts)


COUNTS = st.lists(st.integers(0, 8), min_size=1, max_size=60)


@given(COUNTS, COUNTS, st.booleans())
def test_it_agrees_with_the_analyzer(a: list[int], b: list[int], robust: bool) -> None:
    ours = numerical(weighted([float(v) for v in a]), weighted([float(v) for v in b]), robust=robust)
    assert ours == pytest.approx(analyzer.numeric(numbers(a), numbers(b), robust=robust))
    first, second = Counter(map(str, a)), Counter(map(str, b))
    assert categorical(first, second, robust=robust) == pytest.approx(analyzer.categorical(first, second, robust=robust))


def feature(name: str, values: list[float], missing: int = 0) -> dict[str, object]:
    kll = {"sketch": {"parameters": {"c": 0.64, "k": 2048.0}, "data": [values]}, "buckets": []}
    common = {"num_present": len(values), "num_missing": missing}
    return {"name": name, "inferred_type": "Fractional", "numerical_statistics": {"common": common, "distribution": {"kll": kll}}}


def words(name: str, **counts: int) -> dict[str, object]:
    buckets = [{"value": k, "count": v} for k, v in counts.items()]
    common = {"num_present": sum(counts.values()), "num_missing": 0}
    return {
        "name": name,
        "inferred_type": "String",
        "string_statistics": {"common": common, "distribution": {"categorical": {"buckets": buckets}}},
    }


def test_files_are_compared_by_their_own_thresholds() -> None:
    now = {"features": [feature("age", [5.0] * 400, missing=100), words("city", Bern=10, Oslo=390), feature("new", [1.0])]}
    then = {"features": [feature("age", [1.0] * 400), words("city", Bern=390, Oslo=10)]}
    config = {"comparison_threshold": 0.2, "comparison_method": "Robust", "categorical_comparison_threshold": 0.3}
    found = compare(now, then, {"monitoring_config": {"distribution_constraints": config}})
    assert set(found) == {"age", "city"}
    assert (found["age"].completeness, found["age"].threshold, found["age"].drifted) == (0.8, 0.2, True)
    assert found["city"].threshold == 0.3 and found["city"].distance == pytest.approx(0.95 - 1.8 * (800 / 160000) ** 0.5)


def test_what_cannot_be_told_is_not_drift() -> None:
    assert not FeatureDrift(1.0, None).drifted
    assert numerical([], weighted([1.0]), robust=True) is None
    assert (
        completeness({"name": "x", "inferred_type": "Unknown", "string_statistics": {"common": {"num_present": 0, "num_missing": 0}}})
        == 0.0
    )
    mixed = compare({"features": [words("x", a=1)]}, {"features": [feature("x", [1.0])]}, {})
    assert mixed["x"].distance is None
