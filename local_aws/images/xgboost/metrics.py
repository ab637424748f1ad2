"""Metrics that the XGBoost image computes itself, with scikit-learn, beside those that XGBoost has.

As in aws/sagemaker-xgboost-container, metrics/custom_metrics.py. Like it, the classifying ones compare what XGBoost hands
them with zero; since XGBoost hands over probabilities (custom_metric), a binary objective counts every row as positive.
"""

import functools

import numpy
from sklearn import metrics as scores


def _classes(predictions):
    return predictions.argmax(axis=-1) if predictions.ndim > 1 else (predictions > 0).astype(int)


def _classified(score, **options):
    return lambda labels, predictions: score(labels, _classes(predictions), **options)


CUSTOM = {
    "accuracy": _classified(scores.accuracy_score),
    "balanced_accuracy": _classified(scores.balanced_accuracy_score),
    "f1": _classified(scores.f1_score, average="macro"),
    "f1_binary": _classified(scores.f1_score, average="binary"),
    "f1_macro": _classified(scores.f1_score, average="macro"),
    "precision": _classified(scores.precision_score),
    "precision_macro": _classified(scores.precision_score, average="macro"),
    "precision_micro": _classified(scores.precision_score, average="micro"),
    "recall": _classified(scores.recall_score),
    "recall_macro": _classified(scores.recall_score, average="macro"),
    "recall_micro": _classified(scores.recall_score, average="micro"),
    "mae": scores.mean_absolute_error,
    "mse": scores.mean_squared_error,
    "rmse": scores.root_mean_squared_error,
    "r2": scores.r2_score,
}


def split(names):
    """(names that XGBoost computes, a function for the others or None)."""
    ours = [name for name in names if name in CUSTOM]
    return [name for name in names if name not in CUSTOM], functools.partial(_compute, ours) if ours else None


def _compute(names, predictions, matrix):
    labels = matrix.get_label()
    return [(name, float(CUSTOM[name](labels, numpy.asarray(predictions)))) for name in names]
