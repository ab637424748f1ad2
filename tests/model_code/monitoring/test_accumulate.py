"""Accounts of parts, merged, are the account of the whole; beyond the limit they say how far off they are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_code.monitoring import accumulate
from model_code.monitoring.accumulate import NumberAccount, TextAccount

NUMBERS = st.lists(st.integers(-30, 30).map(float) | st.floats(-1e6, 1e6), max_size=80).map(lambda v: np.array(v, dtype="float64"))


def account(*parts: np.ndarray) -> NumberAccount:
    out = NumberAccount()
    for part in parts:
        out.add(part)
    return out


@given(NUMBERS, NUMBERS)
def test_merging_parts_equals_taking_the_whole(one, other):
    merged, whole = account(one), account(np.concatenate([one, other]))
    merged.merge(account(other))
    assert (merged.count, merged.low, merged.high, merged.distinct) == (whole.count, whole.low, whole.high, whole.distinct)
    assert merged.mean == pytest.approx(whole.mean, abs=1e-6)
    if whole.count:
        assert whole.deviation == pytest.approx(np.concatenate([one, other]).std(), abs=1e-6)
        assert merged.deviation == pytest.approx(whole.deviation, abs=1e-6)
    left, right = merged.distribution(), whole.distribution()
    assert left.values.tolist() == right.values.tolist()
    assert left.counts.tolist() == right.counts.tolist()
    assert left.error == 0


@given(NUMBERS, NUMBERS, st.integers(0, 40))
def test_beyond_the_limit_ranks_stay_within_the_stated_error(one, other, limit):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accumulate, "EXACT_DISTINCT", limit)
        merged = account(one)
        merged.merge(account(other))
        found = merged.distribution()
    both = np.sort(np.concatenate([one, other]))
    assert found.total == len(both)
    if len(both):
        true = np.searchsorted(both, found.values, side="right") / len(both)
        assert np.abs(found.cdf(found.values) - true).max() <= found.error + 1e-12


def test_a_hundred_thousand_values_are_exact_and_one_more_is_not():
    values = np.random.default_rng(0).permutation(100_000).astype("float64")
    exact = account(values, values[:1000])
    assert (exact.distinct, exact.distribution().error, exact.distribution().levels) == (100_000, 0.0, None)
    assert exact.distribution().counts.sum() == 101_000
    exact.add(np.array([0.5]))
    sketched = exact.distribution()
    assert 0 < sketched.error < 1e-4
    assert exact.distinct == pytest.approx(100_001, rel=0.1)


def test_zeros_of_both_signs_are_one_value():
    assert account(np.array([0.0, -0.0])).distinct == 1


def test_texts_are_counted_up_to_the_limit_and_estimated_beyond():
    one, other = TextAccount(3), TextAccount(3)
    one.add({"a": 2, "b": 1})
    other.add({"b": 4, "c": 1})
    one.merge(other)
    assert one.distribution().counts == {"a": 2, "b": 5, "c": 1}
    one.add({"d": 1})
    assert (one.distribution(), one.distinct, one.count) == (None, 4, 9)
    other.merge(one)
    assert (other.distribution(), other.distinct, other.count) == (None, 4, 14)


def test_many_texts_are_estimated_within_a_tenth():
    texts = TextAccount(10)
    for start in range(0, 40_000, 10_000):
        texts.add({f"id-{i}": 1 for i in range(start, start + 20_000)})
    assert texts.distinct == pytest.approx(50_000, rel=0.1)
