"""Deequ's variant of the KLL quantile sketch, whose levels are what ``statistics.json`` carries.

An item of level i weighs 2^i. Capacities shrink with the height, so the lowest level is the largest
(Karnin, Lang, Liberty 2016; awslabs/deequ QuantileNonSample). One compaction of level i moves the rank of any value by
at most 2^i: the sum over all compactions is a bound that holds, not an expectation.
"""

import math
from collections.abc import Sequence

import numpy as np

DEEQU_K, DEEQU_C = 2048, 0.64
# Ours, beyond what is kept exactly: equal capacities keep the worst case near (levels / k), where Deequ's
# shrinking ones let single items of the top level weigh more than a drift threshold.
K, C = 8192, 1.0


class Sketch:
    """A mergeable summary of numbers: quantiles and ranks within `error`."""

    def __init__(self, k: int = K, c: float = C) -> None:
        self.k, self.c = k, c
        self.levels: list[np.ndarray] = [np.empty(0)]
        self._compactions = [0]
        self._offsets = [0]

    @property
    def count(self) -> int:
        """How many values went in: the sum of the weights."""
        return sum(len(level) << height for height, level in enumerate(self.levels))

    @property
    def error(self) -> float:
        """Bound on the error of any rank, as a share of the count."""
        total = self.count
        return sum(n << height for height, n in enumerate(self._compactions)) / total if total else 0.0

    def capacity(self, height: int) -> int:
        return 2 * (math.ceil(self.k * self.c**height / 2) + 1)

    def update(self, values: np.ndarray) -> None:
        """Take values one after the other, as Deequ does; shape (n,)."""
        taken = 0
        while taken < len(values):
            room = max(self._total_capacity() + 1 - self._size(), 1)
            self.levels[0] = np.concatenate([self.levels[0], values[taken : taken + room]])
            taken += room
            if self._size() > self._total_capacity():
                self._condense()

    def absorb(self, levels: Sequence[np.ndarray], compactions: Sequence[int] = ()) -> None:
        """Merge the levels of another sketch, or of whole values at level 0."""
        while len(self.levels) < len(levels):
            self._expand()
        for height, level in enumerate(levels):
            self.levels[height] = np.concatenate([self.levels[height], level])
        for height, n in enumerate(compactions):
            self._compactions[height] += n
        while self._size() >= self._total_capacity() and self._condense():
            pass

    def merge(self, other: "Sketch") -> None:
        self.absorb(other.levels, other._compactions)

    def _size(self) -> int:
        return sum(map(len, self.levels))

    def _total_capacity(self) -> int:
        return sum(map(self.capacity, range(len(self.levels))))

    def _expand(self) -> None:
        self.levels.append(np.empty(0))
        self._compactions.append(0)
        self._offsets.append(0)

    def _condense(self) -> bool:
        """Compact the lowest level that is full. False when none is."""
        for height, level in enumerate(self.levels):
            if len(level) >= self.capacity(height):
                if height + 1 == len(self.levels):
                    self._expand()
                even = len(level) - len(level) % 2
                if self._compactions[height] % 2:
                    self._offsets[height] ^= 1
                kept = np.sort(level[:even])[self._offsets[height] :: 2]
                self._compactions[height] += 1
                self.levels[height] = level[even:]
                self.levels[height + 1] = np.concatenate([self.levels[height + 1], kept])
                return True
        return False


def exact_levels(values: np.ndarray, counts: np.ndarray) -> list[np.ndarray]:
    """Distinct values with their counts as levels that lose nothing: a value stands in level i for bit i of its count.

    ``values`` is sorted, shape (n,); every reader of the format computes exact ranks from the result.
    """
    top = int(counts.max()).bit_length() if len(counts) else 1
    return [values[(counts >> height) & 1 == 1] for height in range(top)]


def weighted(levels: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Distinct values, sorted, and the sum of the weights of each."""
    values = np.concatenate([np.asarray(level, dtype="float64") for level in levels]) if levels else np.empty(0)
    weights = np.concatenate([np.full(len(level), 1 << height) for height, level in enumerate(levels)]) if levels else np.empty(0, int)
    distinct, where = np.unique(values, return_inverse=True)
    return distinct, np.bincount(where, weights, len(distinct)).astype("int64")


def bound(levels: Sequence[Sequence[float] | np.ndarray], k: float, c: float) -> float:
    """Bound on the rank error of a compacted sketch that is known from its file alone, as a share of the count.

    Every item above level h went through compactions of level h, each of at least its capacity.
    """
    sizes = [len(level) << height for height, level in enumerate(levels)]
    total = sum(sizes)
    if not total:
        return 0.0
    like = Sketch(int(k), c)
    lost = sum(sum(sizes[height + 1 :]) / like.capacity(height) for height in range(len(sizes)))
    return min(1.0, lost / total)
