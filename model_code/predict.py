"""The model bundle and its predictions, the same in evaluation and at the endpoint."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from interfaces.contract import Contract, from_dict
from model_code import estimator


@dataclass(frozen=True)
class Bundle:
    """What a model artefact holds: the fitted pipeline and the contract it was trained under."""

    pipeline: Pipeline
    contract: Contract

    def to_dict(self) -> dict[str, Any]:
        """Plain values, so that loading needs no class of ours by import path."""
        return {"pipeline": self.pipeline, "contract": self.contract.to_dict()}

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> "Bundle":
        return cls(raw["pipeline"], from_dict(raw["contract"], "model artefact"))


@dataclass(frozen=True)
class Predictions:
    """``predicted`` (n,): labels as str or float64. ``probability`` (n,) of the positive label for
    a binary problem, (n, classes) in the order of ``contract.classes`` for multiclass, else None."""

    predicted: np.ndarray
    probability: np.ndarray | None


def predict(bundle: Bundle, rows: pd.DataFrame) -> Predictions:
    """Predict typed rows that hold at least the contract's features."""
    contract = bundle.contract
    features = estimator.as_features(rows, contract)
    if contract.problem_type == "regression":
        return Predictions(bundle.pipeline.predict(features).astype("float64"), None)
    matrix = bundle.pipeline.predict_proba(features)
    known = list(bundle.pipeline.classes_)
    predicted = np.array(known, dtype=object)[matrix.argmax(axis=1)]
    if contract.problem_type == "binary":
        return Predictions(predicted, matrix[:, known.index(contract.positive_label)])
    full = np.zeros((len(rows), len(contract.classes)))
    for i, label in enumerate(contract.classes):
        if label in known:
            full[:, i] = matrix[:, known.index(label)]
    return Predictions(predicted, full)


def records(predictions: Predictions, contract: Contract) -> list[dict[str, Any]]:
    """One JSON object per row, as the endpoint answers."""
    if contract.problem_type == "regression":
        return [{"value": float(v)} for v in predictions.predicted]
    if predictions.probability is None:
        raise RuntimeError("a classification without probabilities")
    if contract.problem_type == "binary":
        pairs = zip(predictions.predicted, predictions.probability, strict=True)
        return [{"label": str(label), "probability": float(p)} for label, p in pairs]
    out = []
    for label, row in zip(predictions.predicted, predictions.probability, strict=True):
        by_class = {name: float(p) for name, p in zip(contract.classes, row, strict=True)}
        out.append({"label": str(label), "probability": by_class[str(label)], "probabilities": by_class})
    return out
