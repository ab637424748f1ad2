"""Drift from statistics files agrees with the analyzer's exact distances, and with deequ's test vectors."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2

from interfaces.drift import FeatureDrift, _above, categorical, compare, completeness, numerical
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


def drifting() -> tuple[dict[str, object], dict[str, object]]:
    now = {"features": [feature("flag", [0.0] * 100 + [1.0] * 900), words("city", Bern=10, Oslo=390)]}
    return now, {"features": [feature("flag", [0.0] * 900 + [1.0] * 100), words("city", Bern=390, Oslo=10)]}


def asked(top: dict[str, object] | None = None, **config: object) -> dict[str, object]:
    return {"monitoring_config": {"distribution_constraints": config, **(top or {})}}


def test_a_comparison_that_was_switched_off_is_not_made() -> None:
    for constraints in (asked(perform_comparison="Disabled"), asked({"evaluate_constraints": "Disabled"})):
        found = compare(*drifting(), constraints)
        assert {(d.distance, d.drifted) for d in found.values()} == {(None, False)}
        assert found["flag"].completeness == 1.0


@pytest.mark.parametrize("spelling", ["monitoring_config_overrides", "monitoringConfigOverrides"])
def test_a_feature_overrides_the_file(spelling: str) -> None:
    override = {"name": "flag", spelling: {"distribution_constraints": {"comparison_threshold": 0.9, "comparison_method": "Simple"}}}
    found = compare(*drifting(), {**asked(), "features": [override]})
    assert (found["flag"].threshold, found["flag"].method, found["flag"].distance) == (0.9, "Simple", pytest.approx(0.8))
    assert not found["flag"].drifted and found["city"].drifted


def test_both_spellings_of_a_method_are_the_method() -> None:
    robust = compare(*drifting(), asked(comparison_method="linf_robust"))["flag"]
    assert (robust.method, robust.distance) == ("Robust", pytest.approx(0.8 - 1.8 * (2000 / 1e6) ** 0.5))
    assert compare(*drifting(), asked(comparison_method="linf_simple"))["flag"].distance == pytest.approx(0.8)
    assert compare(*drifting(), asked(comparison_method="unheard of"))["flag"] == robust


def test_a_p_value_drifts_below_its_threshold() -> None:
    found = compare(*drifting(), asked(categorical_drift_method="ChiSquared"))["city"]
    assert (found.method, found.drifted) == ("ChiSquared", True) and (found.distance or 0) < 1e-9
    same = {"features": [words("city", Bern=390, Oslo=10)]}
    calm = compare(same, same, asked(categorical_drift_method="ChiSquared"))["city"]
    assert (calm.distance, calm.drifted) == (1.0, False)
    only = {"features": [words("city", Bern=4)]}
    assert compare(only, only, asked(categorical_drift_method="ChiSquared"))["city"].distance is None


@given(st.floats(1e-6, 200), st.integers(1, 60))
def test_p_values_are_those_of_the_chi_squared_distribution(statistic: float, freedom: int) -> None:
    assert _above(statistic, freedom) == pytest.approx(float(chi2.sf(statistic, freedom)), rel=1e-9, abs=1e-300)


@pytest.mark.parametrize(("distance", "method", "drifted"), [(0.1, "Robust", False), (0.1, "ChiSquared", False)])
def test_at_its_threshold_a_feature_has_not_drifted(distance: float, method: str, drifted: bool) -> None:
    assert FeatureDrift(1.0, distance, 0.1, method).drifted == drifted
