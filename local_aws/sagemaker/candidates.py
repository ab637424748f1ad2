"""Hyperparameters of a tuning job's trials: random or grid. Pure."""

import hashlib
import itertools
import math
import random
from collections.abc import Iterator
from typing import Any

from local_aws.errors import validation

STRATEGIES = ("Random", "Grid")


def candidates(config: dict[str, Any], name: str) -> Iterator[dict[str, str]]:
    """Values as text, as SageMaker hands them over. Random ones follow from the job's RandomSeed or its name."""
    ranges = config.get("ParameterRanges", {})
    if config["Strategy"] == "Grid":
        if ranges.get("ContinuousParameterRanges") or ranges.get("IntegerParameterRanges"):
            raise validation("The Grid strategy takes categorical parameters only.")
        categorical = ranges.get("CategoricalParameterRanges", [])
        for values in itertools.product(*(p["Values"] for p in categorical)):
            yield {p["Name"]: v for p, v in zip(categorical, values, strict=True)}
        return
    seed = config.get("RandomSeed", int(hashlib.sha256(name.encode()).hexdigest()[:8], 16))
    draw = random.Random(seed)  # noqa: S311 - a search, not a secret
    while True:
        found = {p["Name"]: _number(p, draw.random(), whole=False) for p in ranges.get("ContinuousParameterRanges", [])}
        found |= {p["Name"]: _number(p, draw.random(), whole=True) for p in ranges.get("IntegerParameterRanges", [])}
        yield found | {p["Name"]: draw.choice(p["Values"]) for p in ranges.get("CategoricalParameterRanges", [])}


def _number(parameter: dict[str, str], share: float, *, whole: bool) -> str:
    low, high = float(parameter["MinValue"]), float(parameter["MaxValue"])
    if whole:
        high += 1 - 1e-9
    scaling = parameter.get("ScalingType", "Auto")
    if scaling == "Logarithmic":
        value = math.exp(math.log(low) + share * (math.log(high) - math.log(low)))
    elif scaling == "ReverseLogarithmic":
        value = 1 - math.exp(math.log(1 - low) + share * (math.log(1 - high) - math.log(1 - low)))
    else:
        value = low + share * (high - low)
    return str(math.floor(value)) if whole else repr(value)


def size(config: dict[str, Any], name: str) -> int | None:
    """How many there are, None when there is no end."""
    return len(list(candidates(config, name))) if config["Strategy"] == "Grid" else None
