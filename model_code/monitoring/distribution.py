"""How the known values of a column are distributed: exactly, or from a sketch with its error."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from model_code.monitoring import kll


@dataclass(frozen=True)
class Numbers:
    """Distinct values, sorted, shape (n,), and how often each occurs; ``error`` bounds that of any rank (0: exact).

    ``levels`` are those of the sketch that it came from, for whoever needs the sketch itself.
    """

    values: np.ndarray
    counts: np.ndarray
    error: float = 0.0
    levels: tuple[np.ndarray, ...] | None = None

    @cached_property
    def total(self) -> int:
        return int(self.counts.sum())

    def cdf(self, at: np.ndarray) -> np.ndarray:
        """Share of values not above each of ``at``."""
        steps = np.concatenate([[0], np.cumsum(self.counts)])
        return steps[np.searchsorted(self.values, at, side="right")] / self.total

    @classmethod
    def of(cls, values: np.ndarray) -> "Numbers":
        """The exact distribution of an array; what is not finite is left out."""
        distinct, counts = np.unique(values[np.isfinite(values)], return_counts=True)
        return cls(distinct, counts)

    @classmethod
    def from_levels(cls, levels: Sequence[np.ndarray], error: float) -> "Numbers":
        values, counts = kll.weighted(levels)
        return cls(values, counts, error, tuple(levels))


@dataclass(frozen=True)
class Categories:
    """How often each text occurs, exactly."""

    counts: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())
