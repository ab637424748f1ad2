"""The rows of one simulated day and their outcomes. Pure and seeded: a day is the same in every run."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from cli.demo import loans
from cli.simulate.scenario import BROKEN_KINDS, INPUT_KINDS, TARGET, Change, Scenario

TIME = "applied_at"


@dataclass(frozen=True)
class DayOfTraffic:
    """Applications as they are sent, oldest first, and what becomes of each; ``known`` marks those whose outcome is ever reported."""

    rows: pd.DataFrame
    outcome: pd.Series
    known: np.ndarray


def day_of(scenario: Scenario, day: int, start: datetime) -> DayOfTraffic:
    """Day ``day`` (1 is the first) of a scenario whose traffic starts at ``start``; no rows on a day of a gap.

    A broken upstream breaks what is sent, not what happens: the outcome follows from the true values.
    """
    count = 0 if _active(scenario, day, "gap") else scenario.rows_per_day
    seed = scenario.seed * 100_003 + day
    made = loans.generate(
        count, seed, start + timedelta(days=day - 1), days=1, shift=shift(scenario, day), concept=_concept(scenario, day)
    ).rows
    rng = np.random.default_rng(seed)
    rows = made.drop(columns=[TARGET])
    for change in scenario.change:
        if change.kind in BROKEN_KINDS and change.on(day):
            rows = broken(rows, change, rng)
    return DayOfTraffic(rows, made[TARGET], rng.random(count) < scenario.label_share)


def shift(scenario: Scenario, day: int) -> float:
    """How far the inputs have moved on a day, all changes added up."""
    return sum(_moved(change, day) for change in scenario.change if change.kind in INPUT_KINDS and change.on(day))


def broken(rows: pd.DataFrame, change: Change, rng: np.random.Generator) -> pd.DataFrame:
    """Rows as a broken upstream sends them."""
    out = rows.copy()
    if change.kind == "swapped":
        first, second = change.columns[:2]
        out[first], out[second] = rows[second], rows[first]
    for column in change.columns:
        if change.kind == "unit":
            numbers = pd.to_numeric(rows[column], errors="coerce") * change.factor
            out[column] = numbers.map(lambda v: "" if math.isnan(v) else f"{v:.10g}")
        elif change.kind == "nulls":
            out.loc[rng.random(len(rows)) < change.size, column] = ""
    return out


def _moved(change: Change, day: int) -> float:
    since = day - change.from_day
    match change.kind:
        case "gradual":
            return change.size * (since + 1) / (change.to_day - change.from_day + 1)
        case "seasonal":
            return change.size * math.sin(2 * math.pi * since / change.period_days)
        case "recurring":
            return change.size if since // change.period_days % 2 == 0 else 0.0
    return change.size


def _concept(scenario: Scenario, day: int) -> float:
    return sum(change.size for change in scenario.change if change.kind == "concept" and change.on(day))


def _active(scenario: Scenario, day: int, kind: str) -> bool:
    return any(change.kind == kind and change.on(day) for change in scenario.change)
