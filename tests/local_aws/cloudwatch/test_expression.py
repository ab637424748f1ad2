"""Metric math, and its refusals."""

import pytest

from local_aws.cloudwatch.expression import check, evaluate
from local_aws.errors import AwsError, Unsupported

VALUES = {"a": [1.0, 2.0, None], "b": [10.0, 0.0, 4.0]}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a + b * 2", [21.0, 2.0, None]),
        ("(a + b) * 2", [22.0, 4.0, None]),
        ("100 * a / b", [10.0, None, None]),  # nothing divides by zero
        ("-a", [-1.0, -2.0, None]),
        ("FILL(a, 0) + 1", [2.0, 3.0, 1.0]),
        ("FILL(a, b)", [1.0, 2.0, 4.0]),
        ("a >= 2", [0.0, 1.0, None]),
        ("IF(b > 0, FILL(a, 0) / b, 0)", [0.1, 0.0, 0.0]),
        ("10 - 4 - 3", [3.0, 3.0, 3.0]),
    ],
)
def test_expressions(text: str, expected: list[float | None]) -> None:
    assert evaluate(text, VALUES) == expected


@pytest.mark.parametrize("name", ["SEARCH", "ANOMALY_DETECTION_BAND", "RATE"])
def test_other_functions_are_refused_by_name(name: str) -> None:
    with pytest.raises(Unsupported, match=name):
        check(f"{name}(a, 2)", ["a"])


@pytest.mark.parametrize("text", ["a +", "c", "a b", "(a", "FILL(a)", "a % 2", "IF(a, 1)"])
def test_malformed_expressions_say_where(text: str) -> None:
    with pytest.raises(AwsError, match="Invalid metric math expression"):
        check(text, ["a", "b"])
