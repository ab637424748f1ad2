"""Metrics with confidence intervals, overall and per slice, in the format that Studio renders."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn import metrics as sk

from interfaces.contract import Column, Contract
from interfaces.reports import KIND

BOOTSTRAP_SAMPLES = 200
MIN_ROWS_FOR_DEVIATION = 200
MIN_SLICE_ROWS = 30
_CURVE_POINTS = 100
_MAX_SLICES = 12


def evaluate(contract: Contract, truth: np.ndarray, predicted: np.ndarray, probability: np.ndarray | None, seed: int = 0) -> dict[str, Any]:
    """The model-quality report of one set of rows.

    ``truth`` and ``predicted`` have shape (n,); ``probability`` (n,) is that of the positive label,
    binary problems only. Deviations and intervals come from a percentile bootstrap of 200 resamples
    (Efron 1979); below 200 rows the deviation is the string "NaN", as Model Monitor writes it.
    """
    value = scores(contract, truth, predicted, probability)
    samples = _bootstrap(contract, truth, predicted, probability, seed)
    enough = len(truth) >= MIN_ROWS_FOR_DEVIATION
    block: dict[str, Any] = {}
    intervals: dict[str, list[float]] = {}
    for name, number in value.items():
        resampled = np.array([s[name] for s in samples if np.isfinite(s[name])])
        deviation = float(resampled.std()) if enough and len(resampled) else "NaN"
        block[name] = {"value": number, "standard_deviation": deviation}
        if len(resampled):
            intervals[name] = [float(q) for q in np.quantile(resampled, [0.025, 0.975])]
    if contract.problem_type != "regression":
        block["confusion_matrix"] = _confusion(contract, truth, predicted)
    report: dict[str, Any] = {
        "version": 0.0,
        "dataset": {"item_count": len(truth)},
        f"{KIND[contract.problem_type]}_metrics": block,
        "mlops_loop": {"confidence_intervals": intervals, "confidence_level": 0.95},
    }
    if probability is not None:
        curves = _curves(truth == contract.positive_label, probability)
        block["receiver_operating_characteristic_curve"] = curves["roc"]
        block["precision_recall_curve"] = curves["pr"]
    elif contract.problem_type == "regression":
        report["mlops_loop"]["residuals"] = _residuals(truth, predicted)
    return report


def scores(contract: Contract, truth: np.ndarray, predicted: np.ndarray, probability: np.ndarray | None) -> dict[str, float]:
    """The headline metrics as plain numbers; NaN where a metric is not defined on these rows."""
    if contract.problem_type == "regression":
        mse = float(sk.mean_squared_error(truth, predicted))
        r2 = float(sk.r2_score(truth, predicted)) if len(truth) > 1 else float("nan")
        return {"mae": float(sk.mean_absolute_error(truth, predicted)), "mse": mse, "rmse": mse**0.5, "r2": r2}
    accuracy = float(sk.accuracy_score(truth, predicted))
    if contract.problem_type == "multiclass":
        p, r, f, _ = sk.precision_recall_fscore_support(truth, predicted, average="weighted", zero_division=0)
        return {"accuracy": accuracy, "weighted_precision": float(p), "weighted_recall": float(r), "weighted_f1": float(f)}
    positive = truth == contract.positive_label
    chosen = predicted == contract.positive_label
    p, r, f, _ = sk.precision_recall_fscore_support(positive, chosen, average="binary", zero_division=0)
    out = {"accuracy": accuracy, "precision": float(p), "recall": float(r), "f1": float(f)}
    both = 0 < positive.sum() < len(positive)
    out["auc"] = float(sk.roc_auc_score(positive, probability)) if both and probability is not None else float("nan")
    return out


def slices(
    contract: Contract, rows: pd.DataFrame, truth: np.ndarray, predicted: np.ndarray, probability: np.ndarray | None
) -> list[dict[str, Any]]:
    """Metrics per value of each sensitive or low-cardinality categorical column.

    Slices below 30 rows carry their count and no metrics.
    """
    out = []
    for column in contract.features:
        sensitive = column.name in contract.sensitive
        if not sensitive and not (column.allowed and len(column.allowed) <= _MAX_SLICES):
            continue
        for value, where in groups_of(rows, column).items():
            entry: dict[str, Any] = {"column": column.name, "value": value, "rows": len(where), "sensitive": sensitive}
            if len(where) >= MIN_SLICE_ROWS:
                part = None if probability is None else probability[where]
                entry["metrics"] = {k: _finite(v) for k, v in scores(contract, truth[where], predicted[where], part).items()}
            out.append(entry)
    return out


def groups_of(rows: pd.DataFrame, column: Column) -> dict[str, np.ndarray]:
    """Positions of the rows by a column's value; a numeric column of more than 12 values is cut at its quartiles."""
    groups = rows[column.name]
    if column.numeric and groups.nunique() > _MAX_SLICES:
        groups = pd.qcut(groups.astype("Float64").astype("float64"), 4, duplicates="drop")
    found = rows.groupby(groups.astype("string").fillna("(missing)").to_numpy()).indices
    return {str(value): where for value, where in found.items()}


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _bootstrap(
    contract: Contract, truth: np.ndarray, predicted: np.ndarray, probability: np.ndarray | None, seed: int
) -> list[dict[str, float]]:
    rng = np.random.default_rng(seed)
    out = []
    for _ in range(BOOTSTRAP_SAMPLES):
        pick = rng.integers(0, len(truth), len(truth))
        out.append(scores(contract, truth[pick], predicted[pick], None if probability is None else probability[pick]))
    return out


def _confusion(contract: Contract, truth: np.ndarray, predicted: np.ndarray) -> dict[str, dict[str, int]]:
    labels = list(contract.classes)
    matrix = sk.confusion_matrix(truth, predicted, labels=labels)
    return {a: {b: int(matrix[i, j]) for j, b in enumerate(labels)} for i, a in enumerate(labels)}


def _curves(positive: np.ndarray, probability: np.ndarray) -> dict[str, dict[str, list[float]]]:
    if not 0 < positive.sum() < len(positive):
        empty: list[float] = []
        return {"roc": {"false_positive_rates": empty, "true_positive_rates": empty}, "pr": {"precisions": empty, "recalls": empty}}
    fpr, tpr, _ = sk.roc_curve(positive, probability)
    precision, recall, _ = sk.precision_recall_curve(positive, probability)
    return {
        "roc": {"false_positive_rates": _thin(fpr), "true_positive_rates": _thin(tpr)},
        "pr": {"precisions": _thin(precision), "recalls": _thin(recall)},
    }


def _thin(values: np.ndarray) -> list[float]:
    pick = np.unique(np.linspace(0, len(values) - 1, min(len(values), _CURVE_POINTS)).astype(int))
    return [round(float(v), 6) for v in values[pick]]


def _residuals(truth: np.ndarray, predicted: np.ndarray) -> dict[str, list[float]]:
    counts, edges = np.histogram(predicted - truth, bins=30)
    return {"counts": [float(c) for c in counts], "edges": [float(e) for e in edges]}
