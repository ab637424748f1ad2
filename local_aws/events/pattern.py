"""EventBridge event patterns: matching, and refusal of operators that are not known.

Source: the EventBridge user guide, "Comparison operators for use in event patterns".
"""

import ipaddress
import re
from collections.abc import Callable
from typing import Any

from local_aws.errors import AwsError

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "=": lambda a, b: a == b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def check(pattern: Any, path: str = "$") -> None:
    """Refuse what is not a pattern, by name. Raises AwsError (InvalidEventPatternException)."""
    if not isinstance(pattern, dict) or not pattern:
        raise _invalid(f"{path} must be a non-empty object")
    for key, value in pattern.items():
        here = f"{path}.{key}"
        if key == "$or":
            if not isinstance(value, list) or len(value) < 2:
                raise _invalid(f"{here} must be a list of two or more patterns")
            for part in value:
                check(part, here)
        elif isinstance(value, dict):
            check(value, here)
        elif isinstance(value, list) and value:
            for rule in value:
                _check_rule(rule, here)
        else:
            raise _invalid(f"{here} must be an object or a non-empty list")


def matches(pattern: dict[str, Any], event: Any) -> bool:
    """Whether an event (or a part of it) matches."""
    for key, value in pattern.items():
        if key == "$or":
            if not any(matches(part, event) for part in value):
                return False
        elif isinstance(value, dict):
            inner = event.get(key) if isinstance(event, dict) else None
            candidates = inner if isinstance(inner, list) else [inner]
            if not any(matches(value, part if isinstance(part, dict) else {}) for part in candidates):
                return False
        else:
            present = isinstance(event, dict) and key in event
            actual = event[key] if present else None
            if not any(_rule_matches(rule, actual, present) for rule in value):
                return False
    return True


def _rule_matches(rule: Any, actual: Any, present: bool) -> bool:
    if isinstance(rule, dict):
        operator, operand = next(iter(rule.items()))
        if operator == "exists":
            return present is operand
        if not present:
            return False
        values = actual if isinstance(actual, list) else [actual]
        if operator == "anything-but":
            return not any(_anything_but(operand, v) for v in values)
        return any(_operate(operator, operand, v) for v in values)
    if not present:
        return False
    values = actual if isinstance(actual, list) else [actual]
    return any((type(rule) is type(v) and rule == v) or (_both_numbers(rule, v) and rule == v) for v in values)


def _both_numbers(a: Any, b: Any) -> bool:
    return all(isinstance(x, int | float) and not isinstance(x, bool) for x in (a, b))


def _operate(operator: str, operand: Any, value: Any) -> bool:
    if operator == "numeric":
        pairs = zip(operand[::2], operand[1::2], strict=True)
        return isinstance(value, int | float) and not isinstance(value, bool) and all(_COMPARE[op](value, limit) for op, limit in pairs)
    if not isinstance(value, str):
        return False
    if operator == "cidr":
        return _in_network(operand, value)
    if isinstance(operand, dict):  # {"prefix": {"equals-ignore-case": "x"}}
        return _operate(operator, operand["equals-ignore-case"].lower(), value.lower())
    tests: dict[str, Callable[[], bool]] = {
        "prefix": lambda: value.startswith(operand),
        "suffix": lambda: value.endswith(operand),
        "equals-ignore-case": lambda: value.lower() == operand.lower(),
        "wildcard": lambda: re.fullmatch(".*".join(re.escape(p) for p in operand.split("*")), value, re.DOTALL) is not None,
    }
    return tests[operator]()


def _anything_but(operand: Any, value: Any) -> bool:
    """Whether the value is one of those excluded."""
    if isinstance(operand, dict):
        operator, inner = next(iter(operand.items()))
        return any(_operate(operator, one, value) for one in (inner if isinstance(inner, list) else [inner]))
    return value in (operand if isinstance(operand, list) else [operand])


def _in_network(network: str, value: str) -> bool:
    try:
        return ipaddress.ip_address(value) in ipaddress.ip_network(network)
    except ValueError:
        return False


_TEXT = ("prefix", "suffix", "equals-ignore-case", "wildcard", "cidr")
_OPERATORS = ("prefix", "suffix", "anything-but", "numeric", "exists", "equals-ignore-case", "wildcard", "cidr")


def _check_rule(rule: Any, path: str) -> None:
    if isinstance(rule, dict):
        if len(rule) != 1 or next(iter(rule)) not in _OPERATORS:
            raise _invalid(f"{path}: unknown operator {', '.join(map(str, rule))}; known: {', '.join(_OPERATORS)}")
        operator, operand = next(iter(rule.items()))
        if operator == "numeric" and not _is_numeric(operand):
            raise _invalid(f"{path}: numeric takes pairs of a comparison ({' '.join(_COMPARE)}) and a number")
        if operator in _TEXT:
            _check_text(operator, operand, path)
        if operator == "anything-but":
            _check_excluded(operand, path)
        if operator == "exists" and not isinstance(operand, bool):
            raise _invalid(f"{path}: exists takes true or false")
    elif isinstance(rule, list):
        raise _invalid(f"{path}: a list inside a list")


def _is_numeric(operand: Any) -> bool:
    return (
        isinstance(operand, list)
        and len(operand) in (2, 4)
        and all(isinstance(op, str) and op in _COMPARE for op in operand[::2])
        and all(_both_numbers(limit, limit) for limit in operand[1::2])
    )


def _check_text(operator: str, operand: Any, path: str) -> None:
    inner = operator in ("prefix", "suffix") and isinstance(operand, dict) and list(operand) == ["equals-ignore-case"]
    if not isinstance(operand["equals-ignore-case"] if inner else operand, str):
        raise _invalid(f"{path}: {operator} takes a text")


def _check_excluded(operand: Any, path: str) -> None:
    if not isinstance(operand, dict):
        if not operand or any(isinstance(one, dict | list) for one in (operand if isinstance(operand, list) else [operand])):
            raise _invalid(f"{path}: anything-but takes values, a non-empty list of values, or one operator")
        return
    operator, inner = next(iter(operand.items()), ("", None))
    if len(operand) != 1 or operator not in _TEXT or operator == "cidr":
        raise _invalid(f"{path}: unknown operator {', '.join(map(str, operand))} inside anything-but")
    for one in inner if isinstance(inner, list) else [inner]:
        _check_text(operator, one, path)


def _invalid(reason: str) -> AwsError:
    return AwsError("InvalidEventPatternException", f"Event pattern is not valid. Reason: {reason}")
