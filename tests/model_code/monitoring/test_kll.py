"""The sketch compacts as Deequ's does, merges, and never errs by more than it says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_code.monitoring import kll
from model_code.monitoring.kll import Sketch

NUMBERS = st.lists(st.integers(-1000, 1000).map(float), max_size=300)


def worst(sketch: Sketch, values: np.ndarray) -> float:
    """The largest error of a rank, as a share of the count."""
    items, weights = kll.weighted(sketch.levels)
    true = np.searchsorted(np.sort(values), items, side="right")
    return float(np.abs(true - np.cumsum(weights)).max()) / len(values)


def test_capacities_are_those_of_deequ_the_lowest_level_the_largest():
    sketch = Sketch(kll.DEEQU_K, kll.DEEQU_C)
    assert [sketch.capacity(height) for height in range(5)] == [2050, 1314, 842, 540, 346]


def test_a_compaction_keeps_every_other_item_from_an_offset_that_flips_on_every_second_one():
    sketch = Sketch(2, 1.0)  # levels of four
    kept = []
    for start in range(0, 40, 4):
        before = len(sketch.levels[1]) if len(sketch.levels) > 1 else 0
        sketch.levels = [np.array([3.0, 1.0, 2.0, 0.0]) + start, *sketch.levels[1:]]
        sketch._condense()
        kept.append((sketch.levels[1][before:] - start).tolist())
        sketch.levels[1] = np.empty(0)
    assert kept == [[0, 2], [1, 3], [1, 3], [0, 2], [0, 2], [1, 3], [1, 3], [0, 2], [0, 2], [1, 3]]


def test_an_odd_last_item_stays():
    sketch = Sketch(2, 1.0)
    sketch.absorb([np.array([5.0, 4.0, 3.0, 2.0, 9.0])])
    assert [level.tolist() for level in sketch.levels] == [[9.0], [2.0, 4.0]]


@given(NUMBERS, NUMBERS, st.integers(1, 8))
def test_a_merged_sketch_counts_everything_and_errs_within_its_bounds(one, other, k):
    both = np.array(one + other)
    left, right = Sketch(2 * k, 0.8), Sketch(2 * k, 0.8)
    left.update(np.array(one))
    right.absorb([np.array(other)])
    left.merge(right)
    assert left.count == len(both)
    if len(both):
        assert worst(left, both) <= left.error + 1e-12
        assert left.error <= kll.bound(left.levels, left.k, left.c) + 1e-12


@pytest.mark.parametrize(("k", "c"), [(kll.K, kll.C), (kll.DEEQU_K, kll.DEEQU_C)])
def test_a_long_stream_stays_small_and_near(k, c):
    values = np.random.default_rng(1).lognormal(size=150_000)
    sketch = Sketch(k, c)
    for start in range(0, len(values), 50_000):
        sketch.absorb([values[start : start + 50_000]])
    assert sum(map(len, sketch.levels)) < 50_000
    assert worst(sketch, values) <= sketch.error < 0.002
    assert sketch.error <= kll.bound(sketch.levels, k, c) < (0.001 if c == kll.C else 0.02)


@given(st.dictionaries(st.integers(-50, 50).map(float), st.integers(1, 5000)))
def test_exact_levels_say_how_often_each_value_occurred(counts):
    values = np.array(sorted(counts))
    levels = kll.exact_levels(values, np.array([counts[v] for v in values], dtype="int64"))
    assert sum(len(level) << height for height, level in enumerate(levels)) == sum(counts.values())
    found, weights = kll.weighted(levels)
    assert dict(zip(found.tolist(), weights.tolist(), strict=True)) == counts
