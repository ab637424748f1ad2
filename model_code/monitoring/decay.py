"""Has quality decayed? A test of the window's losses against the baseline's, and what the cause can be.

The question is not whether a metric lies below its baseline (half of all windows do) but whether the mean loss exceeds the
baseline's by more than a margin, with a chance of error that is small: a one-sided test of a shifted mean.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy import stats

from interfaces.reports import KIND, Verdict
from model_code.monitoring.quality import Labelled

MARGIN = 0.05  # relative: less is not worth acting on
ALPHA = 0.001
MIN_ROWS = 30
MATTERS = 0.25  # a distance of an input that would explain a decay: where it might go unnoticed, the concept is not to blame


def baseline_loss(
    statistics: Mapping[str, Any] | None, constraints: Mapping[str, Any] | None, problem_type: str
) -> dict[str, float] | None:
    """Mean, deviation and count of the baseline's losses; from its statistics, or the mean alone from its constraints."""
    loss = (statistics or {}).get("mlops_loop", {}).get("loss")
    if loss:
        return {"mean": loss["mean"], "std_dev": loss["std_dev"], "count": loss["count"]}
    given = (constraints or {}).get(f"{KIND[problem_type]}_constraints", {})
    name = "mae" if problem_type == "regression" else "accuracy"
    if name not in given:
        return None
    value = given[name]["threshold"]
    return {"mean": value if name == "mae" else 1 - value}


def verdict(
    rows: Labelled, baseline: Mapping[str, float] | None, drifted: Sequence[str] | None = None, unsure: Sequence[str] = ()
) -> Verdict:
    """``drifted`` names the inputs that moved in the same rows, None if nobody looked; ``unsure`` those that too few rows tell of."""
    if baseline is None:
        return Verdict("undecided", reason="the baseline says nothing of its loss")
    if len(rows) < MIN_ROWS:
        return Verdict("undecided", reason=f"{len(rows)} labelled rows are too few; at least {MIN_ROWS}")
    losses = rows.losses()
    p_value = test(losses, baseline, binary=rows.problem_type != "regression")
    name = "mean absolute error" if rows.problem_type == "regression" else "error rate"
    figures = f"{name} {losses.mean():.4g} against {baseline['mean']:.4g} at the baseline, {len(losses)} labels, p = {p_value:.2g}"
    if p_value >= ALPHA:
        return Verdict("stable", p_value=p_value, reason=f"{figures}: no more than {MARGIN:.0%} worse, as far as these labels tell")
    if drifted is None:
        return Verdict("decayed", "unknown", p_value, figures)
    if drifted:
        return Verdict("decayed", "inputs", p_value, f"{figures}; inputs moved as well: {', '.join(drifted[:10])}")
    if unsure:
        few = f"too few labels to tell whether inputs moved as well, by {MATTERS:g} or more: {', '.join(unsure[:10])}"
        return Verdict("decayed", "unknown", p_value, f"{figures}; {few}")
    return Verdict("decayed", "concept", p_value, f"{figures}; no input moved: the relation of inputs and target did")


def test(losses: np.ndarray, baseline: Mapping[str, float], *, binary: bool) -> float:
    """p-value of: the mean loss is at most (1 + margin) times the baseline's.

    Rates by the score test, whose variance is that under the hypothesis (a window without a right answer has none of its own);
    amounts by Welch's. A baseline of unknown size counts as exact.
    """
    n, m = len(losses), baseline.get("count", math.inf)
    mean = baseline["mean"]
    if binary:
        floor = 0.5 / (n + (m if math.isfinite(m) else 0))  # a baseline without an error is not one without risk
        rate = min(max(mean * (1 + MARGIN), floor), 1 - floor)
        error = math.sqrt(rate * (1 - rate) * (1 / n + 1 / m))
        return float(stats.norm.sf((losses.mean() - rate) / error))
    variance = float(losses.var(ddof=1)) / n
    before = ((1 + MARGIN) * baseline.get("std_dev", 0.0)) ** 2 / m
    shift = float(losses.mean()) - (1 + MARGIN) * mean
    if variance + before == 0:
        return 0.0 if shift > 0 else 1.0
    freedom = (variance + before) ** 2 / (variance**2 / (n - 1) + (before**2 / (m - 1) if math.isfinite(m) and m > 1 else 0.0))
    return float(stats.t.sf(shift / math.sqrt(variance + before), freedom))
