"""Thirty days of daily windows, seed by seed: a drift of distance 0.25 is found by the second full window, and calm days stay calm.

Traffic of the simulator, the analyzer's own comparison, and alarms as the local AWS evaluates them, in one process:
``make simulate SEEDS=100``. The everyday run takes a few seeds.
"""

import math
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from statistics import NormalDist
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from cli.demo import loans
from cli.simulate.scenario import Change, Scenario
from cli.simulate.traffic import day_of
from infra.environment import load
from infra.monitoring.specs import specs
from interfaces.contract import Contract
from interfaces.contract import parse as parse_contract
from interfaces.monitors import MONITORS
from local_aws.cloudwatch.evaluation import ALARM, judge
from model_code.monitoring import cells, constraints, statistics, violations
from model_code.monitoring.profile import Profile, profile
from tests.simulation.paths import CONTRACT

SEEDS = int(os.environ.get("SEEDS", "3"))
ROWS, DAYS, CHANGE = 1000, 30, 15
START = datetime(2026, 7, 1, tzinfo=UTC)
DISTANCE = 0.25
# shifting a normal variable by d standard deviations moves its distribution by 2Φ(d/2) - 1 at most; log incomes are normal
SHIFT = 2 * NormalDist().inv_cdf((1 + DISTANCE) / 2)


def product_alarm() -> dict[str, Any]:
    """The alarm on drifted features as the Monitoring stack describes it."""
    environment, _ = load("dev")
    [spec] = [s for s in specs(environment, list(MONITORS.values())) if s.name == "drift-data"]
    needed, of = spec.periods
    found = {"EvaluationPeriods": of, "DatapointsToAlarm": needed, "Threshold": spec.threshold}
    return {**found, "ComparisonOperator": spec.comparison, "TreatMissingData": spec.missing}


TWO_OF_THREE = product_alarm()


class Monitor:
    """Data quality against the statistics of one training table."""

    def __init__(self, seed: int) -> None:
        self._contract: Contract = parse_contract(CONTRACT.read_text())
        seen = self._profile(loans.generate(4200, seed).rows)
        self._limits = constraints.suggest(seen)
        self._baseline = statistics.read(statistics.statistics(seen, 4200), statistics.frequencies(seen))

    def drifted(self, rows: pd.DataFrame) -> dict[str, float]:
        """The features that drifted in a window, with their distances."""
        found = violations.compare(self._profile(rows), self._limits, self._baseline)
        return {name: float(f.distance or 0.0) for name, f in found.features.items() if f.drifted}

    def _profile(self, rows: pd.DataFrame) -> list[Profile]:
        names = [c.name for c in self._contract.features]
        table = cells.features(pa.table({n: pa.array(rows[n].tolist(), pa.string()) for n in names}), self._contract)
        return profile([table], cells.kinds(self._contract))


def windows(seed: int, **change: Any) -> Iterator[dict[str, float]]:
    """What drifted, day by day."""
    changes = [Change(from_day=CHANGE, to_day=DAYS, **change)] if change else []
    scenario = Scenario(name="s", days=DAYS, rows_per_day=ROWS, seed=seed, change=changes)
    monitor = Monitor(seed)
    for day in range(1, DAYS + 1):
        yield monitor.drifted(day_of(scenario, day, START).rows)


def alarms(drifted: list[dict[str, float]]) -> list[bool]:
    """Whether the alarm stands after each window: 2 of the last 3 with a drift."""
    counts: list[float | None] = [float(bool(found)) for found in drifted]
    states, state = [], "OK"
    for i in range(len(counts)):
        state = judge(TWO_OF_THREE, list(reversed(counts[max(0, i - 2) : i + 1])), state).state
        states.append(state == ALARM)
    return states


@pytest.fixture(scope="module")
def drifting() -> list[list[dict[str, float]]]:
    return [list(windows(seed, kind="sudden", size=SHIFT)) for seed in range(SEEDS)]


def test_the_shift_is_of_the_distance_that_it_claims() -> None:
    assert pytest.approx(DISTANCE) == 2 * NormalDist().cdf(SHIFT / 2) - 1
    assert math.isclose(SHIFT, 0.637, abs_tol=1e-3)


def test_a_sudden_drift_raises_the_alarm_by_the_second_full_window(drifting: list[list[dict[str, float]]]) -> None:
    found = sum(any(alarms(run)[CHANGE - 1 : CHANGE + 1]) for run in drifting)
    assert found >= 0.99 * SEEDS, f"found in {found} of {SEEDS} runs"


def test_the_feature_that_moved_is_named(drifting: list[list[dict[str, float]]]) -> None:
    assert all("income" in run[CHANGE] for run in drifting)


def test_windows_without_drift_raise_no_alarm() -> None:
    raised = [state for seed in range(1000, 1000 + SEEDS) for state in alarms(list(windows(seed)))]
    assert sum(raised) <= 0.01 * len(raised), f"{sum(raised)} of {len(raised)} windows"
