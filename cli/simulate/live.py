"""Days of traffic for a released model, and what became of it: the second half of the demo, and all of a simulation."""

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from cli.demo.session import Session
from cli.progress import Progress
from cli.simulate.driver import Day, Driver, Source
from cli.simulate.observer import Observer
from cli.simulate.scenario import Scenario
from cli.simulate.traffic import day_of
from interfaces.contract import Contract
from interfaces.reports import DEFAULT_METRIC

MONITORS_TAKE = timedelta(hours=2)  # after the end of a window, until its report is there


@dataclass(frozen=True)
class Life:
    """The days of an endpoint, in their order, and the metric by which they are judged."""

    days: list[Day]
    metric: str
    threshold: float

    def found(self) -> dict[str, Any]:
        """What the report shows."""
        return {"days": [d.to_dict() for d in self.days], "headline_metric": self.metric, "drift_threshold": self.threshold}

    def summary(self, changed: int | None) -> dict[str, Any]:
        """Alarm, violations, versions, and quality before the change, after it, and once another version serves."""
        served = list(dict.fromkeys(v for day in self.days for v in day.versions))
        second = next((d.number for d in self.days if d.versions and d.versions[0] != served[0]), math.inf)
        change = math.inf if changed is None else changed
        rang = [(d.date, name) for d in self.days for name in d.alarms if name in ("drift-data", "quality")]
        return {
            "drift_alarm": f"{rang[0][1]} on {rang[0][0]}" if rang else None,
            "violations": sum(d.violations for d in self.days),
            "released_versions": served,
            "metric_before": self._mean(lambda d: d.number < change and d.number < second),
            "metric_drifted": self._mean(lambda d: change <= d.number < second),
            "metric_after": self._mean(lambda d: d.number >= second),
        }

    def _mean(self, of: Any) -> float | None:
        values = [d.metrics[self.metric] for d in self.days if of(d) and self.metric in d.metrics and len(set(d.versions)) == 1]
        return round(sum(values) / len(values), 4) if values else None


def live(
    session: Session, scenario: Scenario, contract: Contract, progress: Progress, *, until_second: bool, source: Source = day_of
) -> Life:
    """Drive the days of a scenario; ``until_second`` ends with the first whole day that a second version has served."""
    observer = Observer(session)
    metric = DEFAULT_METRIC[contract.problem_type]

    def each(day: Day) -> bool:
        shown = f"{metric} {day.metrics[metric]:.3f}" if metric in day.metrics else "no traffic"
        progress.note("day", f"{day.number:>3} {day.date}: {day.rows} rows, version {day.versions[-1]}, {shown}")
        for note in day.notes:
            progress.note("day", f"    {note}", "start")
        return until_second and day.versions[0] != first and len(day.versions) == 1

    first = observer.serving()
    days = Driver(session, scenario, contract, observer, source).run(each)
    session.advance(MONITORS_TAKE)
    session.settle()
    observer.read_reports()
    return Life(days, metric, observer.threshold)
