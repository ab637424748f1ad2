"""What identity policies decide about an action on a resource, by the rules of IAM's evaluation logic. Pure."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local_aws.errors import Unsupported

Statement = Mapping[str, Any]
ALLOWED, EXPLICIT_DENY, IMPLICIT_DENY = "allowed", "explicitDeny", "implicitDeny"


@dataclass(frozen=True)
class Decision:
    """``missing`` are context keys that conditions asked for and the request did not have."""

    verdict: str
    missing: tuple[str, ...] = ()


def decide(statements: Sequence[Statement], action: str, resource: str, context: Mapping[str, Sequence[str]]) -> Decision:
    """A deny that matches wins; else an allow that matches; else nothing allows it. Raises Unsupported for unknown operators."""
    missing: set[str] = set()
    effects = {s["Effect"] for s in statements if _covers(s, action, resource) and _holds(s.get("Condition", {}), context, missing)}
    if "Deny" in effects:
        return Decision(EXPLICIT_DENY, tuple(sorted(missing)))
    if "Allow" in effects:
        return Decision(ALLOWED, tuple(sorted(missing)))
    return Decision(IMPLICIT_DENY, tuple(sorted(missing)))


def matches(pattern: str, text: str, *, ignore_case: bool = False) -> bool:
    """``*`` is anything, ``?`` one character; nothing else is special."""
    regex = "".join(".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern)
    return re.fullmatch(regex, text, re.DOTALL | (re.IGNORECASE if ignore_case else 0)) is not None


def listed(value: Any) -> list[Any]:
    """A policy writes a list of one as its element."""
    return value if isinstance(value, list) else [value]


def _covers(statement: Statement, action: str, resource: str) -> bool:
    """Whether a statement is about an action on a resource; NotAction and NotResource are about all that they do not name."""
    actions = listed(statement.get("NotAction", statement.get("Action")))
    resources = listed(statement.get("NotResource", statement.get("Resource", "*")))
    of_action = any(matches(a, action, ignore_case=True) for a in actions) is not ("NotAction" in statement)
    return of_action and any(matches(r, resource) for r in resources) is not ("NotResource" in statement)


def _holds(condition: Mapping[str, Mapping[str, Any]], context: Mapping[str, Sequence[str]], missing: set[str]) -> bool:
    """Every operator and every key must hold; among the values of a key, one."""
    return all(
        _test(operator, key, [str(v) for v in listed(expected)], context, missing)
        for operator, tests in condition.items()
        for key, expected in tests.items()
    )


def _test(operator: str, key: str, expected: list[str], context: Mapping[str, Sequence[str]], missing: set[str]) -> bool:
    name = operator.removeprefix("ForAnyValue:")
    lenient = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    if name not in _OPERATORS:
        raise Unsupported(f"policy conditions with {operator}")
    given = next((values for known, values in context.items() if known.lower() == key.lower()), None)
    if given is None:
        missing.add(key)
        return lenient or name.startswith(("StringNot", "ArnNot"))
    found = any(_OPERATORS[name](value, one) for value in given for one in expected)
    return not found if name.startswith(("StringNot", "ArnNot")) else found


def _same(given: str, expected: str) -> bool:
    return given == expected


def _like(given: str, expected: str) -> bool:
    return matches(expected, given)


_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": _same,
    "StringNotEquals": _same,
    "StringLike": _like,
    "StringNotLike": _like,
    "ArnEquals": _like,
    "ArnLike": _like,
    "ArnNotEquals": _like,
    "ArnNotLike": _like,
    "Bool": lambda given, expected: given.lower() == expected.lower(),
}
