"""A day of traffic: seeded, moved as the scenario says, with outcomes that follow from the true values."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from cli.simulate.scenario import Change, Scenario
from cli.simulate.traffic import day_of, shift

START = datetime(2026, 7, 1, tzinfo=UTC)


def scenario(**change: object) -> Scenario:
    changes = [Change(from_day=3, to_day=6, **change)] if change else []  # type: ignore[arg-type]
    return Scenario(name="t", days=8, rows_per_day=3000, change=changes)


def incomes(of: Scenario, day: int) -> np.ndarray:
    return np.log(day_of(of, day, START).rows["income"].astype(float).to_numpy())


def test_a_day_is_the_same_in_every_run_and_lies_on_its_date() -> None:
    one, two = day_of(scenario(), 2, START), day_of(scenario(), 2, START)
    pd.testing.assert_frame_equal(one.rows, two.rows)
    assert set(one.rows["applied_at"].str[:10]) == {"2026-07-02"}
    assert "defaulted" not in one.rows and set(one.outcome) == {"0", "1"}
    assert not set(one.rows["application_id"]) & set(day_of(scenario(), 3, START).rows["application_id"])


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"kind": "sudden", "size": 0.8}, [0, 0.8, 0.8, 0.8, 0.8, 0]),
        ({"kind": "gradual", "size": 0.8}, [0, 0.2, 0.4, 0.6, 0.8, 0]),
        ({"kind": "recurring", "size": 1.0, "period_days": 2}, [0, 1, 1, 0, 0, 0]),
        ({"kind": "seasonal", "size": 1.0, "period_days": 4}, [0, 0, 1, 0, -1, 0]),
    ],
)
def test_inputs_move_as_the_kind_says(change: dict[str, object], expected: list[float]) -> None:
    assert [shift(scenario(**change), day) for day in range(2, 8)] == pytest.approx(expected)


def test_a_shift_of_one_moves_the_incomes_by_a_standard_deviation() -> None:
    quiet, moved = incomes(scenario(), 3), incomes(scenario(kind="sudden", size=1.0), 3)
    assert quiet.mean() - moved.mean() == pytest.approx(quiet.std(), rel=0.05)


def test_a_concept_changes_outcomes_and_no_input() -> None:
    quiet, changed = day_of(scenario(), 3, START), day_of(scenario(kind="concept"), 3, START)
    pd.testing.assert_frame_equal(quiet.rows, changed.rows)
    assert (quiet.outcome != changed.outcome).mean() > 0.1


def test_a_broken_upstream_breaks_what_is_sent_and_not_what_happens() -> None:
    quiet = day_of(scenario(), 3, START)
    swapped = day_of(scenario(kind="swapped", columns=["income", "amount"]), 3, START)
    assert list(swapped.rows["income"]) == list(quiet.rows["amount"]) and list(swapped.rows["amount"]) == list(quiet.rows["income"])
    unit = day_of(scenario(kind="unit", columns=["amount"], factor=100.0), 3, START)
    assert unit.rows["amount"].astype(float).to_numpy() == pytest.approx(100 * quiet.rows["amount"].astype(float).to_numpy())
    nulls = day_of(scenario(kind="nulls", columns=["income"], size=0.5), 3, START)
    assert (nulls.rows["income"] == "").mean() == pytest.approx(0.5, abs=0.05)
    for one in (swapped, unit, nulls):
        assert list(one.outcome) == list(quiet.outcome)


def test_a_gap_sends_nothing_and_a_share_of_labels_never_comes() -> None:
    assert len(day_of(scenario(kind="gap"), 3, START).rows) == 0
    half = Scenario(name="t", rows_per_day=3000, label_share=0.5)
    assert day_of(half, 1, START).known.mean() == pytest.approx(0.5, abs=0.05)
