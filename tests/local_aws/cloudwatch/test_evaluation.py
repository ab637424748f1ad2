"""Alarm states where data points are missing.

The rows are those of the user guide's tables (awsdocs/amazon-cloudwatch-user-guide, AlarmThatSendsEmail.md, archived),
but for the ones under "not in the archived guide", which are our reading of its premature-alarm rule.
"""

from typing import Any

import pytest

from local_aws.cloudwatch.evaluation import judge

TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")
INSUFFICIENT, KEPT = "INSUFFICIENT_DATA", "kept"
# data points oldest first: 0 within the threshold, X breaching, - missing
THREE_OF_THREE: list[tuple[str, tuple[str, ...]]] = [
    ("0 - X - X", ("OK", "OK", "OK", "OK")),
    ("0 - - - -", ("OK", "OK", "OK", "OK")),
    ("- - - - -", (INSUFFICIENT, KEPT, "ALARM", "OK")),
    ("0 X X - X", ("ALARM", "ALARM", "ALARM", "ALARM")),
    # not in the archived guide
    ("- - X - -", ("ALARM", KEPT, "ALARM", "OK")),
]
TWO_OF_THREE: list[tuple[str, tuple[str, ...]]] = [
    ("0 - X - X", ("ALARM", "ALARM", "ALARM", "ALARM")),
    ("0 0 X 0 X", ("ALARM", "ALARM", "ALARM", "ALARM")),
    ("0 - X - -", ("OK", "OK", "ALARM", "OK")),
    ("- - - - 0", ("OK", "OK", "ALARM", "OK")),
    # not in the archived guide
    ("- - - X -", ("ALARM", KEPT, "ALARM", "OK")),
]
CASES = [(2, *c) for c in TWO_OF_THREE] + [(3, *c) for c in THREE_OF_THREE]


def alarm(**extra: Any) -> dict[str, Any]:
    return {"EvaluationPeriods": 3, "DatapointsToAlarm": 3, "ComparisonOperator": "GreaterThanThreshold", "Threshold": 1.0, **extra}


def series(text: str) -> list[float | None]:
    return [{"0": 0.0, "X": 2.0, "-": None}[c] for c in reversed(text.split())]


@pytest.mark.parametrize(("needed", "text", "states"), CASES)
@pytest.mark.parametrize("treatment", TREATMENTS)
def test_states_where_data_points_are_missing(needed: int, text: str, states: tuple[str, ...], treatment: str) -> None:
    verdict = judge(alarm(DatapointsToAlarm=needed, TreatMissingData=treatment), series(text), KEPT)
    assert verdict.state == states[TREATMENTS.index(treatment)]


def test_one_young_breach_alone_does_not_alarm_too_early() -> None:
    assert judge(alarm(DatapointsToAlarm=2), series("- - - - X"), KEPT).state == KEPT


def test_the_reason_names_data_points_and_threshold() -> None:
    verdict = judge(alarm(DatapointsToAlarm=2, TreatMissingData="breaching"), series("0 - X - -"), "OK")
    assert verdict.reason == (
        "Threshold Crossed: 1 out of the last 3 datapoints [2.0] were greater than the threshold (1.0) "
        "(1 missing datapoints were treated as [breaching])."
    )
    assert verdict.points == (2.0, 0.0)


@pytest.mark.parametrize(
    ("comparison", "breaches"),
    [
        ("GreaterThanThreshold", [2.0]),
        ("GreaterThanOrEqualToThreshold", [1.0, 2.0]),
        ("LessThanThreshold", [0.0]),
        ("LessThanOrEqualToThreshold", [0.0, 1.0]),
    ],
)
def test_comparisons(comparison: str, breaches: list[float]) -> None:
    one = alarm(EvaluationPeriods=1, DatapointsToAlarm=1, ComparisonOperator=comparison)
    assert [v for v in (0.0, 1.0, 2.0) if judge(one, [v], "OK").state == "ALARM"] == breaches
