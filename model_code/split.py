"""Divide a dataset version into train, validation and test rows without leakage."""

import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd

from interfaces.contract import Contract

SHARES = (0.7, 0.15, 0.15)


@dataclass(frozen=True)
class Split:
    """Positions of each part, and how they were found: ``time``, ``identifier`` or ``content``."""

    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray
    method: str


class SplitError(ValueError):
    """The rows cannot be divided into three parts that can be learned from and measured on."""


def split(frame: pd.DataFrame, contract: Contract, seed: int = 0) -> Split:
    """Divide rows into 70 % train, 15 % validation and 15 % test.

    With an event time, the oldest rows train and the newest test, and rows of one instant stay
    together. Otherwise the side is a hash of the identifiers, or, where there are none, of the row's
    features, so that copies of a row never stand on two sides.

    Raises SplitError when a part would be empty or, in a classification, training would see
    one class only.
    """
    if contract.event_time:
        parts = _by_time(frame[contract.event_time])
        method = "time"
    else:
        keys = list(contract.identifiers) or [c.name for c in contract.features]
        parts = _by_hash(frame[keys], seed)
        method = "identifier" if contract.identifiers else "content"
    train, validation, test = (np.flatnonzero(parts == i) for i in range(3))
    result = Split(train, validation, test, method)
    _check(frame, contract, result)
    return result


def _by_time(stamps: pd.Series) -> np.ndarray:
    nanos = pd.to_datetime(stamps, utc=True).astype("int64").to_numpy()
    # "higher" puts the boundary on a time that exists, so that equal times fall on one side
    first, second = np.quantile(nanos, [SHARES[0], SHARES[0] + SHARES[1]], method="higher")
    return np.where(nanos < first, 0, np.where(nanos < second, 1, 2))


def _by_hash(keys: pd.DataFrame, seed: int) -> np.ndarray:
    salt = hashlib.sha256(str(seed).encode()).hexdigest()[:16]
    hashed = pd.util.hash_pandas_object(keys.astype("string").fillna("\0"), index=False, hash_key=salt)
    position = hashed.to_numpy().astype("uint64") / 2.0**64
    return np.digitize(position, [SHARES[0], SHARES[0] + SHARES[1]])


def _check(frame: pd.DataFrame, contract: Contract, parts: Split) -> None:
    for name in ("train", "validation", "test"):
        if len(getattr(parts, name)) == 0:
            raise SplitError(
                f"the {name} part is empty: {len(frame)} rows divided by {parts.method}; land more rows, or more distinct ones"
            )
    if contract.problem_type == "regression":
        return
    for name in ("train", "test"):
        seen = frame[contract.target].iloc[getattr(parts, name)].nunique()
        if seen < 2:
            raise SplitError(
                f"the {name} part has one class of {contract.target!r} only; "
                "a classification needs at least two: land more rows of the other class"
            )
