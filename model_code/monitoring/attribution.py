"""Feature attributions by Kernel SHAP, and their drift by the normalised discounted cumulative gain.

Kernel SHAP (Lundberg and Lee 2017): Shapley values as the solution of a weighted regression on coalitions of features, absent
ones taken from background rows. With few features every coalition is evaluated and the values are exact for that background;
with more, coalitions are drawn in complementary pairs.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from interfaces.monitoring_config import ConstraintError
from interfaces.reports import MetricReport

THRESHOLD = 0.90  # of the score: what the documentation alerts at
COALITIONS = 128
METHOD = "kernel_shap"
_BATCH = 50_000  # rows predicted at once

Predict = Callable[[pd.DataFrame], np.ndarray]


def shap_values(
    predict: Predict, rows: pd.DataFrame, background: pd.DataFrame, *, coalitions: int = COALITIONS, seed: int = 0
) -> np.ndarray:
    """Attributions, shape (n, features, outputs): they add up to the prediction less the background's mean.

    ``predict`` takes a frame of m rows and answers shape (m, outputs).
    """
    width = rows.shape[1]
    present, weights = _coalitions(width, coalitions, seed)
    expected = predict(background).mean(axis=0)
    actual = predict(rows)
    per = max(1, _BATCH // (max(1, len(present)) * len(background)))
    values = np.concatenate([_values(predict, rows.iloc[i : i + per], background, present) for i in range(0, len(rows), per)])
    return _solve(present, weights, values - expected, actual - expected)


def analysis(values: np.ndarray, expected: np.ndarray, features: Sequence[str], labels: Sequence[str]) -> dict[str, Any]:
    """``analysis.json``: the mean absolute attribution of each feature, per output."""
    size = np.abs(values).mean(axis=0)
    return {
        "version": "1.0",
        "explanations": {
            METHOD: {
                label: {
                    "global_shap_values": {name: float(size[i, o]) for i, name in enumerate(features)},
                    "expected_value": float(expected[o]),
                }
                for o, label in enumerate(labels)
            }
        },
    }


def compare(current: Mapping[str, Any], baseline: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, MetricReport]]:
    """The violations file and a report per label. Raises ConstraintError for a baseline of another form."""
    try:
        before = {label: e["global_shap_values"] for label, e in baseline["explanations"][METHOD].items()}
    except (KeyError, TypeError, AttributeError) as error:
        raise ConstraintError(f"not an analysis.json of the explainability monitor: {error!r}") from None
    violations, metrics = [], {}
    for label, entry in current["explanations"][METHOD].items():
        now = entry["global_shap_values"]
        if label not in before or set(now) != set(before[label]):
            raise ConstraintError(f"the baseline explains other features or labels than {label!r} of {', '.join(now)}")
        score = ndcg(before[label], now)
        violated = score < THRESHOLD
        metrics[f"{label}: ndcg"] = MetricReport(score, THRESHOLD, violated)
        for name, value in now.items():
            metrics[f"{label}: {name}"] = MetricReport(value, before[label][name])
        if violated:
            text = f"Feature attribution drift {score} exceeds threshold {THRESHOLD}"
            check = "feature_attribution_drift_check"
            violations.append({"label": label, "metric_name": "shap", "constraint_check_type": check, "description": text})
    return {"version": "1.0", "violations": violations}, metrics


def ndcg(baseline: Mapping[str, float], current: Mapping[str, float]) -> float:
    """Gains are the baseline's attributions; they are discounted in today's order and, for the ideal, in their own."""
    ideal = _gain(baseline, sorted(baseline, key=lambda f: -baseline[f]))
    return _gain(baseline, sorted(baseline, key=lambda f: -current[f])) / ideal if ideal else 1.0


def _gain(gains: Mapping[str, float], order: Sequence[str]) -> float:
    return sum(gains[name] / math.log2(place + 1) for place, name in enumerate(order, start=1))


def _coalitions(width: int, limit: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Which features are present, shape (coalitions, width), and the weight of each; neither none nor all."""
    if width == 1:
        return np.zeros((0, 1), dtype=bool), np.zeros(0)
    if 2**width - 2 <= limit:
        sets = [s for size in range(1, width) for s in combinations(range(width), size)]
        present = np.zeros((len(sets), width), dtype=bool)
        for i, s in enumerate(sets):
            present[i, list(s)] = True
        sizes = present.sum(axis=1)
        kernel = [(width - 1) / (math.comb(width, int(s)) * s * (width - s)) for s in sizes]
        return present, np.array(kernel)
    rng = np.random.default_rng(seed)
    choices = np.arange(1, width)
    mass = 1 / (choices * (width - choices))
    sizes = rng.choice(choices, limit // 2, p=mass / mass.sum())
    half = np.array([np.isin(np.arange(width), rng.choice(width, size, replace=False)) for size in sizes])
    return np.concatenate([half, ~half]), np.ones(2 * len(half))  # drawn in proportion to the kernel: equal weights


def _values(predict: Predict, rows: pd.DataFrame, background: pd.DataFrame, present: np.ndarray) -> np.ndarray:
    """Mean prediction of each row with each coalition, shape (n, coalitions, outputs)."""
    n, s, b = len(rows), len(present), len(background)
    if not s:
        return np.zeros((n, 0, predict(background).shape[1]))
    own = np.repeat(np.arange(n), s * b)
    other = n + np.tile(np.arange(b), n * s)
    mask = np.tile(np.repeat(present, b, axis=0), (n, 1))
    both = pd.concat([rows, background], ignore_index=True)
    mixed = pd.DataFrame({name: both[name].take(np.where(mask[:, i], own, other)).array for i, name in enumerate(both.columns)})
    return predict(mixed).reshape(n, s, b, -1).mean(axis=2)


def _solve(present: np.ndarray, weights: np.ndarray, values: np.ndarray, total: np.ndarray) -> np.ndarray:
    """Weighted least squares under the condition that the attributions add up; the last feature is eliminated."""
    z = present.astype("float64")
    left = z[:, :-1] - z[:, -1:]
    operator = np.linalg.pinv((left.T * weights) @ left) @ (left.T * weights)  # (width - 1, coalitions)
    right = values - z[None, :, -1:] * total[:, None, :]
    first = np.einsum("fs,nso->nfo", operator, right)
    return np.concatenate([first, total[:, None, :] - first.sum(axis=1, keepdims=True)], axis=1)
