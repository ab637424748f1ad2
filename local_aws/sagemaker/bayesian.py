"""The Bayesian strategy: a Gaussian process learns from the trials so far, and the next is where it expects most to be gained. Pure.

SageMaker's own is not published beyond that (docs: automatic-model-tuning-how-it-works). Ours: Matérn 5/2 on the unit cube, with
the noise and, coordinate by coordinate, the length of greatest likelihood among a few; expected improvement over random values
and neighbours of the best.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from local_aws.sagemaker.space import Ranges, Trial, Values, draw, near, position

Array = npt.NDArray[np.floating[Any]]

_LENGTHS = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2)
_NOISES = (1e-6, 1e-3, 1e-1)
_RANDOM, _NEAR = 600, 60  # candidates: anywhere, and around each of the best by each width
_BEST, _WIDTHS = 2, (0.02, 0.1)


def propose(ranges: Ranges, seed: int, trials: Sequence[Trial], sign: float) -> Values:
    """The next values. ``sign`` is 1 when less is better and -1 when more is."""
    source = random.Random(f"{seed}/{len(trials)}")  # noqa: S311 - a search, not a secret
    judged = [(t.values, sign * t.objective) for t in trials if t.objective is not None]
    dimensions = len(position(ranges, draw(ranges, source)))
    if len(judged) < max(3, dimensions + 1):
        return draw(ranges, source)
    costs = [cost for _, cost in judged]
    # a trial that runs is taken for an ordinary one, so that its neighbours are left alone; one that failed for the worst
    assumed = [(t.values, float(np.mean(costs)) if t.pending else max(costs)) for t in trials if t.objective is None]
    known = judged + assumed
    pool = _pool(ranges, source, sorted(judged, key=lambda pair: pair[1])[:_BEST], [t.values for t in trials])
    process = _fitted(np.array([position(ranges, v) for v, _ in known]), np.array([cost for _, cost in known]))
    gains = process.gain(np.array([position(ranges, v) for v in pool]), min(costs))
    return pool[int(np.argmax(gains))]


def _pool(ranges: Ranges, source: random.Random, best: list[tuple[Values, float]], tried: list[Values]) -> list[Values]:
    """Candidates that have not been tried yet, where there are any."""
    pool = [draw(ranges, source) for _ in range(_RANDOM)]
    pool += [near(ranges, values, width, source) for values, _ in best for width in _WIDTHS for _ in range(_NEAR)]
    return [values for values in pool if values not in tried] or pool


@dataclass(frozen=True)
class _Process:
    """A Gaussian process that has seen points; costs are in units of their own spread."""

    points: Array
    lengths: Array
    lower: Array  # Cholesky factor of the points' covariance
    weights: Array
    mean: float
    spread: float

    def gain(self, at: Array, best: float) -> Array:
        """The improvement on the best cost that is expected at each place."""
        between = _matern(at, self.points, self.lengths)
        mean = between @ self.weights
        solved = np.linalg.solve(self.lower, between.T)
        deviation = np.sqrt(np.maximum(1.0 - (solved**2).sum(axis=0), 1e-12))
        margin = (best - self.mean) / self.spread - mean
        z = margin / deviation
        below = 0.5 * (1.0 + np.vectorize(math.erf)(z / math.sqrt(2.0)))
        result: Array = margin * below + deviation * np.exp(-0.5 * z**2) / math.sqrt(2.0 * math.pi)
        return result


def _fitted(points: Array, costs: Array) -> _Process:
    """The process under which what was observed is likeliest: one length for all coordinates first, then each by itself."""
    mean, spread = float(costs.mean()), float(costs.std()) or 1.0
    scaled = (costs - mean) / spread

    def under(lengths: Array, noise: float) -> tuple[float, _Process]:
        lower = np.linalg.cholesky(_matern(points, points, lengths) + (noise + 1e-10) * np.eye(len(points)))
        weights = np.linalg.solve(lower.T, np.linalg.solve(lower, scaled))
        likelihood = -0.5 * float(scaled @ weights) - float(np.log(np.diag(lower)).sum())
        return likelihood, _Process(points, lengths, lower, weights, mean, spread)

    width = points.shape[1]
    starts = [(under(np.full(width, length), noise), noise) for length in _LENGTHS for noise in _NOISES]
    (likelihood, process), noise = max(starts, key=lambda start: start[0][0])
    for coordinate in range(width):
        for length in _LENGTHS:
            lengths = process.lengths.copy()
            lengths[coordinate] = length
            found = under(lengths, noise)
            if found[0] > likelihood:
                likelihood, process = found
    return process


def _matern(one: Array, other: Array, lengths: Array) -> Array:
    apart = (one[:, None, :] - other[None, :, :]) / lengths
    distance = np.sqrt((apart**2).sum(axis=2)) * math.sqrt(5.0)
    result: Array = (1.0 + distance + distance**2 / 3.0) * np.exp(-distance)
    return result
