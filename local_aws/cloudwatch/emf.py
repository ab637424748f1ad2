"""Metrics in log lines: the embedded metric format, which Powertools writes."""

import json
from datetime import UTC, datetime
from typing import Any

from local_aws.clock import Clock
from local_aws.cloudwatch.statistics import Datum
from local_aws.cloudwatch.store import Metric, MetricStore
from local_aws.dispatcher import Call, after
from local_aws.moto_seam import HttpResponse


class EmbeddedMetrics:
    """Reads what is put into CloudWatch Logs. A line that is not of the format is a line of text."""

    kept: tuple[str, ...] = ()

    def __init__(self, store: MetricStore, clock: Clock) -> None:
        self._store, self._clock = store, clock

    @after("logs", "PutLogEvents")
    def put(self, call: Call, _: HttpResponse) -> None:
        for event in call.params.get("logEvents", []):
            if '"_aws"' in event["message"]:
                self._read(event["message"])

    def _read(self, line: str) -> None:
        try:
            document = json.loads(line)
            directives = document["_aws"]["CloudWatchMetrics"]
            at = datetime.fromtimestamp(document["_aws"]["Timestamp"] / 1000, UTC)
        except (ValueError, KeyError, TypeError):
            return
        for directive in directives:
            for names in directive.get("Dimensions") or [[]]:
                dimensions = {name: str(document[name]) for name in names if name in document}
                for metric in directive.get("Metrics", []):
                    datum = _datum(document.get(metric["Name"]))
                    if datum.count:
                        self._store.add(
                            Metric.of(directive["Namespace"], metric["Name"], dimensions), datum, metric.get("Unit", "None"), at
                        )


def _datum(values: Any) -> Datum:
    datum = Datum()
    for value in values if isinstance(values, list) else [values]:
        if isinstance(value, int | float) and not isinstance(value, bool):
            datum.add(float(value))
    return datum
