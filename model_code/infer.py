"""Propose a dataset contract from a table, and say what is unsure about it."""

import itertools
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from interfaces.contract import DEFAULT_MISSING, Column, Contract
from model_code.validate import FALSE, INT_EXACT, TRUE, read_times

MAX_CLASSES = 50
MAX_ALLOWED = 100
_SENSITIVE = ("sex", "gender", "race", "ethnic", "religion", "disab", "nationality", "marital", "age")


class InferenceError(ValueError):
    """No contract can be proposed from this table: says what was found and what to do."""


@dataclass
class Proposal:
    """A contract and, per column (or ``""`` for the whole), what a person should look at."""

    contract: Contract
    doubts: dict[str, str] = field(default_factory=dict)


def infer(raw: pd.DataFrame, target: str, name: str = "dataset") -> Proposal:
    """Propose a contract from rows of strings, shape (n, columns).

    Raises InferenceError for no rows, no such target, a target with one class, or a target
    that is neither a class nor a number.
    """
    _check_table(raw, target)
    doubts: dict[str, str] = {}
    columns = tuple(_column(raw[c], c, doubts) for c in raw.columns)
    by_name = {c.name: c for c in columns}
    problem, goal = _problem(raw[target], by_name[target], doubts)
    columns = tuple(goal if c.name == target else c for c in columns)
    event_time = next((c.name for c in columns if c.type == "timestamp" and c.name != target), None)
    if event_time:
        times = [c.name for c in columns if c.type == "timestamp"]
        doubts[event_time] = "taken as the event time: rows are split by it" + (
            f"; others: {', '.join(times[1:])}" if len(times) > 1 else ""
        )
    identifiers = tuple(c for c in raw.columns if c != target and _identifies(raw[c], by_name[c], doubts))
    exclude = tuple(c for c in _leaks(raw, columns, target, doubts) if c not in identifiers)
    sensitive = tuple(c.name for c in columns if c.name != target and any(_word(c.name, word) for word in _SENSITIVE))
    if sensitive:
        doubts[""] = "sensitive columns guessed by name: " + ", ".join(sensitive)
    contract = Contract(
        name=name,
        target=target,
        problem_type=problem,
        columns=columns,
        positive_label=_positive(raw[target], goal, doubts) if problem == "binary" else None,
        event_time=event_time,
        identifiers=identifiers,
        sensitive=sensitive,
        exclude=exclude,
    )
    if not contract.features:
        raise InferenceError(
            f"no feature is left beside the target {target!r}: every other column identifies the row or repeats the target"
        )
    return Proposal(contract, doubts)


def _word(name: str, word: str) -> bool:
    parts = name.lower().replace("-", "_").split("_")
    return any(part.startswith(word) for part in parts) if word != "age" else "age" in parts


def _check_table(raw: pd.DataFrame, target: str) -> None:
    names = list(raw.columns)
    if target not in names:
        raise InferenceError(f"there is no column {target!r}; the file has: {', '.join(map(str, names))}")
    if len(raw) == 0:
        raise InferenceError("the file has a header and no rows")
    known = _present(raw[target])
    if known.nunique() == 0:
        raise InferenceError(f"the target {target!r} has no value in any row")
    if known.nunique() == 1:
        raise InferenceError(f"the target {target!r} has one class only ({known.iloc[0]!r}); learning needs at least two")


def _present(values: pd.Series) -> pd.Series:
    text = values.astype("object").str.strip()
    return text[text.notna() & ~text.isin(DEFAULT_MISSING)]


def _column(values: pd.Series, name: str, doubts: dict[str, str]) -> Column:
    known = _present(values)
    nullable = len(known) < len(values)
    if len(known) == 0:
        doubts[name] = "every value is missing: type unknown, string assumed"
        return Column(name, "string", True)
    lower = known.str.lower()
    numbers = pd.to_numeric(known, errors="coerce")
    share = float(np.isfinite(numbers).mean())
    padded = known[known.str.match(r"-?0\d")]
    if share == 1.0 and len(padded):
        doubts[name] = f"digits with leading zeros, such as {padded.iloc[0]!r}: taken as text, a number would lose them"
        share = 0.0
    if share == 1.0:
        return _numeric(known, numbers, Column(name, "number", nullable), doubts)
    if share > 0.9:
        odd = known[~np.isfinite(numbers)].unique()[:3]
        doubts[name] = f"{share:.1%} are numbers; taken as text because of {', '.join(map(repr, odd))}"
    if lower.isin(TRUE | FALSE).all() and lower.nunique() == 2 and lower.isin(TRUE).any() and lower.isin(FALSE).any():
        return Column(name, "boolean", nullable)
    if read_times(known).notna().all():
        return Column(name, "timestamp", nullable)
    kinds = known.nunique()
    if kinds <= MAX_ALLOWED and kinds * 10 <= len(known):
        return Column(name, "string", nullable, allowed=tuple(sorted(known.unique())))
    doubts.setdefault(name, f"{kinds} different texts in {len(known)} rows: any value is allowed")
    return Column(name, "string", nullable)


def _numeric(known: pd.Series, numbers: pd.Series, column: Column, doubts: dict[str, str]) -> Column:
    whole = bool((numbers % 1 == 0).all()) and not known.str.contains(r"[.eE]").any()
    if whole and numbers.abs().max() >= INT_EXACT:
        doubts[column.name] = "whole numbers of 16 digits or more: taken as text, which keeps every digit"
        return replace(column, type="string")
    return replace(column, type="integer" if whole else "number", minimum=0 if numbers.min() >= 0 else None)


def _problem(values: pd.Series, column: Column, doubts: dict[str, str]) -> tuple[str, Column]:
    """(problem type, target column with its classes)."""
    known = _present(values)
    kinds = known.nunique()
    if column.numeric and (kinds > 20 or column.type == "number"):
        return "regression", Column(column.name, column.type, False, column.minimum)
    if kinds > MAX_CLASSES:
        raise InferenceError(
            f"the target {column.name!r} has {kinds} different texts: neither a number nor a class (at most {MAX_CLASSES})"
        )
    if column.numeric:
        doubts[column.name] = f"{kinds} whole numbers: taken as classes, not as a quantity"
    if column.type == "boolean":  # classes keep the file's own spelling
        if kinds > 2:
            spellings = ", ".join(sorted(known.unique()))
            raise InferenceError(f"the target {column.name!r} spells its two classes in {kinds} ways ({spellings}): use one for each")
        return "binary", Column(column.name, "string", False, allowed=tuple(sorted(known.unique())))
    kind = column.type if column.numeric and all(str(int(label)) == label for label in known.unique()) else "string"
    classes = tuple(sorted(known.unique(), key=lambda v: (len(v), v) if column.numeric else (0, v)))
    return ("binary" if kinds == 2 else "multiclass"), Column(column.name, kind, False, allowed=classes)


def _positive(values: pd.Series, column: Column, doubts: dict[str, str]) -> str:
    known = _present(values)
    counts = known.value_counts()
    truthy = [label for label in column.allowed if label.lower() in TRUE]
    choice = truthy[0] if truthy else min(column.allowed, key=lambda label: counts.get(label, 0))
    if not truthy:
        doubts[column.name] = f"positive label guessed as the rarer one, {choice!r}"
    return choice


def _identifies(values: pd.Series, column: Column, doubts: dict[str, str]) -> bool:
    known = _present(values)
    named = column.name.lower() == "id" or column.name.lower().endswith(("_id", "-id", "uuid", "key"))
    unique = len(known) >= 20 and known.is_unique
    if column.type in ("number", "timestamp", "boolean"):
        return False
    if named or (unique and column.type == "string"):
        doubts[column.name] = "taken as an identifier: not a feature" + ("" if unique else "; its values repeat")
        return True
    if unique:
        doubts[column.name] = "every value is different: an identifier? It is kept as a feature"
    return False


def _leaks(raw: pd.DataFrame, columns: tuple[Column, ...], target: str, doubts: dict[str, str]) -> list[str]:
    """Features that repeat a numeric target, alone or as the sum of two."""
    numbers = {c.name: pd.to_numeric(raw[c.name], errors="coerce") for c in columns if c.numeric}
    goal = numbers.pop(target, None)
    if goal is None:
        return []
    found: list[str] = []
    for name, values in numbers.items():
        if values.equals(goal):
            found.append(name)
            doubts[name] = f"equals the target {target!r} in every row: left out of the features"
    for a, b in itertools.combinations(numbers, 2):
        both = numbers[a].notna() & numbers[b].notna() & goal.notna()
        total = numbers[a] + numbers[b]
        if both.sum() >= 20 and (total[both] == goal[both]).all() and numbers[a].any() and numbers[b].any():
            for one, other in ((a, b), (b, a)):
                found.append(one)
                doubts[one] = f"{one} + {other} = {target} in every row: left out of the features"
    return list(dict.fromkeys(found))
