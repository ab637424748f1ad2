"""How far two distributions are apart, as Deequ measures it, but without its blind spot for repeated values.

Numbers: the largest difference of the two distribution functions (Kolmogorov and Smirnov). ``Robust`` takes off what
samples of these sizes differ by anyway: c·sqrt((n+m)/(n·m)), with c = 1.8 for alpha 0.003 (Knuth, TAOCP 2, 3.3.1, eq. 15).
Categories: the largest difference of two frequencies, corrected alike, or a chi-squared test of the sample
against the baseline's shares.

Deequ builds its distribution function from a map by value, which keeps one weight per distinct value: on a 0/1 column
it sees two values and no proportions. `deequ_numeric` does the same on purpose, for comparison with its results.
"""

import math
from collections.abc import Mapping

import numpy as np

from model_code.monitoring import kll
from model_code.monitoring.distribution import Numbers

DEFAULT_C = 1.8
_REBUILD_SEED = 0


def correct(distance: float, n: float, m: float, alpha: float | None = None) -> float:
    """``Robust``: the distance beyond what two samples of n and m values show by chance."""
    return max(0.0, distance - allowance(n, m, alpha))


def allowance(n: float, m: float, alpha: float | None = None) -> float:
    """What two samples of n and m values differ by, by chance, in all but a share ``alpha`` of cases."""
    c = DEFAULT_C if alpha is None else math.sqrt(-math.log(alpha / 2) / 2)
    return c * math.sqrt((n + m) / (n * m))


def numeric(current: Numbers, baseline: Numbers, *, robust: bool = True, alpha: float | None = None) -> float:
    """Largest difference of the distribution functions; NaN if either is empty."""
    if not current.total or not baseline.total:
        return math.nan
    at = np.union1d(current.values, baseline.values)
    simple = float(np.abs(current.cdf(at) - baseline.cdf(at)).max())
    return correct(simple, current.total, baseline.total, alpha) if robust else simple


def deequ_numeric(current: Numbers, baseline: Numbers, *, robust: bool = True, alpha: float | None = None) -> float:
    """The same by Deequ's rank maps: one weight per distinct value, that of its highest level.

    Exact distributions become sketches first, their values in a seeded random order.
    """
    return numeric(_collapsed(current), _collapsed(baseline), robust=robust, alpha=alpha)


def _collapsed(numbers: Numbers) -> Numbers:
    levels = numbers.levels
    if levels is None:
        sketch = kll.Sketch(kll.DEEQU_K, kll.DEEQU_C)
        sketch.update(np.random.default_rng(_REBUILD_SEED).permutation(np.repeat(numbers.values, numbers.counts)))
        levels = tuple(sketch.levels)
    kept: dict[float, int] = {}
    for height, level in enumerate(levels):
        kept |= dict.fromkeys(np.asarray(level, dtype="float64").tolist(), 1 << height)
    values = np.array(sorted(kept))
    return Numbers(values, np.array([kept[v] for v in values.tolist()], dtype="int64"), numbers.error)


def categorical(current: Mapping[str, int], baseline: Mapping[str, int], *, robust: bool = True, alpha: float | None = None) -> float:
    """LInfinity: the largest difference of a category's shares; NaN if either is empty."""
    n, m = sum(current.values()), sum(baseline.values())
    if not n or not m:
        return math.nan
    simple = max(abs(current.get(key, 0) / n - baseline.get(key, 0) / m) for key in {*current, *baseline})
    return correct(simple, n, m, alpha) if robust else simple
