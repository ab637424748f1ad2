"""What the bias and explainability monitors compare: the analysis configuration, and a model's outputs to explain.

The configuration has the keys of Clarify's ``analysis_config.json``. It is made once, from training rows, and travels with the
baseline: a window is only comparable with the same facets, favourable outcome and background.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from interfaces.contract import Contract
from model_code import estimator
from model_code.monitoring import attribution
from model_code.predict import Bundle, predict

BACKGROUND_ROWS = 8
EXPLAINED_ROWS = 50
MAX_GROUPS = 12  # values of a facet that are looked at one by one; numbers of more are split at their median


def configuration(contract: Contract, train: pd.DataFrame, seed: int = 0) -> dict[str, Any]:
    """``analysis_config.json`` from training rows."""
    features = [c.name for c in contract.features]
    background = train[features].sample(min(BACKGROUND_ROWS, len(train)), random_state=seed)
    return {
        "dataset_type": "text/csv",
        "headers": [*features, contract.target],
        "label": contract.target,
        "label_values_or_threshold": _favourable(contract, train),
        "facet": [_facet(contract, name, train) for name in contract.sensitive if name in features],
        "methods": {
            "shap": {
                "baseline": [[cell(v) for v in row] for row in background.itertuples(index=False)],
                "num_samples": attribution.COALITIONS,
                "agg_method": "mean_abs",
            }
        },
    }


def outputs(bundle: Bundle) -> tuple[attribution.Predict, tuple[str, ...]]:
    """What is explained, shape (m, outputs), and the name of each output."""
    contract = bundle.contract

    def answer(rows: pd.DataFrame) -> np.ndarray:
        found = predict(bundle, rows)
        values = found.predicted if found.probability is None else found.probability
        return np.asarray(values, dtype="float64").reshape(len(rows), -1)

    return answer, contract.classes if contract.problem_type == "multiclass" else ("label0",)


def explain(bundle: Bundle, rows: pd.DataFrame, background: pd.DataFrame, seed: int = 0) -> dict[str, Any]:
    """``analysis.json`` of up to `EXPLAINED_ROWS` of these typed rows."""
    answer, names = outputs(bundle)
    contract = bundle.contract
    picked = rows.sample(min(EXPLAINED_ROWS, len(rows)), random_state=seed)
    explained, against = (estimator.as_features(frame, contract) for frame in (picked, background))
    values = attribution.shap_values(answer, explained, against, seed=seed)
    return attribution.analysis(values, answer(against).mean(axis=0), list(explained.columns), names)


def spelled(wanted: Sequence[Any]) -> str:
    """The favourable outcome as reports name it."""
    return ", ".join(str(w) for w in wanted)


def _favourable(contract: Contract, train: pd.DataFrame) -> list[Any]:
    if contract.problem_type == "regression":
        return [float(train[contract.target].astype("float64").median())]
    return [contract.positive_label or contract.classes[-1]]


def _facet(contract: Contract, name: str, train: pd.DataFrame) -> dict[str, Any]:
    column = train[name]
    if contract.column(name).numeric and column.nunique() > MAX_GROUPS:
        return {"name_or_index": name, "value_or_threshold": [float(column.astype("Float64").median())]}
    common = column.dropna().astype(str).value_counts().index[:MAX_GROUPS]
    return {"name_or_index": name, "value_or_threshold": sorted(common)}


def cell(value: Any) -> str | None:
    if pd.isna(value):
        return None
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, pd.Timestamp) else str(value)
