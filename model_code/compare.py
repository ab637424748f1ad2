"""Champion against challenger on the same held-out rows: the difference of one metric, with a paired test.

The rows are the same, so errors of the two models go together, and a test that takes them for independent would be blind to
most real differences. Which test is paired depends on the metric:

auc        DeLong, DeLong and Clarke-Pearson 1988, computed from midranks as in Sun and Xu 2014
accuracy   discordant rows: exact test of McNemar 1947, bounds of the paired difference by Agresti and Min 2005
mae, mse   paired t test on each row's loss
others     paired bootstrap (Efron and Tibshirani 1993, 16.4): both models on the same resampled rows

Rows on which two models never differ do not show that they never would. Agresti and Min (Simple improved confidence intervals for
comparing matched proportions, Statistics in Medicine 24, 729-740) add half a row to each of the four cells, so that there is half a
row that each model alone got right. The other tests get a floor of the standard error by the same half rows: `_floor`. Where there
are too few rows for the approximations, nothing is compared.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import stats

from interfaces.contract import Contract
from interfaces.reports import METRICS
from model_code.evaluate import scores
from model_code.predict import Predictions

RESAMPLES = 400
LEAST = 10  # rows, of each class that the metric is about: with fewer, a sum of them is not near normal


def compare(
    contract: Contract, metric: str, truth: np.ndarray, challenger: Predictions, champion: Predictions, significance: float, seed: int = 0
) -> dict[str, Any]:
    """Both values and their difference, positive where the challenger is better.

    ``lower`` and ``upper`` are bounds of the difference, each of one-sided level 1 - ``significance``: a difference below
    ``lower``, or one above ``upper``, is ruled out. ``p_value`` is two-sided, for no difference at all.
    Raises ValueError where the metric is not defined on these rows, or there are too few of them.
    """
    sign = 1.0 if METRICS[contract.problem_type][metric].greater_is_better else -1.0
    values = [_score(contract, metric, truth, p) for p in (challenger, champion)]
    if not np.all(np.isfinite(values)):
        raise ValueError(f"{metric} is not defined on the {len(truth)} held-out rows")
    counts = _counts(contract, metric, truth)
    if min(counts) < LEAST:
        raise ValueError(f"too few rows: {min(counts)} of a class that {metric} is about, at least {LEAST} are needed")
    difference, floor, normal = sign * (values[0] - values[1]), _floor(metric, counts, values), stats.norm.ppf(1 - significance)
    if metric == "auc":
        test, error, p = "DeLong", *_delong(truth == contract.positive_label, challenger.probability, champion.probability, difference)
        error = max(error, floor)
        lower, upper = _bounds(difference, error, normal)
    elif metric == "accuracy":
        test, centre, error, p = "McNemar", *_mcnemar(challenger.predicted == truth, champion.predicted == truth)
        lower, upper = _bounds(centre, error, normal)
    elif metric in ("mae", "mse"):
        test, error, p = "paired t", *_paired_t(metric, truth, challenger.predicted, champion.predicted)
        error = max(error, floor)
        lower, upper = _bounds(difference, error, stats.t.ppf(1 - significance, len(truth) - 1))
    else:
        test, found = "paired bootstrap", sign * _resampled(contract, metric, truth, challenger, champion, seed)
        error, p = max(float(found.std()), floor), float(min(1.0, 2 * min((found <= 0).mean(), (found >= 0).mean())))
        outer = zip(np.quantile(found, [significance, 1 - significance]), _bounds(difference, floor, normal), (min, max), strict=True)
        lower, upper = (float(wider(quantile, bound)) for quantile, bound, wider in outer)
    return {
        "metric": metric,
        "challenger": values[0],
        "champion": values[1],
        "difference": difference,
        "standard_error": error,
        "lower": lower,
        "upper": upper,
        "p_value": p,
        "significance": significance,
        "test": test,
        "rows": len(truth),
    }


def _score(contract: Contract, metric: str, truth: np.ndarray, predictions: Predictions) -> float:
    probability = predictions.probability if contract.problem_type == "binary" else None
    return scores(contract, truth, predictions.predicted, probability)[metric]


def _bounds(difference: float, error: float, quantile: float) -> tuple[float, float]:
    return difference - float(quantile) * error, difference + float(quantile) * error


def _counts(contract: Contract, metric: str, truth: np.ndarray) -> list[int]:
    """Rows of each class that the metric is about; all rows where it is about all of them alike."""
    positive = int((truth == contract.positive_label).sum()) if contract.problem_type == "binary" else 0
    if metric == "auc":
        return [positive, len(truth) - positive]
    return [positive if metric in ("precision", "recall", "f1") else len(truth)]


def _floor(metric: str, counts: list[int], values: list[float]) -> float:
    """The standard error that half a row gained and half a row lost leave in each class, n + 2 rows as with Agresti and Min.

    A row moves auc, precision, recall and f1 by at most about 1 / n, and an error by about its mean over n.
    """
    row = float(np.sqrt(sum((1 / (count + 2)) ** 2 for count in counts)))
    scale = {"mae": max(values), "mse": max(values), "rmse": max(values) / 2, "r2": 1 - min(values)}
    return scale.get(metric, 1.0) * row


def _delong(positive: np.ndarray, first: np.ndarray | None, second: np.ndarray | None, difference: float) -> tuple[float, float]:
    """(standard error of the difference of two AUCs, two-sided p). Scores have shape (n,)."""
    if first is None or second is None:
        raise ValueError("auc needs probabilities of both models")
    above, below = [], []
    for score in (first, second):
        x, y = score[positive], score[~positive]
        overall = stats.rankdata(np.concatenate([x, y]))
        above.append((overall[: len(x)] - stats.rankdata(x)) / len(y))
        below.append(1 - (overall[len(x) :] - stats.rankdata(y)) / len(x))
    spread = _covariance(above) + _covariance(below)
    error = float(np.sqrt(max(spread[0, 0] + spread[1, 1] - 2 * spread[0, 1], 0.0)))
    return error, _normal_p(difference, error)


def _covariance(components: list[np.ndarray]) -> np.ndarray:
    return np.cov(np.vstack(components)) / len(components[0])


def _normal_p(difference: float, error: float) -> float:
    if error == 0:
        return 1.0 if difference == 0 else 0.0
    return float(2 * stats.norm.sf(abs(difference) / error))


def _mcnemar(challenger_right: np.ndarray, champion_right: np.ndarray) -> tuple[float, float, float]:
    """(centre and standard error of Agresti and Min's interval, two-sided p)."""
    gained, lost = int((challenger_right & ~champion_right).sum()), int((~challenger_right & champion_right).sum())
    count = len(challenger_right) + 2
    error = float(np.sqrt(gained + lost + 1 - (gained - lost) ** 2 / count) / count)
    return (gained - lost) / count, error, float(stats.binomtest(gained, gained + lost).pvalue) if gained + lost else 1.0


def _paired_t(metric: str, truth: np.ndarray, challenger: np.ndarray, champion: np.ndarray) -> tuple[float, float]:
    power = 1 if metric == "mae" else 2
    gain = np.abs(truth - champion) ** power - np.abs(truth - challenger) ** power
    error = float(gain.std(ddof=1) / np.sqrt(len(gain)))
    if error == 0:
        return 0.0, _normal_p(float(gain.mean()), 0.0)
    return error, float(2 * stats.t.sf(abs(gain.mean()) / error, len(gain) - 1))


def _resampled(contract: Contract, metric: str, truth: np.ndarray, challenger: Predictions, champion: Predictions, seed: int) -> np.ndarray:
    """Differences of resamples on which the metric is defined, shape (at most 400,)."""
    rng = np.random.default_rng(seed)
    of = _regression if contract.problem_type == "regression" else _classification
    first, second = (of(contract, metric, truth, p.predicted) for p in (challenger, champion))
    found = np.array([first(pick) - second(pick) for pick in (rng.integers(0, len(truth), len(truth)) for _ in range(RESAMPLES))])
    found = found[np.isfinite(found)]
    if not len(found):
        raise ValueError(f"{metric} is not defined on any resample of the {len(truth)} held-out rows")
    return found


def _regression(_: Contract, metric: str, truth: np.ndarray, predicted: np.ndarray) -> Callable[[np.ndarray], float]:
    """r2 or rmse of the picked rows."""
    squares = (truth - predicted) ** 2

    def value(pick: np.ndarray) -> float:
        error = squares[pick].mean()
        if metric == "rmse":
            return float(np.sqrt(error))
        spread = truth[pick].var()
        return float(1 - error / spread) if spread > 0 else float("nan")

    return value


def _classification(contract: Contract, metric: str, truth: np.ndarray, predicted: np.ndarray) -> Callable[[np.ndarray], float]:
    """Precision, recall or f1 of the picked rows, of the positive label or weighted over all; 0 where there is nothing to divide by."""
    labels = list(contract.classes)
    place = {label: i for i, label in enumerate(labels)}
    cells = np.array([place[t] * len(labels) + place[p] for t, p in zip(truth, predicted, strict=True)])
    which = metric.removeprefix("weighted_")

    def value(pick: np.ndarray) -> float:
        matrix = np.bincount(cells[pick], minlength=len(labels) ** 2).reshape(len(labels), -1).astype(float)
        hits, actual, chosen = matrix.diagonal(), matrix.sum(axis=1), matrix.sum(axis=0)
        bottom = {"precision": chosen, "recall": actual, "f1": (chosen + actual) / 2}[which]
        each = np.divide(hits, bottom, out=np.zeros_like(hits), where=bottom > 0)
        return float(each @ actual / actual.sum()) if metric.startswith("weighted_") else float(each[place[contract.positive_label or ""]])

    return value
