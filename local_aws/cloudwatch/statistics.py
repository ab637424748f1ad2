"""What was measured in a stretch of time, and the statistics that CloudWatch takes of it."""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from local_aws.errors import Unsupported

_PERCENTILE = re.compile(r"p(100|\d{1,2}(?:\.\d{1,10})?)")
_SIMPLE = ("SampleCount", "Sum", "Average", "Minimum", "Maximum")


@dataclass
class Datum:
    """Measurements of one metric that fell together. ``values`` counts each value; a statistic set brings none."""

    count: float = 0.0
    sum: float = 0.0
    minimum: float = math.inf
    maximum: float = -math.inf
    values: dict[float, float] = field(default_factory=dict)

    def add(self, value: float, count: float = 1.0) -> None:
        self.values[value] = self.values.get(value, 0.0) + count
        self.add_set(count, value * count, value, value)

    def add_set(self, count: float, total: float, minimum: float, maximum: float) -> None:
        """A statistic set: its percentiles cannot be known."""
        self.count += count
        self.sum += total
        self.minimum, self.maximum = min(self.minimum, minimum), max(self.maximum, maximum)

    def absorb(self, other: "Datum") -> None:
        """Add what another holds."""
        self.add_set(other.count, other.sum, other.minimum, other.maximum)
        for value, count in other.values.items():
            self.values[value] = self.values.get(value, 0.0) + count

    def take(self, statistic: str) -> float | None:
        """One statistic, or None where there is none."""
        if not self.count:
            return None
        if statistic in _SIMPLE:
            simple = (self.count, self.sum, self.sum / self.count, self.minimum, self.maximum)
            return simple[_SIMPLE.index(statistic)]
        return self._percentile(float(statistic[1:]))

    def _percentile(self, percent: float) -> float | None:
        """Linear between ranks. CloudWatch documents no percentile of a statistic set of several samples that differ."""
        if sum(self.values.values()) < self.count:
            return self.minimum if self.minimum == self.maximum else None
        rank = (self.count - 1) * percent / 100
        below, above = math.floor(rank), math.ceil(rank)
        low = high = passed = 0.0
        for value in sorted(self.values):
            low = value if passed <= below else low
            high = value if passed <= above else high
            passed += self.values[value]
        return low + (high - low) * (rank - below)


def merged(data: Iterable[Datum]) -> Datum:
    """Several stretches as one."""
    out = Datum()
    for datum in data:
        out.absorb(datum)
    return out


def check(statistic: str) -> str:
    """Refuse a statistic that is not done, by name."""
    if statistic not in _SIMPLE and not _PERCENTILE.fullmatch(statistic):
        raise Unsupported(f"the CloudWatch statistic {statistic!r} (it does {', '.join(_SIMPLE)} and percentiles such as p99.9)")
    return statistic
