"""Drives the local AWS through the days of a scenario: requests, labels, time; and keeps what each day showed."""

import io
import json
import uuid
from collections import defaultdict
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from cli.demo.session import Session
from cli.simulate.scenario import Scenario
from cli.simulate.traffic import DayOfTraffic, day_of
from cli.target import identified
from interfaces import layout
from interfaces.contract import Contract
from model_code.evaluate import scores

PARTS = 4  # requests come in at so many times of a day
DAY = timedelta(days=1)
AT_ONCE = timedelta(minutes=30)  # how long an outcome takes that a scenario calls known at once


@dataclass
class Day:
    """One day as it was: traffic, the truth about the model, and what the monitors and people saw."""

    number: int
    date: str
    rows: int = 0
    versions: list[int] = field(default_factory=list)
    metrics: dict[str, float] = field(default_factory=dict)
    drift: dict[str, float] = field(default_factory=dict)
    violations: int = 0
    labelled: float | None = None
    alarms: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


Source = Callable[[Scenario, int, datetime], DayOfTraffic]


class Driver:
    """Sends a scenario's traffic. What it knows of the truth stays here: the stacks see requests and labels only.

    ``source`` gives the rows of a day: generated loan applications, or any other table's.
    """

    def __init__(
        self, session: Session, scenario: Scenario, contract: Contract, observe: Callable[[Day], None], source: Source = day_of
    ) -> None:
        self._session, self._scenario, self._contract, self._observe, self._source = session, scenario, contract, observe, source
        self._labels: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)

    def run(self, each: Callable[[Day], bool]) -> list[Day]:
        """All days, or until ``each`` says that it has seen enough."""
        start = _next_midnight(self._session.now())
        self._session.advance(start - self._session.now())
        days = []
        for number in range(1, self._scenario.days + 1):
            days.append(self._day(number, start))
            if each(days[-1]):
                break
        return days

    def _day(self, number: int, start: datetime) -> Day:
        scenario = self._scenario
        date = start + DAY * (number - 1)
        traffic = self._source(scenario, number, start)
        day = Day(number, f"{date:%Y-%m-%d}", rows=len(traffic.rows))
        answers = []
        self._put_labels(self._labels.pop(number - scenario.label_delay_days, []))
        for part in range(PARTS):
            sent = traffic.rows.iloc[len(traffic.rows) * part // PARTS : len(traffic.rows) * (part + 1) // PARTS]
            answers += self._send(number, sent, traffic, day)
            self._session.advance(AT_ONCE)
            if scenario.label_delay_days == 0:
                self._put_labels(self._labels.pop(number, []))
            self._session.advance(date + DAY * (part + 1) / PARTS - self._session.now())
        if answers:
            day.metrics = self._truth(pd.concat(answers), traffic)
        self._session.settle()
        self._observe(day)
        return day

    def _send(self, number: int, rows: pd.DataFrame, traffic: DayOfTraffic, day: Day) -> list[pd.DataFrame]:
        """Invoke with headerless CSV; the answers, indexed as the rows are."""
        runtime, endpoint = self._session.client("sagemaker-runtime"), self._session.endpoint
        features = [c.name for c in self._contract.features]
        answers = []
        for first in range(0, len(rows), self._scenario.rows_per_request):
            batch = rows.iloc[first : first + self._scenario.rows_per_request]
            id = f"{self._scenario.name}-{number}-{batch.index[0]}"
            ids = identified(self._session.names, endpoint, id)
            body = batch[features].to_csv(index=False, header=False)
            answer = runtime.invoke_endpoint(EndpointName=endpoint, ContentType="text/csv", Accept="text/csv", Body=body, **ids)
            text = answer["Body"].read().decode()
            answers.append(
                pd.read_csv(io.StringIO(text), header=None, names=["label", "probability"], dtype={"label": str}).set_index(batch.index)
            )
            if traffic.known[batch.index[0]]:  # an outcome is reported for a whole request or not at all
                self._labels[number].append(_label(id, list(traffic.outcome[batch.index])))
        return answers

    def _truth(self, answers: pd.DataFrame, traffic: DayOfTraffic) -> dict[str, float]:
        """How good the predictions of the day were, measured on every outcome, reported or not."""
        kind = float if self._contract.problem_type == "regression" else object
        truth, predicted = (values.to_numpy(dtype=kind) for values in (traffic.outcome[answers.index], answers["label"]))
        binary = self._contract.problem_type == "binary"
        found = scores(self._contract, truth, predicted, answers["probability"].to_numpy() if binary else None)
        return {name: value for name, value in found.items() if np.isfinite(value)}

    def _put_labels(self, labels: list[dict[str, Any]]) -> None:
        if not labels:
            return
        now = self._session.now()
        key = f"{layout.GROUND_TRUTH}/{now:%Y/%m/%d/%H}/{uuid.uuid4()}.jsonl"
        body = "".join(json.dumps(label, separators=(",", ":")) + "\n" for label in labels)
        self._session.client("s3").put_object(Bucket=self._session.bucket("data"), Key=key, Body=body.encode())


def _label(id: str, outcomes: list[str]) -> dict[str, Any]:
    return {
        "groundTruthData": {"data": "\n".join(outcomes), "encoding": "CSV"},
        "eventMetadata": {"eventId": id},
        "eventVersion": "0",
    }


def _next_midnight(now: datetime) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0) + DAY
