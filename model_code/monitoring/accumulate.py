"""Mergeable accounts of a column's values in bounded memory: exact up to a limit of distinct values, sketched beyond."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from model_code.monitoring import kll
from model_code.monitoring.distribution import Categories, Numbers

EXACT_DISTINCT = 100_000
_DISTINCT_SAMPLE = 1024  # relative standard error 1/sqrt(1022): 3 %
_HASHES = 2.0**64


@dataclass
class Distinct:
    """How many different values there were, from the smallest hashes (Bar-Yossef and others 2002)."""

    smallest: np.ndarray = field(default_factory=lambda: np.empty(0, dtype="uint64"))

    def add(self, hashes: np.ndarray) -> None:
        if len(self.smallest) == _DISTINCT_SAMPLE:
            hashes = hashes[hashes < self.smallest[-1]]
        both = np.sort(np.concatenate([self.smallest, hashes]))  # np.unique hashes what is hashed already
        first = np.ones(len(both), dtype=bool)
        first[1:] = both[1:] != both[:-1]
        self.smallest = both[first][:_DISTINCT_SAMPLE]

    def estimate(self) -> int:
        if len(self.smallest) < _DISTINCT_SAMPLE:
            return len(self.smallest)
        return round((_DISTINCT_SAMPLE - 1) / (float(self.smallest[-1]) / _HASHES))


class NumberAccount:
    """Moments, extremes and distribution of numbers; `merge` of two accounts is the account of both."""

    def __init__(self) -> None:
        self.count, self.mean, self._m2 = 0, 0.0, 0.0
        self.low, self.high = math.inf, -math.inf
        self._values, self._counts = np.empty(0), np.empty(0, dtype="int64")
        self._sketch: kll.Sketch | None = None
        self._distinct = Distinct()

    @property
    def deviation(self) -> float:
        """Population standard deviation, as Deequ has it."""
        return math.sqrt(max(self._m2, 0.0) / self.count) if self.count else math.nan

    @property
    def distinct(self) -> int:
        """Exact up to the limit, an estimate beyond."""
        return len(self._values) if self._sketch is None else self._distinct.estimate()

    def add(self, values: np.ndarray) -> None:
        """Take finite float64 values, shape (n,)."""
        if not len(values):
            return
        mean = float(values.mean())
        self._moments(len(values), mean, float(((values - mean) ** 2).sum()), float(values.min()), float(values.max()))
        if self._sketch is None:
            self._count(*np.unique(values + 0.0, return_counts=True))  # + 0.0: there is one zero
        else:
            self._sketch.absorb([values + 0.0])
            self._distinct.add(_hashes(values + 0.0))

    def merge(self, other: "NumberAccount") -> None:
        if not other.count:
            return
        self._moments(other.count, other.mean, other._m2, other.low, other.high)
        if self._sketch is None and other._sketch is None:
            self._count(other._values, other._counts)
            return
        self._to_sketch()
        if other._sketch is None:
            self._absorb(other._values, other._counts)
        elif self._sketch is not None:
            self._sketch.merge(other._sketch)
            self._distinct.add(other._distinct.smallest)

    def distribution(self) -> Numbers:
        if self._sketch is None:
            return Numbers(self._values, self._counts)
        return Numbers.from_levels(self._sketch.levels, self._sketch.error)

    def _moments(self, count: int, mean: float, m2: float, low: float, high: float) -> None:
        """Chan, Golub and LeVeque 1979: the moments of two samples together."""
        total = self.count + count
        shift = mean - self.mean
        self._m2 += m2 + shift * shift * self.count * count / total
        self.mean += shift * count / total
        self.count = total
        self.low, self.high = min(self.low, low), max(self.high, high)

    def _count(self, values: np.ndarray, counts: np.ndarray) -> None:
        if len(self._values):
            both = np.concatenate([self._values, values])
            merged, where = np.unique(both, return_inverse=True)
            counts = np.bincount(where, np.concatenate([self._counts, counts]), len(merged)).astype("int64")
            values = merged
        self._values, self._counts = values, counts
        if len(values) > EXACT_DISTINCT:
            self._to_sketch()

    def _to_sketch(self) -> None:
        if self._sketch is None:
            self._sketch = kll.Sketch()
            values, counts = self._values, self._counts
            self._values, self._counts = np.empty(0), np.empty(0, dtype="int64")
            self._absorb(values, counts)

    def _absorb(self, values: np.ndarray, counts: np.ndarray) -> None:
        if self._sketch is not None:
            self._sketch.absorb(kll.exact_levels(values, counts))
            self._distinct.add(_hashes(values))


class TextAccount:
    """How often each text occurs, up to the limit; beyond it only how many different ones there are."""

    def __init__(self, limit: int = EXACT_DISTINCT) -> None:
        self.count = 0
        self._limit = limit
        self._counts: dict[str, int] | None = {}
        self._distinct = Distinct()

    @property
    def distinct(self) -> int:
        return self._distinct.estimate() if self._counts is None else len(self._counts)

    def add(self, counts: Mapping[str, int]) -> None:
        self.count += sum(counts.values())
        if self._counts is None:
            self._distinct.add(_text_hashes(counts))
            return
        for text, n in counts.items():
            self._counts[text] = self._counts.get(text, 0) + n
        if len(self._counts) > self._limit:
            self._overflow()

    def merge(self, other: "TextAccount") -> None:
        if other._counts is not None:
            self.add(other._counts)
            return
        self.count += other.count
        self._overflow()
        self._distinct.add(other._distinct.smallest)

    def distribution(self) -> Categories | None:
        """None beyond the limit: there is no frequency to compare."""
        return None if self._counts is None else Categories(self._counts)

    def _overflow(self) -> None:
        if self._counts is not None:
            self._distinct.add(_text_hashes(self._counts))
            self._counts = None


def _hashes(values: np.ndarray) -> np.ndarray:
    """64 well-mixed bits of each number (the finalizer of splitmix64)."""
    x = values.view("uint64").copy()
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        x ^= x >> np.uint64(shift)
        x *= np.uint64(factor)
    return x ^ (x >> np.uint64(31))


def _text_hashes(texts: Mapping[str, int]) -> np.ndarray:
    return pd.util.hash_array(np.array(list(texts), dtype=object), categorize=False)
