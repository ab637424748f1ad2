"""Data points → state of an alarm, missing data included. Pure.

After the user guide ("Configuring how CloudWatch alarms treat missing data"): a few data points more than the
evaluation periods are retrieved, and real ones count before any is filled in. Most of its examples are tests; the tests
say which rows are the guide's and which are our reading. Two of the archived guide's rows differ here, both a single
breach among missing points, where the current state is kept under "missing": "- - - - X" (there: insufficient data)
and "X - - - -" for three out of three (there: alarm).
"""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

OK, ALARM, INSUFFICIENT = "OK", "ALARM", "INSUFFICIENT_DATA"
EXTRA_PERIODS = 2  # the user guide's examples retrieve five points for three periods

OPERATORS: dict[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}


@dataclass(frozen=True)
class Verdict:
    """A state and why; ``points`` are the real data points that it rests on, newest first."""

    state: str
    reason: str
    points: tuple[float, ...] = ()


def judge(alarm: dict[str, Any], series: Sequence[float | None], current: str) -> Verdict:
    """The state for data points of the evaluation range, newest first (None where there is none)."""
    periods, needed = alarm["EvaluationPeriods"], alarm.get("DatapointsToAlarm") or alarm["EvaluationPeriods"]
    compare = OPERATORS[alarm["ComparisonOperator"]][0]
    real = [v for v in series if v is not None][:periods]
    breaching = [compare(v, alarm["Threshold"]) for v in real]
    missing = periods - len(real)
    treatment = alarm.get("TreatMissingData", "missing")
    if missing and not real:
        state = {"missing": INSUFFICIENT, "ignore": current, "breaching": ALARM, "notBreaching": OK}[treatment]
        words = "treated as missing" if state == INSUFFICIENT else f"treated as [{treatment}]"
        return Verdict(state, f"Insufficient Data: {periods} datapoints were unknown, {words}.")
    if sum(breaching) + (missing if treatment == "breaching" else 0) >= needed:
        state = ALARM
    elif not missing or not all(breaching) or treatment in ("notBreaching", "breaching"):
        state = OK
    elif treatment == "missing" and _oldest(series, periods) >= needed:
        state = ALARM  # only breaching data, and as old as would have sufficed
    else:
        state = current
    return Verdict(state, _reason(alarm, real, breaching, missing), tuple(real))


def _oldest(series: Sequence[float | None], periods: int) -> int:
    """How many periods ago the oldest data point within the evaluation periods lies, counted from 1."""
    return max((i + 1 for i, v in enumerate(series[:periods]) if v is not None), default=0)


def _reason(alarm: dict[str, Any], real: list[float], breaching: list[bool], missing: int) -> str:
    words = OPERATORS[alarm["ComparisonOperator"]][1]
    hit = [v for v, b in zip(real, breaching, strict=True) if b]
    verb = f"were {words}" if hit else f"were not {words}"
    shown = ", ".join(repr(v) for v in (hit or real))
    of = f"{len(hit or real)} out of the last {alarm['EvaluationPeriods']} datapoints [{shown}]"
    filled = f" ({missing} missing datapoints were treated as [{alarm.get('TreatMissingData', 'missing')}])" if missing else ""
    return f"Threshold Crossed: {of} {verb} the threshold ({alarm['Threshold']}){filled}."
