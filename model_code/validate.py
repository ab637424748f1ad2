"""Check raw rows against the dataset contract and give them their types."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from interfaces.contract import Column, Contract

TRUE = {"true", "1", "yes", "t", "y"}
FALSE = {"false", "0", "no", "f", "n"}
INT_EXACT = 2.0**53  # from here on a float64 no longer tells neighbours apart


@dataclass(frozen=True)
class Problem:
    """One cell that broke the contract. ``row`` is the position in the checked frame."""

    row: int
    column: str
    value: str | None
    reason: str


@dataclass(frozen=True)
class Checked:
    """The rows that hold, typed and in contract order, and the problems of those that do not."""

    rows: pd.DataFrame
    positions: np.ndarray
    problems: list[Problem]


def check(raw: pd.DataFrame, contract: Contract, *, columns: tuple[Column, ...] | None = None) -> Checked:
    """Split string rows into typed good rows and problems.

    ``raw`` has shape (n, columns) of str or None, one column for each of ``columns`` (default: all of
    the contract's). A row with any problem is left out of ``rows``; ``positions`` holds the
    positions in ``raw`` of the rows kept. Every problem of a row is reported, not only its first.
    """
    columns = contract.columns if columns is None else columns
    bad = np.zeros(len(raw), dtype=bool)
    problems: list[Problem] = []
    typed: dict[str, pd.Series] = {}
    for column in columns:
        required = column.name in (contract.target, contract.event_time)
        values, faults = _cells(raw[column.name], column, contract.missing, required=required)
        typed[column.name] = values
        for mask, reason in faults:
            where = np.flatnonzero(mask)
            bad[where] = True
            cells = raw[column.name].to_numpy()[where]
            problems += [
                Problem(int(row), column.name, None if pd.isna(cell) else str(cell), reason) for row, cell in zip(where, cells, strict=True)
            ]
    keep = np.flatnonzero(~bad)
    rows = pd.DataFrame(typed, index=raw.index).iloc[keep].reset_index(drop=True)
    problems.sort(key=lambda p: p.row)
    return Checked(rows, keep, problems)


def _cells(raw: pd.Series, column: Column, missing: tuple[str, ...], *, required: bool) -> tuple[pd.Series, list[tuple[np.ndarray, str]]]:
    text = raw.astype("object").str.strip()
    absent = (text.isna() | text.isin(missing)).to_numpy()
    faults: list[tuple[np.ndarray, str]] = []
    if required or not column.nullable:
        faults.append((absent, "is missing and the contract does not allow that"))
    values, malformed, reason = _convert(text.where(~absent, None), column)
    malformed = malformed & ~absent
    faults.append((malformed, reason))
    held = ~absent & ~malformed
    if column.allowed:
        outside = held & ~text.isin(column.allowed).to_numpy()
        faults.append((outside, "is not one of " + ", ".join(column.allowed)))
    if column.minimum is not None:
        faults.append(
            (held & (values.to_numpy(dtype="float64", na_value=np.nan) < column.minimum), f"is below the minimum {column.minimum:g}")
        )
    if column.maximum is not None:
        faults.append(
            (held & (values.to_numpy(dtype="float64", na_value=np.nan) > column.maximum), f"is above the maximum {column.maximum:g}")
        )
    return values, faults


def read_times(text: pd.Series) -> pd.Series:
    """ISO 8601 text as UTC times, NaT where it is none; "now" and "today" are pandas, not data."""
    return pd.to_datetime(text.mask(text.isin(("now", "today"))), errors="coerce", utc=True, format="ISO8601")


def _convert(text: pd.Series, column: Column) -> tuple[pd.Series, np.ndarray, str]:
    """(typed values, mask of what could not be read, reason)."""
    if column.numeric:
        # underscores and hex are Python, not data: to_numeric refuses both
        numbers = pd.to_numeric(text, errors="coerce").astype("float64")
        finite = np.isfinite(numbers.to_numpy())
        if column.type == "number":
            return numbers.where(finite), ~finite, "is not a finite number"
        array = numbers.to_numpy()
        whole = finite & (np.where(finite, array, 0.5) % 1 == 0) & (np.abs(np.where(finite, array, 0)) < INT_EXACT)
        return numbers.where(whole).astype("Int64"), ~whole, "is not a whole number"
    if column.type == "boolean":
        lower = text.str.lower()
        true, false = lower.isin(TRUE).to_numpy(), lower.isin(FALSE).to_numpy()
        values = pd.Series(np.where(true, True, False), index=text.index).astype("boolean")
        return values.mask(~(true | false)), ~(true | false), "is not true or false"
    if column.type == "timestamp":
        stamps = read_times(text)
        return stamps, stamps.isna().to_numpy(), "is not an ISO 8601 time"
    return text.astype("string"), np.zeros(len(text), dtype=bool), ""
