"""Strategies of tuning jobs: what is proposed follows from the seed, stays in its ranges, and learns where it is meant to."""

import math
import random
from statistics import mean
from typing import Any

import pytest

from local_aws.errors import AwsError
from local_aws.sagemaker.candidates import proposer, size
from local_aws.sagemaker.space import Trial, check, draw, near, position

RANGES: dict[str, Any] = {
    "ContinuousParameterRanges": [
        {"Name": "rate", "MinValue": "0.001", "MaxValue": "1", "ScalingType": "Logarithmic"},
        {"Name": "keep", "MinValue": "0.1", "MaxValue": "0.99", "ScalingType": "ReverseLogarithmic"},
    ],
    "IntegerParameterRanges": [{"Name": "depth", "MinValue": "1", "MaxValue": "12"}],
    "CategoricalParameterRanges": [{"Name": "kind", "Values": ["a", "b", "c"]}],
}


def config(strategy: str, seed: int = 1, kind: str = "Minimize", ranges: dict[str, Any] = RANGES) -> dict[str, Any]:
    return {
        "Strategy": strategy, "RandomSeed": seed, "ParameterRanges": ranges,
        "HyperParameterTuningJobObjective": {"Type": kind, "MetricName": "loss"},
    }  # fmt: skip


def loss(values: dict[str, str]) -> float:
    """Least at a rate of 0.05, depth 7, kind b; 'keep' hardly matters."""
    rate = (math.log10(float(values["rate"])) - math.log10(0.05)) ** 2
    return rate + ((int(values["depth"]) - 7) / 6) ** 2 + (0.0 if values["kind"] == "b" else 0.3) + 0.01 * float(values["keep"])


def search(strategy: str, seed: int, count: int = 24, kind: str = "Minimize") -> list[Trial]:
    """Trials one after the other."""
    propose, trials = proposer(config(strategy, seed, kind), "job"), []
    sign = 1 if kind == "Minimize" else -1
    for _ in range(count):
        values = propose(trials)
        trials.append(Trial(values, sign * loss(values)))
    return trials


def best(trials: list[Trial]) -> float:
    return min(loss(t.values) for t in trials)


def test_bayesian_finds_better_values_than_random_ones() -> None:
    seeds = range(8)
    learnt, drawn = [best(search("Bayesian", s)) for s in seeds], [best(search("Random", s)) for s in seeds]
    assert mean(learnt) < 0.4 * mean(drawn)
    assert sum(a < b for a, b in zip(learnt, drawn, strict=True)) >= 7


def test_it_maximises_where_it_is_told_to() -> None:
    assert mean(best(search("Bayesian", s, kind="Maximize")) for s in range(4)) < 0.4 * mean(best(search("Random", s)) for s in range(4))


def test_what_was_observed_decides_what_comes_next() -> None:
    trials = search("Bayesian", 3, 12)
    propose = proposer(config("Bayesian", 3), "job")
    assert propose(trials) == propose(trials)
    worse = [Trial(t.values, -(t.objective or 0)) for t in trials]
    assert loss(propose(trials)) < loss(propose(worse))


def test_running_trials_are_left_alone_and_failed_ones_avoided() -> None:
    trials = search("Bayesian", 5, 16)
    propose = proposer(config("Bayesian", 5), "job")
    following = propose(trials)
    for other in (Trial(following, None, pending=True), Trial(following, None)):
        assert propose([*trials, other]) != following


@pytest.mark.parametrize("strategy", ["Bayesian", "Random"])
def test_a_seed_or_a_name_repeats_a_search(strategy: str) -> None:
    assert search(strategy, 2, 10) == search(strategy, 2, 10)
    assert search(strategy, 2, 10) != search(strategy, 3, 10)
    named = {k: v for k, v in config(strategy).items() if k != "RandomSeed"}
    assert proposer(named, "one")([]) == proposer(named, "one")([]) != proposer(named, "two")([])


def test_everything_proposed_lies_in_its_range() -> None:
    for strategy in ("Bayesian", "Random"):
        for trial in search(strategy, 4, 20):
            values = trial.values
            assert 0.001 <= float(values["rate"]) <= 1
            assert 0.1 <= float(values["keep"]) <= 0.99
            assert values["depth"] in map(str, range(1, 13))
            assert values["kind"] in "abc"


def test_a_small_space_is_not_searched_twice() -> None:
    ranges = {"CategoricalParameterRanges": [{"Name": "kind", "Values": list("abcdefgh")}]}
    propose, trials = proposer(config("Bayesian", 1, ranges=ranges), "job"), []
    for _ in range(12):
        values = propose(trials)
        trials.append(Trial(values, float("abcdefgh".index(values["kind"]))))
    learnt = [t.values["kind"] for t in trials[9:]]  # those before are drawn: one more than there are coordinates
    assert not set(learnt) & {t.values["kind"] for t in trials[:9]} or {t.values["kind"] for t in trials} == set("abcdefgh")


def test_positions_fill_the_unit_cube_and_follow_the_scale() -> None:
    source = random.Random(1)
    for _ in range(50):
        values = draw(RANGES, source)
        placed = position(RANGES, values)
        assert len(placed) == 6
        assert all(0 <= x <= 1 for x in placed)
        assert sorted(placed[3:]) == [0, 0, 0.5]
        still = near(RANGES, values, 0.0, source)
        assert position(RANGES, still)[:3] == pytest.approx(placed[:3])
    middle = {"rate": "0.0316227766", "keep": "0.9", "depth": "6", "kind": "a"}
    assert position(RANGES, middle)[0] == pytest.approx(0.5)


def test_a_grid_has_an_end_and_takes_categories_only() -> None:
    ranges = {"CategoricalParameterRanges": [{"Name": "a", "Values": ["1", "2"]}, {"Name": "b", "Values": ["x", "y", "z"]}]}
    grid = config("Grid", ranges=ranges)
    propose = proposer(grid, "job")
    found = [propose([]) for _ in range(size(grid) or 0)]
    assert len({tuple(v.items()) for v in found}) == 6
    assert size(config("Random")) is None
    with pytest.raises(AwsError, match="categorical parameters only"):
        size(config("Grid"))


@pytest.mark.parametrize(
    ("low", "high", "scaling", "words"),
    [
        ("2", "1", "Linear", "MinValue must not exceed MaxValue; the range of x is 2 to 1"),
        ("0", "1", "Logarithmic", "Logarithmic scaling needs values above 0"),
        ("0", "1", "ReverseLogarithmic", "from 0 to below 1"),
        ("low", "1", "Auto", "Ranges are numbers"),
    ],
)
def test_ranges_that_cannot_be_searched_are_refused(low: str, high: str, scaling: str, words: str) -> None:
    with pytest.raises(AwsError, match=words):
        check({"ContinuousParameterRanges": [{"Name": "x", "MinValue": low, "MaxValue": high, "ScalingType": scaling}]})
