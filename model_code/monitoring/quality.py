"""Model quality in Model Monitor's form: metrics with deviations, suggested constraints, violations.

The deviation of a metric is that over five random samples of 80 % of the rows, the text "NaN" below 200 rows. The
"best constant classifier" always answers the last label: that is what the documented numbers show, not the most frequent one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn import metrics as sk

from interfaces.monitoring_config import ConstraintError
from interfaces.reports import KIND, MetricReport

SAMPLES, SHARE, MIN_ROWS_FOR_DEVIATION = 5, 0.8, 200
CURVE_POINTS = 100
_BETAS = {"f0_5": 0.5, "f1": 1.0, "f2": 2.0}
_LESS, _GREATER = "LessThanThreshold", "GreaterThanThreshold"
_WORSE_ABOVE = ("mae", "mse", "rmse", "false_positive_rate", "false_negative_rate")
_CONSTANT = "_best_constant_classifier"


@dataclass(frozen=True)
class Labelled:
    """Rows with truth and prediction, shape (n,): float64 for a regression, positions in ``classes`` else.

    ``probability`` is that of the last class, binary problems only. A binary problem's positive class is the last.
    """

    problem_type: str
    truth: np.ndarray
    predicted: np.ndarray
    probability: np.ndarray | None = None
    classes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.truth)

    def take(self, where: np.ndarray) -> "Labelled":
        probability = None if self.probability is None else self.probability[where]
        return Labelled(self.problem_type, self.truth[where], self.predicted[where], probability, self.classes)

    def losses(self) -> np.ndarray:
        """What each row cost: 0 or 1 for a class, the absolute error for a number."""
        if self.problem_type == "regression":
            return np.abs(self.truth - self.predicted)
        return (self.truth != self.predicted).astype("float64")


def statistics(rows: Labelled, dataset: Mapping[str, str] | None = None, seed: int = 0) -> dict[str, Any]:
    """``statistics.json``; ``dataset`` holds start_time, end_time and evaluation_time."""
    block: dict[str, Any] = {
        name: {"value": value, "standard_deviation": deviation} for name, (value, deviation) in _measured(rows, seed).items()
    }
    if rows.problem_type != "regression":
        counts = _confusion(rows)
        names = rows.classes
        matrix = {a: {p: int(counts[i, j]) for j, p in enumerate(names)} for i, a in enumerate(names)}
        block = {"confusion_matrix": matrix, **block, **_curves(rows)}
    losses = rows.losses()
    return {
        "version": 0.0,
        "dataset": {"item_count": len(rows), **(dataset or {})},
        f"{KIND[rows.problem_type]}_metrics": block,
        "mlops_loop": {"loss": {"mean": float(losses.mean()), "std_dev": float(losses.std()), "count": len(losses)}},
    }


def suggest(report: Mapping[str, Any], problem_type: str) -> dict[str, Any]:
    """``constraints.json``: every metric at least as good as here. Constant classifiers are no constraint."""
    block = report[f"{KIND[problem_type]}_metrics"]
    suggested = {
        name: {"threshold": entry["value"], "comparison_operator": _GREATER if name in _WORSE_ABOVE else _LESS}
        for name, entry in block.items()
        if "value" in entry and not name.endswith(_CONSTANT)
    }
    return {"version": 0.0, f"{KIND[problem_type]}_constraints": suggested}


def compare(
    report: Mapping[str, Any], constraints: Mapping[str, Any], problem_type: str
) -> tuple[list[dict[str, str]], dict[str, MetricReport]]:
    """The violations and a report per metric. Raises ConstraintError for constraints of another problem type."""
    key = f"{KIND[problem_type]}_constraints"
    if not isinstance(constraints.get(key), Mapping):
        raise ConstraintError(f"the constraints file has no {key}; it has {', '.join(constraints) or 'nothing'}")
    block = report[f"{KIND[problem_type]}_metrics"]
    violations, metrics = [], {}
    for name, entry in block.items():
        if "value" not in entry:
            continue
        constraint = constraints[key].get(name)
        value, threshold = entry["value"], constraint and constraint["threshold"]
        violated = False
        if constraint:
            operator = constraint["comparison_operator"]
            if operator not in (_LESS, _GREATER):
                raise ConstraintError(f"comparison_operator of {name} is {operator!r}; allowed: {_LESS}, {_GREATER}")
            violated = value < threshold if operator == _LESS else value > threshold
        if violated:
            deviation = entry["standard_deviation"]
            about = "" if deviation == "NaN" else f" +/- {deviation}"
            text = f"Metric {name} with {value}{about} was {operator} '{threshold}'"
            violations.append({"constraint_check_type": operator, "description": text, "metric_name": name})
        metrics[name] = MetricReport(value, threshold, violated)
    return violations, metrics


def metrics(rows: Labelled) -> dict[str, float]:
    """The plain numbers, without deviations."""
    if rows.problem_type == "regression":
        return _regression(rows)
    counts = _confusion(rows).astype("float64")
    constant = np.zeros_like(counts)
    constant[:, -1] = counts.sum(axis=1)
    if rows.problem_type == "multiclass":
        values = _multiclass(counts)
        return values | {name + _CONSTANT: value for name, value in _multiclass(constant).items()}
    values, always = _binary(counts), _binary(constant)
    values |= {name + _CONSTANT: always[name] for name in ("recall", "precision", "accuracy", *_BETAS)}
    if rows.probability is not None and 0 < counts[1].sum() < counts.sum():
        values["auc"] = float(sk.roc_auc_score(rows.truth, rows.probability))
    return values


def _measured(rows: Labelled, seed: int) -> dict[str, tuple[float, float | str]]:
    values = metrics(rows)
    if len(rows) < MIN_ROWS_FOR_DEVIATION:
        return {name: (value, "NaN") for name, value in values.items()}
    rng = np.random.default_rng(seed)
    size = round(SHARE * len(rows))
    samples = [metrics(rows.take(rng.permutation(len(rows))[:size])) for _ in range(SAMPLES)]
    return {name: (value, float(np.std([s.get(name, np.nan) for s in samples]))) for name, value in values.items()}


def _confusion(rows: Labelled) -> np.ndarray:
    """Counts, shape (classes, classes): actual by predicted."""
    size = len(rows.classes)
    return np.bincount(rows.truth * size + rows.predicted, minlength=size * size).reshape(size, size)


def _ratio(top: float, bottom: float) -> float:
    return float(top / bottom) if bottom else 0.0


def _f(precision: float, recall: float, beta: float) -> float:
    return _ratio((1 + beta**2) * precision * recall, beta**2 * precision + recall)


def _binary(counts: np.ndarray) -> dict[str, float]:
    (tn, fp), (fn, tp) = counts
    recall, precision, fall_out = _ratio(tp, tp + fn), _ratio(tp, tp + fp), _ratio(fp, fp + tn)
    out = {"recall": recall, "precision": precision, "accuracy": _ratio(tp + tn, counts.sum())}
    out |= {"true_positive_rate": recall, "true_negative_rate": 1 - fall_out}
    out |= {"false_positive_rate": fall_out, "false_negative_rate": 1 - recall}
    return out | {name: _f(precision, recall, beta) for name, beta in _BETAS.items()}


def _multiclass(counts: np.ndarray) -> dict[str, float]:
    support, chosen, right = counts.sum(axis=1), counts.sum(axis=0), np.diag(counts)
    weights = support / support.sum()
    recall = np.divide(right, support, out=np.zeros(len(right)), where=support > 0)
    precision = np.divide(right, chosen, out=np.zeros(len(right)), where=chosen > 0)
    out = {"accuracy": float(right.sum() / support.sum())}
    out |= {"weighted_recall": float(weights @ recall), "weighted_precision": float(weights @ precision)}
    for name, beta in _BETAS.items():
        out[f"weighted_{name}"] = float(sum(w * _f(p, r, beta) for w, p, r in zip(weights, precision, recall, strict=True)))
    return out


def _regression(rows: Labelled) -> dict[str, float]:
    error = rows.truth - rows.predicted
    mse = float((error**2).mean())
    spread = float(((rows.truth - rows.truth.mean()) ** 2).sum())
    r2 = 1 - float((error**2).sum()) / spread if spread else 0.0
    return {"mae": float(np.abs(error).mean()), "mse": mse, "rmse": mse**0.5, "r2": r2}


def _curves(rows: Labelled) -> dict[str, Any]:
    """ROC and precision-recall at up to a hundred points."""
    if rows.probability is None or not 0 < rows.truth.sum() < len(rows):
        return {}
    fpr, tpr, _ = sk.roc_curve(rows.truth, rows.probability)
    precision, recall, _ = sk.precision_recall_curve(rows.truth, rows.probability)
    return {
        "receiver_operating_characteristic_curve": {"false_positive_rates": _thin(fpr), "true_positive_rates": _thin(tpr)},
        "precision_recall_curve": {"precisions": _thin(precision[::-1]), "recalls": _thin(recall[::-1])},
    }


def _thin(points: Sequence[float] | np.ndarray) -> list[float]:
    keep = np.unique(np.linspace(0, len(points) - 1, min(len(points), CURVE_POINTS)).round().astype(int))
    return [float(points[i]) for i in keep]
