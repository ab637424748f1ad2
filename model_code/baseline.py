"""Statistics and constraints of the training rows, in Model Monitor's data-quality format.

The format is that of genuine ``statistics.json`` and ``constraints.json`` files. Counts, means and
buckets are exact, computed from every row; the KLL sketch and the violations belong to the analyzer.
"""

from typing import Any

import numpy as np
import pandas as pd

from interfaces.contract import Column, Contract

BUCKETS = 10
MAX_CATEGORIES = 120  # genuine files list categories up to about 120 distinct values


def statistics(contract: Contract, rows: pd.DataFrame) -> dict[str, Any]:
    """``statistics.json`` of the contract's features."""
    return {
        "version": 0.0,
        "dataset": {"item_count": len(rows)},
        "features": [_feature(column, rows[column.name]) for column in contract.features],
    }


def constraints(contract: Contract, rows: pd.DataFrame) -> dict[str, Any]:
    """``constraints.json`` suggested from the same rows, with the genuine file's defaults."""
    return {
        "version": 0.0,
        "features": [_constraint(column, rows[column.name]) for column in contract.features],
        "monitoring_config": {
            "evaluate_constraints": "Enabled",
            "emit_metrics": "Enabled",
            "datatype_check_threshold": 1.0,
            "domain_content_threshold": 1.0,
            "distribution_constraints": {
                "perform_comparison": "Enabled",
                "comparison_threshold": 0.1,
                "comparison_method": "Robust",
                "categorical_comparison_threshold": 0.1,
                "categorical_drift_method": "LInfinity",
            },
        },
    }


def _inferred(column: Column) -> str:
    return {"integer": "Integral", "number": "Fractional"}.get(column.type, "String")


def _feature(column: Column, values: pd.Series) -> dict[str, Any]:
    known = values.dropna()
    common = {"num_present": len(known), "num_missing": len(values) - len(known)}
    completeness = len(known) / len(values) if len(values) else 0.0
    head = {"name": column.name, "inferred_type": _inferred(column)}
    if not column.numeric:
        return {**head, "string_statistics": _strings(known.astype(str), common, completeness)}
    return {**head, "numerical_statistics": _numbers(known.to_numpy(dtype="float64"), common, completeness)}


def _numbers(values: np.ndarray, common: dict[str, int], completeness: float) -> dict[str, Any]:
    out: dict[str, Any] = {"common": {**common, "approximate_num_distinct_values": len(np.unique(values)), "completeness": completeness}}
    if len(values) == 0:
        return out
    low, high = float(values.min()), float(values.max())
    edges = [low + (high - low) * i / BUCKETS for i in range(BUCKETS)] + [high]  # rounding must not leave the maximum outside
    counts = np.histogram(values, bins=edges)[0] if high > low else [0] * (BUCKETS - 1) + [len(values)]
    out |= {
        "mean": float(values.mean()),
        "sum": float(values.sum()),
        "std_dev": float(values.std()),
        "min": low,
        "max": high,
        "distribution": {
            "kll": {"buckets": [{"lower_bound": edges[i], "upper_bound": edges[i + 1], "count": float(counts[i])} for i in range(BUCKETS)]}
        },
    }
    return out


def _strings(values: pd.Series, common: dict[str, int], completeness: float) -> dict[str, Any]:
    counts = values.value_counts()
    out: dict[str, Any] = {"common": {**common, "completeness": completeness}, "distinct_count": float(len(counts))}
    if len(counts) <= MAX_CATEGORIES:
        buckets = [{"value": str(value), "count": int(count)} for value, count in counts.items()]
        out["distribution"] = {"categorical": {"buckets": buckets}}
    return out


def _constraint(column: Column, values: pd.Series) -> dict[str, Any]:
    known = values.dropna()
    completeness = len(known) / len(values) if len(values) else 0.0
    out: dict[str, Any] = {"name": column.name, "inferred_type": _inferred(column), "completeness": completeness}
    if column.numeric:
        out["num_constraints"] = {"is_non_negative": bool((known >= 0).all())}
    elif known.nunique() <= MAX_CATEGORIES:
        out["string_constraints"] = {"domains": sorted(map(str, known.unique()))}
    return out
