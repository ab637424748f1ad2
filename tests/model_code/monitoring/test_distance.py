"""Distances are Deequ's on its own test vectors, exact where its rank maps are blind, and metrics in the mathematical sense."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.drift import chi_squared
from model_code.monitoring import distance, kll
from model_code.monitoring.distribution import Numbers

FIVE = {"a": 10, "b": 20, "c": 25, "d": 10, "e": 5}
SIX = {"a": 207, "b": 20, "c": 25, "d": 14, "e": 25, "g": 13}
SAMPLES = st.lists(st.integers(-20, 20).map(float), min_size=1, max_size=60).map(np.array)
COUNTS = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 300), min_size=1)


def sketch(*values: float) -> Numbers:
    return Numbers.from_levels([np.array(values, dtype="float64")], 0.0)


# The vectors are those of Deequ's KLLDistanceTest.
@pytest.mark.parametrize(("robust", "value"), [(False, 0.25), (True, 0.0)])
def test_numeric_vectors(robust, value):
    for measure in (distance.numeric, distance.deequ_numeric):
        assert measure(sketch(1, 2, 3, 4), sketch(2, 3, 4, 5), robust=robust) == value


@pytest.mark.parametrize(
    ("other", "simple"),
    [
        ({"a": 11, "b": 20, "c": 25, "d": 10, "e": 10}, 0.06015037593984962),
        ({"f": 11, "a": 20, "c": 25, "d": 10, "e": 10}, 0.2857142857142857),
    ],
)
def test_categorical_vectors(other, simple):
    assert distance.categorical(FIVE, other, robust=False) == pytest.approx(simple, rel=2e-13)
    assert distance.categorical(FIVE, other) == 0.0


@pytest.mark.parametrize(("alpha", "value"), [(0.003, 0.2726338046550349), (0.1, 0.33774199396969184)])
def test_categorical_vectors_of_other_risks(alpha, value):
    other = {"a": 22, "b": 20, "c": 25, "d": 12, "e": 13, "f": 15}
    assert distance.categorical(SIX, other, alpha=alpha) == pytest.approx(value, rel=2e-13)


CHI_SQUARED = [
    (SIX, {"a": 223, "b": 20, "c": 25, "d": 12, "e": 13, "f": 15}, 28.175042782458068),
    ({"a": 100, "b": 20, "c": 25, "d": 10, "e": 5, "f": 2}, {"a": 100, "b": 22, "c": 25, "d": 5, "e": 13, "f": 2}, 8.789790456457125),
    ({"a": 100, "b": 40, "c": 30, "d": 10}, {"a": 100, "b": 40, "c": 30, "e": 4}, 0.38754325259515626),
    ({"a": 100, "b": 4, "c": 3, "d": 27}, {"a": 100, "b": 4, "c": 3, "d": 34}, 1.1507901668129925),
    (
        {"a": 100, "b": 4, "c": 3, "d": 27, "e": 20, "f": 20, "g": 20, "h": 20},
        {"a": 100, "b": 2, "c": 1, "d": 34, "e": 20, "f": 20, "g": 20, "h": 20},
        6.827423492761593,
    ),
]


@pytest.mark.parametrize(("sample", "baseline", "statistic"), CHI_SQUARED)
def test_chi_squared_vectors_with_their_regrouping(sample, baseline, statistic):
    assert chi_squared(sample, baseline)[0] == pytest.approx(statistic, rel=2e-13)


def test_chi_squared_p_values():
    missing = chi_squared(SIX, {"a": 223, "b": 20, "c": 25, "d": 12, "e": 13, "f": 15})
    assert missing[1] == pytest.approx(3.3640191298478506e-5, rel=1e-10)  # Spark takes 1 - cdf, which loses digits
    common = chi_squared({"a": 207, "b": 20, "c": 25, "d": 14, "e": 25}, {"a": 223, "b": 20, "c": 25, "d": 12, "e": 13})
    assert common[1] == pytest.approx(0.013227994814265176, rel=2e-13)


@pytest.mark.parametrize(
    ("sample", "baseline"), [({"a": 100, "b": 4, "c": 3}, {"a": 100, "b": 4, "c": 3}), ({"a": 9}, {"b": 9}), ({}, {"a": 9})]
)
def test_chi_squared_without_two_categories_has_no_answer(sample, baseline):
    assert all(map(math.isnan, chi_squared(sample, baseline)))


def genuine_binary(share: float) -> Numbers:
    """A 0/1 column in a sketch whose levels are as large as in a genuine file of 23,432 rows."""
    sizes = (266, 1093, 2127, 1, 779)
    rng = np.random.default_rng(3)
    return Numbers.from_levels([(rng.random(n) < share).astype("float64") for n in sizes], 0.0)


def test_the_blind_spot_of_deequ_is_not_ours():
    """A flag that is set in 10 % of the baseline's rows and in 90 % of today's is not seen by its rank maps."""
    before, today = genuine_binary(0.1), genuine_binary(0.9)
    assert before.total == 23_432
    collapsed = distance._collapsed(before)
    assert (collapsed.total, collapsed.cdf(np.array([0.0]))[0]) == (32, 0.5)
    assert distance.correct(1.0, 32, 32) == pytest.approx(1 - 0.45)
    assert distance.deequ_numeric(today, before, robust=False) == 0.0
    assert distance.numeric(today, before) > 0.7


def test_the_blind_spot_is_there_from_exact_statistics_as_well():
    before = Numbers(np.array([0.0, 1.0]), np.array([45_000, 5_000]))
    today = Numbers(np.array([0.0, 1.0]), np.array([5_000, 45_000]))
    assert distance.deequ_numeric(today, before) < 0.1
    assert distance.numeric(today, before) > 0.7


@given(SAMPLES, SAMPLES)
def test_the_simple_distance_is_the_two_sample_statistic_ties_included(one, other):
    found = distance.numeric(Numbers.of(one), Numbers.of(other), robust=False)
    by_definition = max(abs((one <= x).mean() - (other <= x).mean()) for x in np.concatenate([one, other]))
    assert found == pytest.approx(by_definition, abs=1e-12)


@given(SAMPLES, SAMPLES, SAMPLES)
def test_the_simple_distance_is_a_metric(a, b, c):
    def between(one, other):
        return distance.numeric(Numbers.of(one), Numbers.of(other), robust=False)

    assert between(a, a) == 0
    assert between(a, b) == between(b, a)
    assert between(a, c) <= between(a, b) + between(b, c) + 1e-12
    assert 0 <= distance.numeric(Numbers.of(a), Numbers.of(b)) <= between(a, b)


@given(COUNTS, COUNTS)
def test_the_categorical_distance_is_symmetric_and_between_0_and_1(a, b):
    assert distance.categorical(a, b, robust=False) == pytest.approx(distance.categorical(b, a, robust=False))
    assert 0 <= distance.categorical(a, b) <= distance.categorical(a, b, robust=False) <= 1
    assert distance.categorical(a, a, robust=False) == 0


def test_a_sketched_distance_is_within_the_error_that_is_stated():
    rng = np.random.default_rng(5)
    one, other = rng.normal(size=60_000), rng.normal(0.3, 1.2, size=40_000)
    sketched = []
    for values in (one, other):
        account = kll.Sketch()
        account.absorb([values])
        sketched.append(Numbers.from_levels(account.levels, account.error))
    exact = distance.numeric(Numbers.of(one), Numbers.of(other), robust=False)
    assert sketched[0].error > 0
    assert abs(distance.numeric(*sketched, robust=False) - exact) <= sketched[0].error + sketched[1].error


def test_nothing_has_no_distance():
    assert math.isnan(distance.numeric(Numbers.of(np.array([np.nan])), sketch(1)))
    assert math.isnan(distance.categorical({}, {"a": 1}))
