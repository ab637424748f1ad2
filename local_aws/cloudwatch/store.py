"""Metrics: what was measured, by minute. Whoever measures puts here; alarms and queries read."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from local_aws.clock import Clock
from local_aws.cloudwatch.statistics import Datum, merged

MINUTE = 60


@dataclass(frozen=True)
class Metric:
    """A metric's identity: a name with other dimensions is another metric."""

    namespace: str
    name: str
    dimensions: frozenset[tuple[str, str]]

    @classmethod
    def of(cls, namespace: str, name: str, dimensions: Mapping[str, str]) -> "Metric":
        return cls(namespace, name, frozenset(dimensions.items()))


def minute(moment: datetime) -> int:
    """The minute that a moment falls in, as its first second since the epoch."""
    seconds = int(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp())
    return seconds - seconds % MINUTE


class MetricStore:
    """Data points by metric, minute and unit. ``listen`` hears of every metric that has new ones."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._data: dict[Metric, dict[int, dict[str, Datum]]] = {}
        self._lock = threading.Lock()
        self._listeners: list[Callable[[Metric, int], None]] = []

    @property
    def held(self) -> dict[Metric, dict[int, dict[str, Datum]]]:
        """Everything that was measured: by metric, minute and unit."""
        return self._data

    @held.setter
    def held(self, data: dict[Metric, dict[int, dict[str, Datum]]]) -> None:
        with self._lock:
            self._data = data

    def listen(self, listener: Callable[[Metric, int], None]) -> None:
        self._listeners.append(listener)

    def put(
        self, namespace: str, name: str, value: float, dimensions: Mapping[str, str], unit: str = "Count", at: datetime | None = None
    ) -> None:
        """One measurement, now or at another time."""
        one = Datum()
        one.add(value)
        self.add(Metric.of(namespace, name, dimensions), one, unit, at or self._clock.now())

    def add(self, metric: Metric, datum: Datum, unit: str, at: datetime) -> None:
        """Measurements taken together, to those of their minute."""
        with self._lock:
            minutes = self._data.setdefault(metric, {})
            units = minutes.setdefault(minute(at), {})
            units.setdefault(unit, Datum()).absorb(datum)
        for listener in self._listeners:
            listener(metric, minute(at))

    def over(self, metric: Metric, start: int, end: int, unit: str | None = None) -> Datum:
        """What was measured in minutes from ``start`` up to, but without, ``end``."""
        with self._lock:
            minutes = self._data.get(metric, {})
            if len(minutes) * MINUTE < end - start:
                chosen = [m for m in minutes if start <= m < end]
            else:
                chosen = [m for m in range(start, end, MINUTE) if m in minutes]
            return merged(datum for m in chosen for found, datum in minutes[m].items() if unit in (None, found))

    def minutes(self, metric: Metric, start: int, end: int) -> list[int]:
        """The minutes that hold data, in order."""
        with self._lock:
            return sorted(m for m in self._data.get(metric, {}) if start <= m < end)

    def units(self, metric: Metric) -> list[str]:
        with self._lock:
            return sorted({unit for units in self._data.get(metric, {}).values() for unit in units})

    def metrics(self) -> list[Metric]:
        """Every metric, by namespace and name."""
        with self._lock:
            return sorted(self._data, key=lambda m: (m.namespace, m.name, sorted(m.dimensions)))
