"""The estimator: the one file to change for another model.

Preprocessing is part of the estimator, so it is fitted on training rows only and travels inside the
model artefact.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer, OrdinalEncoder

from interfaces.contract import Contract

MAX_CATEGORIES = 200  # HistGradientBoosting bins at most 255 categories


@dataclass(frozen=True)
class Params:
    """Hyperparameters, as they travel through the training job."""

    learning_rate: float = 0.1
    max_iter: int = 150
    max_leaf_nodes: int = 31
    l2_regularization: float = 0.0
    seed: int = 0


def build(contract: Contract, params: Params) -> Pipeline:
    """An unfitted scikit-learn pipeline for the contract's features.

    It takes a frame with the contract's feature columns in any order (see `as_features`);
    numbers are imputed by the median with an indicator, categories get an ordinal code, categories not
    seen in training are treated as missing.
    """
    groups: dict[str, list[str]] = {"number": [], "category": [], "time": []}
    for column in contract.features:
        kind = {"string": "category", "timestamp": "time"}.get(column.type, "number")
        groups[kind].append(column.name)
    encode = OrdinalEncoder(
        handle_unknown="use_encoded_value",
        unknown_value=np.nan,
        encoded_missing_value=np.nan,
        max_categories=MAX_CATEGORIES,
    )
    columns = ColumnTransformer(
        [
            ("number", SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True), groups["number"]),
            ("time", FunctionTransformer(time_parts), groups["time"]),
            ("category", encode, groups["category"]),
        ]
    )
    model = HistGradientBoostingRegressor if contract.problem_type == "regression" else HistGradientBoostingClassifier
    settings: dict[str, Any] = {
        "learning_rate": params.learning_rate,
        "max_iter": params.max_iter,
        "max_leaf_nodes": params.max_leaf_nodes,
        "l2_regularization": params.l2_regularization,
        "random_state": params.seed,
        "early_stopping": False,
    }
    return Pipeline([("columns", columns), ("model", model(**settings))])


def fit(contract: Contract, params: Params, rows: pd.DataFrame) -> Pipeline:
    """Fit on typed rows that hold the features and the target."""
    pipeline = build(contract, params)
    features = as_features(rows, contract)
    fitted = pipeline.named_steps["columns"].fit_transform(features)
    categorical = len([c for c in contract.features if c.type == "string"])
    width = fitted.shape[1]
    pipeline.named_steps["model"].set_params(categorical_features=list(range(width - categorical, width)) or None)
    pipeline.named_steps["model"].fit(fitted, target(rows, contract))
    return pipeline


def as_features(rows: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    """The contract's features in their order, in the dtypes that `build` expects.

    Numbers and booleans become float64, times UTC nanoseconds, categories object with NaN for
    missing, which is also the code of a category that training never saw.
    """
    out: dict[str, Any] = {}
    for column in contract.features:
        values = rows[column.name]
        if column.type == "string":
            as_object = values.astype("object")
            out[column.name] = as_object.where(as_object.notna(), np.nan)
        elif column.type == "timestamp":
            out[column.name] = pd.to_datetime(values, utc=True)
        else:
            out[column.name] = values.astype("Float64").to_numpy(dtype="float64", na_value=np.nan)
    return pd.DataFrame(out, index=rows.index)


def target(rows: pd.DataFrame, contract: Contract) -> np.ndarray:
    """The target: class labels as str, or float64."""
    values = rows[contract.target]
    if contract.problem_type == "regression":
        return values.to_numpy(dtype="float64")
    return labels(values)


def labels(values: pd.Series) -> np.ndarray:
    """Class labels as the contract spells them: whole numbers without a fraction, booleans lower-case."""
    if pd.api.types.is_bool_dtype(values.dtype):
        return values.map({True: "true", False: "false"}).to_numpy(dtype=object)
    if pd.api.types.is_integer_dtype(values.dtype):
        return values.astype("int64").astype(str).to_numpy(dtype=object)
    return values.astype(str).to_numpy(dtype=object)


def time_parts(frame: pd.DataFrame) -> np.ndarray:
    """Hour, weekday, month and age in days since 2000 of each time column; NaN where missing."""
    parts = []
    for name in frame.columns:
        stamps = pd.to_datetime(frame[name], utc=True)
        days = (stamps - pd.Timestamp("2000-01-01", tz="UTC")) / pd.Timedelta(days=1)
        parts += [stamps.dt.hour, stamps.dt.dayofweek, stamps.dt.month, days]
    return np.column_stack(parts) if parts else np.empty((len(frame), 0))
