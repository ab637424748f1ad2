"""The values that a tuning job searches among: drawn at random, drawn near others, and where they lie in the unit cube. Pure."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from local_aws.errors import validation

Ranges = dict[str, Any]  # ParameterRanges
Values = dict[str, str]  # as SageMaker hands them over: text

_CATEGORY = 0.5  # as far apart as numbers that differ by half or so of their range
_OTHER_CHOICE = 0.2  # how often a neighbour has another category


@dataclass(frozen=True)
class Trial:
    """What was tried, and how well it did: the objective, None for a trial that failed or still runs."""

    values: Values
    objective: float | None
    pending: bool = False


def check(ranges: Ranges) -> None:
    """Raises AwsError for a range that has nothing in it, or not on its scale."""
    for parameter, _ in _numeric(ranges):
        name, scaling = parameter["Name"], parameter.get("ScalingType", "Auto")
        given = f"the range of {name} is {parameter['MinValue']} to {parameter['MaxValue']}"
        try:
            low, high = float(parameter["MinValue"]), float(parameter["MaxValue"])
        except ValueError:
            raise validation(f"Ranges are numbers; {given}") from None
        if low > high:
            raise validation(f"MinValue must not exceed MaxValue; {given}")
        if scaling == "Logarithmic" and low <= 0:
            raise validation(f"Logarithmic scaling needs values above 0; {given}")
        if scaling == "ReverseLogarithmic" and not 0 <= low <= high < 1:
            raise validation(f"ReverseLogarithmic scaling needs values from 0 to below 1; {given}")


def draw(ranges: Ranges, source: random.Random) -> Values:
    """Anything that is allowed, evenly on each range's scale."""
    found = {p["Name"]: _value(p, source.random(), whole=whole) for p, whole in _numeric(ranges)}
    return found | {p["Name"]: source.choice(p["Values"]) for p in _categorical(ranges)}


def near(ranges: Ranges, values: Values, width: float, source: random.Random) -> Values:
    """A neighbour: numbers moved by about ``width`` of their range, now and then another category."""
    found = {}
    for parameter, whole in _numeric(ranges):
        name = parameter["Name"]
        moved = _share(parameter, values[name], whole=whole) + source.gauss(0, width)
        found[name] = _value(parameter, min(max(moved, 0.0), 1.0), whole=whole)
    for parameter in _categorical(ranges):
        name = parameter["Name"]
        found[name] = source.choice(parameter["Values"]) if source.random() < _OTHER_CHOICE else values[name]
    return found


def position(ranges: Ranges, values: Values) -> list[float]:
    """A coordinate between 0 and 1 for every number; one for every category, above 0 for the one chosen."""
    found = [_share(p, values[p["Name"]], whole=whole) for p, whole in _numeric(ranges)]
    return found + [_CATEGORY * (values[p["Name"]] == v) for p in _categorical(ranges) for v in p["Values"]]


def _numeric(ranges: Ranges) -> Iterator[tuple[dict[str, str], bool]]:
    for parameter in ranges.get("ContinuousParameterRanges", []):
        yield parameter, False
    for parameter in ranges.get("IntegerParameterRanges", []):
        yield parameter, True


def _categorical(ranges: Ranges) -> list[dict[str, Any]]:
    return list(ranges.get("CategoricalParameterRanges", []))


def _value(parameter: dict[str, str], share: float, *, whole: bool) -> str:
    low, high = _ends(parameter, whole=whole)
    scaling = parameter.get("ScalingType", "Auto")
    if scaling == "Logarithmic":
        value = math.exp(math.log(low) + share * (math.log(high) - math.log(low)))
    elif scaling == "ReverseLogarithmic":
        value = 1 - math.exp(math.log(1 - low) + share * (math.log(1 - high) - math.log(1 - low)))
    else:
        value = low + share * (high - low)
    return str(math.floor(value)) if whole else repr(min(max(value, low), high))


def _share(parameter: dict[str, str], text: str, *, whole: bool) -> float:
    """Where a value lies on its range's scale: the inverse of `_value`; a whole number at the middle of what becomes it."""
    low, high = _ends(parameter, whole=whole)
    value = min(float(text) + (0.5 if whole else 0.0), high)
    scaling = parameter.get("ScalingType", "Auto")
    if high == low:
        return 0.5
    if scaling == "Logarithmic":
        return (math.log(value) - math.log(low)) / (math.log(high) - math.log(low))
    if scaling == "ReverseLogarithmic":
        return (math.log(1 - value) - math.log(1 - low)) / (math.log(1 - high) - math.log(1 - low))
    return (value - low) / (high - low)


def _ends(parameter: dict[str, str], *, whole: bool) -> tuple[float, float]:
    return float(parameter["MinValue"]), float(parameter["MaxValue"]) + (1 - 1e-9 if whole else 0.0)
