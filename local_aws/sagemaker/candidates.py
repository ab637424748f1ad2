"""Hyperparameters of a tuning job's next trial, by its strategy: random, grid, or Bayesian. Pure."""

import hashlib
import itertools
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from local_aws.errors import validation
from local_aws.sagemaker.space import Trial, Values, draw

STRATEGIES = ("Bayesian", "Random", "Grid")


Propose = Callable[[Sequence[Trial]], Values]


def proposer(config: dict[str, Any], name: str) -> Propose:
    """What proposes the next values, given the trials so far. All chance follows from the job's RandomSeed or its name."""
    ranges = config.get("ParameterRanges", {})
    seed = config.get("RandomSeed", int(hashlib.sha256(name.encode()).hexdigest()[:8], 16))
    if config["Strategy"] == "Bayesian":
        from local_aws.sagemaker.bayesian import propose  # numpy is loaded by those who need it

        sign = 1.0 if config["HyperParameterTuningJobObjective"]["Type"] == "Minimize" else -1.0
        return lambda trials: propose(ranges, seed, trials, sign)
    values = _grid(ranges) if config["Strategy"] == "Grid" else _random(ranges, seed)
    return lambda _: next(values)


def _random(ranges: dict[str, Any], seed: int) -> Iterator[Values]:
    source = random.Random(seed)  # noqa: S311 - a search, not a secret
    while True:
        yield draw(ranges, source)


def _grid(ranges: dict[str, Any]) -> Iterator[Values]:
    if ranges.get("ContinuousParameterRanges") or ranges.get("IntegerParameterRanges"):
        raise validation("The Grid strategy takes categorical parameters only.")
    categorical = ranges.get("CategoricalParameterRanges", [])
    for values in itertools.product(*(p["Values"] for p in categorical)):
        yield {p["Name"]: v for p, v in zip(categorical, values, strict=True)}


def size(config: dict[str, Any]) -> int | None:
    """How many values there are, None when there is no end. Raises AwsError for ranges that the strategy does not take."""
    return len(list(_grid(config.get("ParameterRanges", {})))) if config["Strategy"] == "Grid" else None
