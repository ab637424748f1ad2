"""The bias monitor's files: ``analysis.json`` for every facet, and what drifted from the baseline's.

A metric drifts when it is further from its neutral value than at the baseline (the service's rule). Because that is so in half
of all windows by chance, the verdict asks for more: further by so many standard errors of window and baseline together that none of the
metrics of all facets would be by chance (Bonferroni's inequality, as in Dunn 1961, "Multiple comparisons among means").
"""

import math
from collections.abc import Mapping, Sequence
from statistics import NormalDist
from typing import Any

import numpy as np
import pandas as pd

from interfaces.monitoring_config import ConstraintError
from interfaces.reports import MetricReport, Verdict
from model_code.monitoring import bias
from model_code.monitoring.bias import Outcomes

ALPHA = 0.005  # one-sided, of all metrics of a window together
_STAGES = ("post_training_bias_metrics", "pre_training_bias_metrics")


def outcomes(frame: pd.DataFrame, truth: np.ndarray, predicted: np.ndarray, config: Mapping[str, Any]) -> dict[tuple[str, str], Outcomes]:
    """The rows seen from each facet of an analysis configuration: (name, value or threshold) → outcomes.

    A facet without values has one entry per value of the frame's column, one with a number splits above it. ``truth`` and
    ``predicted`` are booleans: the favourable outcome.
    """
    out: dict[tuple[str, str], Outcomes] = {}
    strata = None
    if group := config.get("group_variable"):
        strata = _column(frame, group).astype("string").fillna("").to_numpy(dtype=object).astype(str)
    for facet in config["facet"]:
        name = facet["name_or_index"]
        column = _column(frame, name)
        numeric = _numeric(frame.drop(columns=[name]))
        given = facet.get("value_or_threshold")
        for value in given if given is not None else sorted(column.dropna().astype(str).unique()):
            threshold = isinstance(value, int | float) and not isinstance(value, bool)
            inside = pd.to_numeric(column, errors="coerce") > value if threshold else column.astype("string") == str(value)
            group_mask = inside.fillna(False).to_numpy(dtype=bool)
            out[name, str(value)] = Outcomes(group_mask, truth, predicted, numeric, strata)
    return out


def analysis(seen: Mapping[tuple[str, str], Outcomes], label: str, label_value: str) -> dict[str, Any]:
    """``analysis.json``."""
    out: dict[str, Any] = {"version": "1.0"}
    for stage, measure in zip(_STAGES, (bias.post_training, bias.pre_training), strict=True):
        facets: dict[str, list[dict[str, Any]]] = {}
        for (name, value), rows in seen.items():
            entries = [_entry(metric, found) for metric, found in measure(rows).items()]
            facets.setdefault(name, []).append({"value_or_threshold": value, "metrics": entries})
        out[stage] = {"label": label, "facets": facets, "label_value_or_threshold": label_value}
    return out


def deviations(seen: Mapping[tuple[str, str], Outcomes]) -> dict[str, float]:
    """Bootstrap standard error of each metric, by ``facet=value: name``."""
    return {_key(*key, name): error for key, rows in seen.items() for name, error in bias.deviations(rows).items()}


def compare(
    current: Mapping[str, Any], baseline: Mapping[str, Any], errors: Mapping[str, float], errors_before: Mapping[str, float] | None
) -> tuple[dict[str, Any], dict[str, MetricReport], Verdict]:
    """The violations file, a report per metric, and the verdict; ``errors`` are `deviations` of window and baseline.

    A baseline that came without them counts as being as uncertain as the window.

    Raises ConstraintError for a baseline of another form.
    """
    before = _values(baseline)
    others = errors if errors_before is None else errors_before
    known = {key: math.hypot(error, others[key]) for key, error in errors.items() if key in others}
    tested = [key for f, v, n in before if (key := _key(f, v, n)) in known]
    needed = NormalDist().inv_cdf(1 - ALPHA / max(1, len(tested)))
    violations: list[dict[str, str]] = []
    metrics: dict[str, MetricReport] = {}
    certain: list[str] = []
    for (facet, value, name), now in _values(current).items():
        then = before.get((facet, value, name))
        violated = then is not None and now is not None and _off(name, now) > _off(name, then)
        key = _key(facet, value, name)
        metrics[key] = MetricReport(now if now is None or math.isfinite(now) else None, then, violated)
        if not violated or now is None or then is None:
            continue
        text = f"Metric value {_number(now)} doesn't meet the baseline constraint requirement {_number(then)}"
        violations.append(
            {
                "facet": facet,
                "facet_value": value,
                "metric_name": name,
                "constraint_check_type": "bias_drift_check",
                "description": text,
            }
        )
        if key in known and _off(name, now) - _off(name, then) > needed * known[key]:
            certain.append(f"{key} {now:.3g} against {then:.3g}")
    if certain:
        verdict = Verdict("decayed", reason="beyond chance: " + "; ".join(certain[:10]))
    elif not tested:
        least = f"{bias.MIN_SIDE} rows on either side of a facet, {bias.MIN_COUNT} of what a metric divides by"
        verdict = Verdict("undecided", reason=f"too few rows in every group to tell chance from bias; at least {least}")
    else:
        verdict = Verdict("stable", reason="no metric is further from neutral than chance allows")
    return {"version": "1.0", "violations": violations}, metrics, verdict


def _key(facet: str, value: str, name: str) -> str:
    return f"{facet}={value}: {name}"


def _column(frame: pd.DataFrame, name: str) -> pd.Series:
    if name not in frame.columns:
        raise ConstraintError(f"the analysis configuration names the column {name!r}; there are: {', '.join(frame.columns)}")
    return frame[name]


def _numeric(frame: pd.DataFrame) -> np.ndarray:
    """Features side by side for distances: numbers standardised, gaps at the mean, categories one-hot."""
    parts = []
    for name in frame.columns:
        column = frame[name]
        if pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_bool_dtype(column.dtype):
            values = column.astype("Float64").to_numpy(dtype="float64", na_value=np.nan)
            spread = np.nanstd(values) if np.isfinite(values).any() else 0.0
            parts.append(np.nan_to_num((values - np.nanmean(values)) / spread)[:, None] if spread else np.zeros((len(values), 1)))
        elif column.nunique() <= 50:
            parts.append(pd.get_dummies(column.astype("string")).to_numpy(dtype="float64"))
    return np.hstack(parts) if parts else np.empty((len(frame), 0))


def _entry(metric: str, found: float | str) -> dict[str, Any]:
    head = {"name": metric, "description": bias.DESCRIPTIONS[metric]}
    if isinstance(found, str):
        return {**head, "value": None, "error": found}
    # strict JSON has no infinity: files carry null and say why
    return {**head, "value": found} if math.isfinite(found) else {**head, "value": found, "error": "The value is infinite"}


def _values(content: Mapping[str, Any]) -> dict[tuple[str, str, str], float | None]:
    out: dict[tuple[str, str, str], float | None] = {}
    try:
        for stage in _STAGES:
            for facet, groups in content.get(stage, {"facets": {}})["facets"].items():
                for group in groups:
                    for metric in group["metrics"]:
                        out[facet, str(group["value_or_threshold"]), metric["name"]] = metric["value"]
    except (KeyError, TypeError, AttributeError) as error:
        raise ConstraintError(f"not an analysis.json of the bias monitor: {error!r}") from None
    if not out:
        raise ConstraintError("not an analysis.json of the bias monitor: it has no bias metrics")
    return out


def _off(metric: str, value: float) -> float:
    return abs(value - bias.neutral(metric))


def _number(value: float) -> str:
    return str(value) if math.isfinite(value) else ("Infinity" if value > 0 else "-Infinity")


def favourable(problem_type: str, values: Sequence[Any] | np.ndarray, wanted: Sequence[Any]) -> np.ndarray:
    """Which outcomes are favourable: above the number wanted for a regression, among those wanted for classes."""
    if problem_type == "regression":
        return np.asarray(values, dtype="float64") > float(wanted[0])
    return np.isin(np.asarray(values, dtype=object).astype(str), [str(w) for w in wanted])
