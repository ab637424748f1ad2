"""Behavioural tests on a fitted model: invariance, direction, and minimum functionality (Ribeiro et al. 2020, CheckList)."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from model_code.predict import Bundle, predict
from model_code.validate import check


def run(bundle: Bundle, rows: pd.DataFrame, tests: Mapping[str, list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """A result per test: its kind and name, ``number`` (what was measured) and ``limit`` (what it must reach), ``passed``.

    ``rows`` are typed, held-out rows; the first ones of a seeded shuffle are tried.
    """
    sample = rows.sample(frac=1, random_state=0)
    results = [_invariance(bundle, sample.head(t["rows"]), t) for t in tests.get("invariance", [])]
    results += [_directional(bundle, sample.head(t["rows"]), t) for t in tests.get("directional", [])]
    return results + [_functionality(bundle, t) for t in tests.get("functionality", [])]


def score(bundle: Bundle, rows: pd.DataFrame) -> np.ndarray:
    """The positive label's probability, or the predicted value; shape (n,)."""
    found = predict(bundle, rows)
    return found.probability if bundle.contract.problem_type == "binary" and found.probability is not None else found.predicted


def _invariance(bundle: Bundle, rows: pd.DataFrame, test: Mapping[str, Any]) -> dict[str, Any]:
    scores = np.vstack([score(bundle, _with(rows, bundle, test["column"], value)) for value in test["values"]])
    share = float((np.ptp(scores, axis=0) <= test["tolerance"]).mean())
    return _result("invariance", test, share, test["min_share"], len(rows))


def _directional(bundle: Bundle, rows: pd.DataFrame, test: Mapping[str, Any]) -> dict[str, Any]:
    """Rows that the move would take out of the contract's range are left out."""
    column = bundle.contract.column(test["column"])
    target = rows[column.name] + test["add"]
    inside = target.notna() & (target >= (-np.inf if column.minimum is None else column.minimum)).fillna(False)
    inside &= (target <= (np.inf if column.maximum is None else column.maximum)).fillna(False)
    known = rows[inside.to_numpy(dtype=bool)]
    if known.empty:
        raise ValueError(f"behavioural test {test['name']!r}: no held-out row can move by {test['add']:g} in {column.name!r}")
    moved = known.copy()
    moved[column.name] = target[known.index].astype(known[column.name].dtype)
    move = score(bundle, moved) - score(bundle, known)
    against = -move if test["expect"] == "up" else move
    return _result("directional", test, float((against <= test["tolerance"]).mean()), test["min_share"], len(known))


def _functionality(bundle: Bundle, test: Mapping[str, Any]) -> dict[str, Any]:
    row = pd.DataFrame([{k: _text(v) for k, v in test["row"].items()}], dtype="object")
    checked = check(row, bundle.contract, columns=bundle.contract.features)
    if checked.problems:
        first = checked.problems[0]
        raise ValueError(f"behavioural test {test['name']!r}: {first.column} = {first.value!r} {first.reason}")
    found = predict(bundle, checked.rows)
    number: Any = found.predicted[0]
    limits = []
    if test["label"] is not None:
        limits.append((str(number) == test["label"], f"label {test['label']}"))
    if test["min_score"] is not None or test["max_score"] is not None:
        number = float(score(bundle, checked.rows)[0])
        low, high = test["min_score"], test["max_score"]
        limits += [(number >= low, f"at least {low:g}")] if low is not None else []
        limits += [(number <= high, f"at most {high:g}")] if high is not None else []
    passed = all(bool(met) for met, _ in limits)
    limit = ", ".join(text for _, text in limits)
    return {"kind": "functionality", "name": test["name"], "number": number, "limit": limit, "passed": passed, "rows": 1}


def _with(rows: pd.DataFrame, bundle: Bundle, column: str, value: Any) -> pd.DataFrame:
    """The rows with one value in one column, of the column's own type."""
    changed = rows.copy()
    changed[column] = pd.Series([value] * len(rows), index=rows.index).astype(rows[column].dtype)
    return changed


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _result(kind: str, test: Mapping[str, Any], share: float, least: float, rows: int) -> dict[str, Any]:
    return {"kind": kind, "name": test["name"], "number": share, "limit": least, "passed": share >= least, "rows": rows}
