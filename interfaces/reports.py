"""Report shapes that steps write and that the gates, the Studio and the report read.

``evaluation.json`` follows the model-quality format that SageMaker Studio renders:
``{"<kind>_metrics": {"<metric>": {"value": float, "standard_deviation": float | "NaN"}}}``,
with our own additions under ``"mlops_loop"`` (confidence intervals, slices, curves).
"""

from dataclasses import dataclass
from typing import Any

KIND = {
    "binary": "binary_classification",
    "multiclass": "multiclass_classification",
    "regression": "regression",
}
EVALUATION_FILE = "evaluation.json"
STATISTICS_FILE = "statistics.json"
CONSTRAINTS_FILE = "constraints.json"


@dataclass(frozen=True)
class Metric:
    """A metric that gates may use: its name in evaluation.json and which way is better."""

    name: str
    greater_is_better: bool
    low: float
    high: float | None


METRICS: dict[str, dict[str, Metric]] = {
    "binary": {name: Metric(name, True, 0.0, 1.0) for name in ("auc", "accuracy", "precision", "recall", "f1")},
    "multiclass": {
        name: Metric(name, True, 0.0, 1.0)
        for name in (
            "accuracy",
            "weighted_precision",
            "weighted_recall",
            "weighted_f1",
        )
    },
    "regression": {
        "r2": Metric("r2", True, -1e9, 1.0),
        "mae": Metric("mae", False, 0.0, None),
        "rmse": Metric("rmse", False, 0.0, None),
        "mse": Metric("mse", False, 0.0, None),
    },
}
DEFAULT_METRIC = {"binary": "auc", "multiclass": "accuracy", "regression": "r2"}


def metric_path(problem_type: str, metric: str) -> str:
    """The JSON path of a metric's value inside evaluation.json."""
    return f"{KIND[problem_type]}_metrics.{metric}.value"


def metric_value(report: dict[str, Any], problem_type: str, metric: str) -> float | None:
    """The metric's value in a parsed evaluation.json, or None if it is not a finite number."""
    entry = report.get(f"{KIND[problem_type]}_metrics", {}).get(metric, {})
    value = entry.get("value")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    number = float(value)
    return number if number - number == 0 else None


def passes(problem_type: str, metric: str, value: float, threshold: float) -> bool:
    """Whether a value reaches its threshold, in the metric's own direction."""
    better = METRICS[problem_type][metric].greater_is_better
    return value >= threshold if better else value <= threshold
