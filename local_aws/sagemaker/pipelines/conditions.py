"""Conditions of a condition step."""

import operator
from collections.abc import Callable
from typing import Any

from local_aws.sagemaker.pipelines.resolve import ResolveError

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "Equals": operator.eq,
    "GreaterThan": operator.gt,
    "GreaterThanOrEqualTo": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqualTo": operator.le,
}


def negated(condition: dict[str, Any]) -> dict[str, Any]:
    """What a Not is about: the SDK v3 calls it Condition."""
    found: dict[str, Any] = condition["Condition"] if "Condition" in condition else condition["Expression"]
    return found


def holds(condition: dict[str, Any], value_of: Callable[[Any], Any]) -> bool:
    """Whether a condition is true. Raises ResolveError for values that cannot be compared."""
    kind = condition["Type"]
    if kind == "Not":
        return not holds(negated(condition), value_of)
    if kind == "Or":
        return any(holds(c, value_of) for c in condition["Conditions"])
    if kind == "In":
        return value_of(condition["QueryValue"]) in [value_of(v) for v in condition["Values"]]
    left, right = value_of(condition["LeftValue"]), value_of(condition["RightValue"])
    if kind != "Equals" and not all(isinstance(v, int | float) and not isinstance(v, bool) for v in (left, right)):
        raise ResolveError(f"{kind} compares numbers; found {left!r} and {right!r}")
    return _COMPARE[kind](left, right)
