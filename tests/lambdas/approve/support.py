"""A policy that asks for everything, and an evaluation that holds it."""

import copy
from datetime import UTC, datetime
from typing import Any

from interfaces.policy import Policy
from lambdas.shared.champion import Champion

NOW = datetime(2026, 11, 25, tzinfo=UTC)
SERVING = Champion("arn:p/1", "s3://b/champion.tar.gz")

ASKED: dict[str, Any] = {
    "on_failure": "person",
    "thresholds": {"auc": 0.7, "accuracy": 0.6},
    "champion": {"rule": "non-inferior", "metric": "auc", "margin": 0.02, "significance": 0.05},
    "bias": {"limits": {"DPPL": 0.2, "DI": 0.8}, "columns": [], "minimum_rows": 50},
    "slices": {"metric": "auc", "floor": 0.6, "minimum_rows": 50},
    "artefact": {"max_size_mb": 10, "max_row_ms": 50, "max_batch_ms": 500},
    "data": {"max_age_days": 30},
    "reviewers": {"required": 0, "recorded": False, "allowed": [], "remind_hours": 24, "expire_days": 14},
    "behaviour": {
        "invariance": [{"name": "gender", "min_share": 0.9}],
        "directional": [],
        "functionality": [{"name": "safe", "min_score": None, "max_score": 0.5, "label": None}],
    },
}

FOUND: dict[str, Any] = {
    "binary_classification_metrics": {"auc": {"value": 0.75}, "accuracy": {"value": 0.7}},
    "mlops_loop": {
        "champion": {
            "status": "compared", "metric": "auc", "significance": 0.05, "difference": 0.0, "champion": 0.75, "challenger": 0.75,
            "lower": -0.01, "upper": 0.01, "p_value": 0.9, "test": "DeLong", "rows": 400, "artefact": SERVING.artefact,
        },
        "bias": [
            {"column": "gender", "value": "f", "rows": 200, "DPPL": 0.1, "DI": 0.9, "AD": 0.0, "RD": None},
            {"column": "gender", "value": "x", "rows": 5, "DPPL": 0.9, "DI": 0.1, "AD": 0.0, "RD": None},
        ],
        "slices": [
            {"column": "gender", "value": "f", "rows": 200, "metrics": {"auc": 0.7}},
            {"column": "gender", "value": "m", "rows": 195, "metrics": {"auc": 0.65}},
            {"column": "gender", "value": "x", "rows": 5},
        ],
        "behaviour": [
            {"kind": "invariance", "name": "gender", "number": 0.95, "limit": 0.9, "passed": True, "rows": 200},
            {"kind": "functionality", "name": "safe", "number": 0.1, "limit": "at most 0.5", "passed": True, "rows": 1},
        ],
        "artefact": {"size_bytes": 2_000_000, "row_ms": 5.0, "batch_ms": 40.0, "batch_rows": 1000, "load_s": 0.1},
        "data": {"created_at": "2026-11-20T00:00:00Z", "newest_event_at": "2026-11-15T00:00:00+00:00"},
    },
}  # fmt: skip


def policy(**sections: Any) -> Policy:
    """The policy with some keys of some sections changed."""
    raw = copy.deepcopy(ASKED)
    for name, change in sections.items():
        raw[name] = {**raw[name], **change} if isinstance(change, dict) and name != "thresholds" else change
    return Policy.from_dict(raw)


def report(path: str = "", value: Any = None) -> dict[str, Any]:
    """The evaluation with one value changed, at a dotted path; ``...`` removes it."""
    found = copy.deepcopy(FOUND)
    if path:
        *parents, last = path.split(".")
        at: Any = found
        for part in parents:
            at = at[int(part)] if isinstance(at, list) else at[part]
        if value is ...:
            del at[last]
        elif isinstance(at, list):
            at[int(last)] = value
        else:
            at[last] = value
    return found
