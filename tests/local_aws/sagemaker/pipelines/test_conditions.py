"""All condition types, and values that cannot be compared."""

from typing import Any

import pytest

from local_aws.sagemaker.pipelines.conditions import holds
from local_aws.sagemaker.pipelines.resolve import ResolveError


def compare(kind: str, left: Any, right: Any) -> dict[str, Any]:
    return {"Type": kind, "LeftValue": left, "RightValue": right}


def plain(value: Any) -> Any:
    return value


@pytest.mark.parametrize(
    ("kind", "less", "same", "more"),
    [
        ("Equals", False, True, False),
        ("GreaterThan", False, False, True),
        ("GreaterThanOrEqualTo", False, True, True),
        ("LessThan", True, False, False),
        ("LessThanOrEqualTo", True, True, False),
    ],
)
def test_comparisons_of_numbers(kind: str, less: bool, same: bool, more: bool) -> None:
    assert [holds(compare(kind, value, 2), plain) for value in (1, 2.0, 3)] == [less, same, more]


def test_texts_can_only_be_equal() -> None:
    assert holds(compare("Equals", "a", "a"), plain)
    for left, right in (("a", "b"), (1, "2"), (True, 1)):
        with pytest.raises(ResolveError, match="LessThan compares numbers"):
            holds(compare("LessThan", left, right), plain)


def test_not_or_and_in() -> None:
    yes, no = compare("Equals", 1, 1), compare("Equals", 1, 2)
    assert holds({"Type": "Not", "Expression": no}, plain)
    assert not holds({"Type": "Not", "Expression": yes}, plain)
    assert holds({"Type": "Not", "Condition": no}, plain)  # as the SDK v3 writes it
    assert not holds({"Type": "Not", "Condition": yes}, plain)
    assert holds({"Type": "Or", "Conditions": [no, yes]}, plain)
    assert not holds({"Type": "Or", "Conditions": [no, no]}, plain)
    assert holds({"Type": "In", "QueryValue": "b", "Values": ["a", "b"]}, plain)
    assert not holds({"Type": "In", "QueryValue": "c", "Values": ["a", "b"]}, plain)


def test_every_value_is_looked_up() -> None:
    seen: dict[Any, Any] = {"left": 3, "right": 3, "query": "x", "member": "x"}
    assert holds(compare("Equals", "left", "right"), seen.__getitem__)
    assert holds({"Type": "In", "QueryValue": "query", "Values": ["member"]}, seen.__getitem__)
