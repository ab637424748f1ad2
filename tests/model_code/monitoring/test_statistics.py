"""statistics.json has the genuine form, and whoever reads it back has the exact distribution."""

import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_code.monitoring import accumulate, kll
from model_code.monitoring.distribution import Categories, Numbers
from model_code.monitoring.profile import profile
from model_code.monitoring.statistics import buckets, frequencies, read, statistics


def described(**columns):
    table = pa.table(columns)
    return {f["name"]: f for f in statistics(profile([table]), table.num_rows)["features"]}


def test_a_number_is_described_as_in_a_genuine_file():
    feature = described(x=[1.0, 2.0, 4.0, None])["x"]
    assert list(feature) == ["name", "inferred_type", "numerical_statistics"]
    numbers = feature["numerical_statistics"]
    assert list(numbers) == [
        "common",
        "mean",
        "sum",
        "std_dev",
        "min",
        "max",
        "approximate_num_distinct_values",
        "completeness",
        "distribution",
    ]
    assert numbers["common"] == {"num_present": 3, "num_missing": 1}
    assert numbers["std_dev"] == pytest.approx(np.std([1, 2, 4]))  # of the population
    assert (numbers["sum"], numbers["completeness"], numbers["approximate_num_distinct_values"]) == (7.0, 0.75, 3)
    assert numbers["distribution"]["kll"]["sketch"] == {"parameters": {"c": 0.64, "k": 2048.0}, "data": [[1.0, 2.0, 4.0]]}


def test_a_text_is_described_as_in_a_genuine_file():
    feature = described(s=["b", "a", "b", None])["s"]["string_statistics"]
    assert feature == {
        "common": {"num_present": 3, "num_missing": 1},
        "distinct_count": 2.0,
        "completeness": 0.75,
        "distribution": {"categorical": {"buckets": [{"value": "b", "count": 2}, {"value": "a", "count": 1}]}},
    }
    assert described(s=pa.nulls(2, pa.string()))["s"]["inferred_type"] == "Unknown"


@pytest.mark.parametrize(("values", "listed"), [(120, True), (121, False)])
def test_categories_are_listed_up_to_deequ_s_limit_and_counted_beside_beyond(values, listed):
    table = pa.table({"s": [f"v{i}" for i in range(values)]})
    found = profile([table])
    content = statistics(found, table.num_rows)
    assert ("distribution" in content["features"][0]["string_statistics"]) == listed
    assert (not frequencies(found)) == listed
    kind, distribution = read(content, frequencies(found))["s"]
    assert isinstance(distribution, Categories)
    assert (kind, distribution.total) == ("String", values)
    assert read(statistics(found, 1))["s"][1] is None or listed


def test_buckets_follow_from_the_sketch():
    """Ten of equal width; an item on a bound counts above it, the last bound is closed."""
    found = buckets([np.array([0.0, 1.0, 10.0]), np.array([5.0]), np.array([10.0, 9.5])])
    assert [b["count"] for b in found] == [1.0, 1.0, 0.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 9.0]
    assert (found[0]["lower_bound"], found[5]["lower_bound"], found[-1]["upper_bound"]) == (0.0, 5.0, 10.0)
    assert [b["count"] for b in buckets([np.array([3.0, 3.0])])] == [0.0] * 9 + [2.0]


@given(st.lists(st.floats(-1e9, 1e9) | st.integers(-3, 3).map(float), min_size=1, max_size=200))
def test_what_is_read_back_is_exactly_what_was_counted(values):
    content = json.loads(json.dumps(statistics(profile([pa.table({"x": values})]), len(values))))
    found = read(content)["x"][1]
    assert isinstance(found, Numbers)
    exact = Numbers.of(np.array(values))
    assert found.values.tolist() == exact.values.tolist()
    assert found.counts.tolist() == exact.counts.tolist()
    assert found.error == 0
    bins = content["features"][0]["numerical_statistics"]["distribution"]["kll"]["buckets"]
    assert sum(b["count"] for b in bins) == len(values)
    assert (bins[0]["lower_bound"], bins[-1]["upper_bound"]) == (min(values), max(values))


def test_a_compacted_sketch_is_read_back_with_its_error(monkeypatch):
    monkeypatch.setattr(accumulate, "EXACT_DISTINCT", 1000)
    values = np.random.default_rng(0).normal(size=60_000)
    content = statistics(profile([pa.table({"x": values})]), len(values))
    sketch = content["features"][0]["numerical_statistics"]["distribution"]["kll"]["sketch"]
    assert sketch["parameters"] == {"c": kll.C, "k": float(kll.K)}
    found = read(content)["x"][1]
    true = np.searchsorted(np.sort(values), found.values, side="right") / len(values)
    assert 0 < np.abs(found.cdf(found.values) - true).max() <= found.error < 0.001


def test_a_foreign_sketch_is_not_taken_for_exact():
    sketch = kll.Sketch(kll.DEEQU_K, kll.DEEQU_C)
    sketch.update(np.repeat([0.0, 1.0], [15_000, 5_000]))
    numbers = {
        "approximate_num_distinct_values": 2,
        "distribution": {"kll": {"sketch": {"parameters": {"c": 0.64, "k": 2048.0}, "data": [level.tolist() for level in sketch.levels]}}},
    }
    found = read({"features": [{"name": "x", "inferred_type": "Integral", "numerical_statistics": numbers}]})["x"][1]
    assert (found.total, found.levels is not None) == (20_000, True)
    assert found.error > 0


def test_a_file_without_a_sketch_has_no_distribution():
    content = {"features": [{"name": "x", "inferred_type": "Fractional", "numerical_statistics": {"mean": 1.0}}]}
    assert read(content) == {"x": ("Fractional", None)}
