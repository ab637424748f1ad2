"""CloudWatch alarms: evaluated each minute in which something can change, on the one clock."""

import json
import threading
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

from local_aws.background import Background
from local_aws.clients import Clients
from local_aws.clock import Clock
from local_aws.cloudwatch.actions import Actions, stamp
from local_aws.cloudwatch.alarm import Alarm, State
from local_aws.cloudwatch.evaluation import ALARM, OK, Verdict, judge
from local_aws.cloudwatch.store import MINUTE, Metric, MetricStore, minute
from local_aws.events.service import Events


class Alarms:
    """All alarms, their evaluation and their history. The API operations are in alarm_operations.py."""

    def __init__(self, clients: Clients, clock: Clock, background: Background, events: Events, store: MetricStore) -> None:
        self._clock, self._store = clock, store
        self._actions = Actions(clients, background, events, self.note)
        self.by_name: dict[str, Alarm] = {}
        self.history: list[dict[str, Any]] = []
        self._watching: defaultdict[Metric, set[str]] = defaultdict(set)
        self._due: defaultdict[int, set[str]] = defaultdict(set)
        self._lock = threading.RLock()
        store.listen(self._measured)

    @property
    def held(self) -> list[tuple[dict[str, Any], datetime, State]]:
        """What every alarm was put as, when, and its state."""
        return [(alarm.config, alarm.configured, alarm.state) for alarm in self.by_name.values()]

    @held.setter
    def held(self, alarms: list[tuple[dict[str, Any], datetime, State]]) -> None:
        with self._lock:
            for config, configured, state in alarms:
                alarm = self.by_name[config["AlarmName"]] = Alarm(config, configured)
                alarm.state = state
                self._watch(alarm)

    def resume(self) -> None:
        """After a restore: every alarm is evaluated in the next minute, as what it watches may have aged."""
        with self._lock:
            for alarm in self.by_name.values():
                if not alarm.composite:
                    self._plan(alarm.name, minute(self._clock.now()) + MINUTE)

    def put(self, config: dict[str, Any]) -> Alarm:
        """Create an alarm, or change one: its state stays until it is evaluated."""
        alarm = Alarm(config, self._clock.now())
        with self._lock:
            old = self.by_name.get(alarm.name)
            if old:
                alarm.state = old.state
            self._forget(alarm.name)
            self.by_name[alarm.name] = alarm
            self._watch(alarm)
            verb = "updated" if old else "created"
            self.note(alarm, "ConfigurationUpdate", f'Alarm "{alarm.name}" {verb}', {"type": verb.removesuffix("d").capitalize()})
            if alarm.composite:
                self._compose(alarm)
            else:
                self._plan(alarm.name, minute(self._clock.now()) + MINUTE)
        return alarm

    def delete(self, names: list[str]) -> None:
        with self._lock:
            for name in names:
                self._forget(name)

    def set_state(self, alarm: Alarm, value: str, reason: str, data: dict[str, Any]) -> None:
        """For a test of actions; the next evaluation says what the state really is."""
        with self._lock:
            self._change(alarm, Verdict(value, reason), data)
            self._plan(alarm.name, minute(self._clock.now()) + MINUTE)

    def note(self, alarm: Alarm, kind: str, summary: str, data: dict[str, Any]) -> None:
        """Add to the history."""
        self.history.append(
            {
                "AlarmName": alarm.name,
                "AlarmType": "CompositeAlarm" if alarm.composite else "MetricAlarm",
                "Timestamp": self._clock.now(),
                "HistoryItemType": kind,
                "HistorySummary": summary,
                "HistoryData": json.dumps(data),
            }
        )

    def _measured(self, metric: Metric, at: int) -> None:
        with self._lock:
            for name in self._watching.get(metric, ()):
                self._plan(name, max(at, minute(self._clock.now())) + MINUTE)

    def _watch(self, alarm: Alarm) -> None:
        for query in alarm.queries.values():
            self._watching[query.metric].add(alarm.name)

    def _forget(self, name: str) -> None:
        alarm = self.by_name.pop(name, None)
        for query in alarm.queries.values() if alarm else ():
            self._watching[query.metric].discard(name)

    def _plan(self, name: str, when: int) -> None:
        """Evaluate an alarm at a full minute. One timer serves all alarms of that minute."""
        if not self._due[when]:
            self._clock.call_at(datetime.fromtimestamp(when, UTC), lambda: self._evaluate_due(when))
        self._due[when].add(name)

    def _evaluate_due(self, when: int) -> None:
        with self._lock:
            for name in sorted(self._due.pop(when, ())):
                if name in self.by_name:
                    self._evaluate(self.by_name[name], when)

    def _evaluate(self, alarm: Alarm, when: int) -> None:
        if alarm.composite:
            self._compose(alarm)
            return
        verdict = judge(alarm.config, alarm.series(self._store, when), alarm.state.value)
        if verdict.state != alarm.state.value:
            self._change(alarm, verdict, self._data(alarm, verdict, when))
        moment = self._next(alarm, when)
        if moment:
            self._plan(alarm.name, moment)

    def _next(self, alarm: Alarm, when: int) -> int | None:
        """The next minute at which a data point passes from one period to the one before, or out of the range.

        Periods end at the minute of the evaluation, so between those minutes every period holds what it held.
        """
        start = when - alarm.range * alarm.period
        held = {m for q in alarm.queries.values() for m in self._store.minutes(q.metric, start, when)}
        return min(((m + MINUTE - when) % alarm.period or alarm.period for m in held), default=0) + when if held else None

    def _compose(self, alarm: Alarm) -> None:
        assert alarm.holds is not None
        holds = alarm.holds(self._state_of)
        if (state := ALARM if holds else OK) == alarm.state.value:
            return
        there = [self.by_name[name] for name in sorted(alarm.children) if name in self.by_name]
        triggering = [
            {"arn": a.arn, "state": {"value": a.state.value, "timestamp": stamp(a.state.since)}} for a in there if a.state.value == ALARM
        ]
        first = f"{there[0].arn} transitioned to {there[0].state.value}" if there else "its rule is constant"
        cause = f"{triggering[0]['arn']} transitioned to ALARM" if triggering else first
        self._change(alarm, Verdict(state, f"{cause} at {self._clock.now():%A %d %B, %Y %H:%M:%S} UTC"), {"triggeringAlarms": triggering})

    def _state_of(self, name: str) -> str:
        return self.by_name[name].state.value if name in self.by_name else "INSUFFICIENT_DATA"

    def _change(self, alarm: Alarm, verdict: Verdict, data: dict[str, Any]) -> None:
        before, alarm.state = alarm.state, State(verdict.state, verdict.reason, self._clock.now(), data)
        self.note(alarm, "StateUpdate", f"Alarm updated from {before.value} to {verdict.state}", {"version": "1.0", "newState": data})
        self._actions.changed(alarm, before)
        for other in sorted(self.by_name.values(), key=lambda a: a.name):
            if other.composite and alarm.name in other.children:
                self._compose(other)

    def _data(self, alarm: Alarm, verdict: Verdict, when: int) -> dict[str, Any]:
        """StateReasonData as documented."""
        start = when - alarm.config["EvaluationPeriods"] * alarm.period
        query = alarm.queries.get(alarm.returned)
        return {
            "version": "1.0",
            "queryDate": stamp(self._clock.now()),
            "startDate": stamp(datetime.fromtimestamp(start, UTC)),
            **({"statistic": query.statistic} if query else {}),
            "period": alarm.period,
            "recentDatapoints": list(reversed(verdict.points)),
            "threshold": alarm.config["Threshold"],
        }
