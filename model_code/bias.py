"""How differently a model treats a group and all others, by measures of SageMaker Clarify.

Definitions: documentation of Amazon SageMaker Clarify, "Measure post-training data and model bias". The facet d is one value of
a column, a is everybody else; the outcome is the positive label.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from interfaces.contract import Contract
from model_code.evaluate import groups_of


def bias(contract: Contract, rows: pd.DataFrame, truth: np.ndarray, predicted: np.ndarray, columns: Sequence[str]) -> list[dict[str, Any]]:
    """For each value (or quartile, where a number has many) of each column: DPPL, DI, AD and RD, None where not defined."""
    positive, chosen = truth == contract.positive_label, predicted == contract.positive_label
    found = []
    for name in columns:
        for value, where in groups_of(rows, contract.column(name)).items():
            facet = np.zeros(len(rows), dtype=bool)
            facet[where] = True
            measures = _measures(positive, chosen, facet) if not facet.all() else dict.fromkeys(("DPPL", "DI", "AD", "RD"))
            found.append({"column": name, "value": value, "rows": len(where), **measures})
    return found


def _measures(positive: np.ndarray, chosen: np.ndarray, facet: np.ndarray) -> dict[str, float | None]:
    """DPPL and AD and RD are a minus d, DI is d over a."""
    rate_d, rate_a = chosen[facet].mean(), chosen[~facet].mean()
    right = positive == chosen
    recall_d, recall_a = (chosen[positive & side].mean() if (positive & side).any() else None for side in (facet, ~facet))
    return {
        "DPPL": float(rate_a - rate_d),
        "DI": float(rate_d / rate_a) if rate_a > 0 else None,
        "AD": float(right[~facet].mean() - right[facet].mean()),
        "RD": None if recall_a is None or recall_d is None else float(recall_a - recall_d),
    }
