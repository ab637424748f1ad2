"""The API of metrics: PutMetricData, GetMetricData, GetMetricStatistics, ListMetrics."""

from datetime import UTC, datetime
from typing import Any

from local_aws.clock import Clock
from local_aws.cloudwatch import expression
from local_aws.cloudwatch.accepted import check_datum
from local_aws.cloudwatch.statistics import Datum, check
from local_aws.cloudwatch.store import MINUTE, Metric, MetricStore
from local_aws.dispatcher import Call, operation
from local_aws.errors import Unsupported, validation
from local_aws.sagemaker.names import page


class Metrics:
    """What clients put and ask."""

    kept = ("measured",)

    def __init__(self, store: MetricStore, clock: Clock) -> None:
        self._store, self._clock = store, clock

    @property
    def measured(self) -> dict[Metric, dict[int, dict[str, Datum]]]:
        """What a restart has to keep."""
        return self._store.held

    @measured.setter
    def measured(self, data: dict[Metric, dict[int, dict[str, Datum]]]) -> None:
        self._store.held = data

    @operation("cloudwatch", "PutMetricData")
    def put(self, call: Call) -> None:
        if "EntityMetricData" in call.params:
            raise Unsupported("PutMetricData with EntityMetricData")
        accepted = []
        for number, item in enumerate(call.params.get("MetricData", []), 1):
            if item.get("StorageResolution", MINUTE) != MINUTE:
                raise Unsupported("high-resolution metrics (StorageResolution below 60)")
            metric = Metric.of(call.params["Namespace"], item["MetricName"], _dimensions(item))
            datum, at = _datum(item), item.get("Timestamp") or self._clock.now()
            check_datum(f"MetricData.member.{number}", metric, datum, at, self._clock.now())
            accepted.append((metric, datum, item.get("Unit", "None"), at))
        for one in accepted:
            self._store.add(*one)

    @operation("cloudwatch", "ListMetrics")
    def list_metrics(self, call: Call) -> dict[str, Any]:
        params = call.params
        wanted = {d["Name"]: d.get("Value") for d in params.get("Dimensions", [])}
        found = [
            {"Namespace": m.namespace, "MetricName": m.name, "Dimensions": [{"Name": k, "Value": v} for k, v in sorted(m.dimensions)]}
            for m in self._store.metrics()
            if params.get("Namespace") in (None, m.namespace)
            and params.get("MetricName") in (None, m.name)
            and all(k in dict(m.dimensions) and v in (None, dict(m.dimensions)[k]) for k, v in wanted.items())
        ]
        return page(found, params, "Metrics", default=500)

    @operation("cloudwatch", "GetMetricStatistics")
    def statistics(self, call: Call) -> dict[str, Any]:
        params = call.params
        metric = Metric.of(params["Namespace"], params["MetricName"], _dimensions(params))
        plain = [check(s) for s in params.get("Statistics", [])]
        extended = [check(s) for s in params.get("ExtendedStatistics", [])]
        unit = params.get("Unit")
        points = []
        for start, datum in self._periods(metric, params, unit):
            values = {s: v for s in plain if (v := datum.take(s)) is not None}
            percentiles = {s: v for s in extended if (v := datum.take(s)) is not None}
            extra = {"ExtendedStatistics": percentiles} if extended else {}
            shown = unit or next(iter(self._store.units(metric)), "None")
            points.append({"Timestamp": datetime.fromtimestamp(start, UTC), "Unit": shown, **values, **extra})
        return {"Label": params["MetricName"], "Datapoints": points}

    @operation("cloudwatch", "GetMetricData")
    def data(self, call: Call) -> dict[str, Any]:
        params = call.params
        series: dict[str, dict[int, float]] = {}
        for query in params["MetricDataQueries"]:
            if "MetricStat" in query:
                stat = query["MetricStat"]
                metric = Metric.of(stat["Metric"]["Namespace"], stat["Metric"]["MetricName"], _dimensions(stat["Metric"]))
                found = self._periods(metric, {**params, "Period": stat["Period"]}, stat.get("Unit"))
                series[query["Id"]] = {s: v for s, d in found if (v := d.take(check(stat["Stat"]))) is not None}
            elif "Expression" not in query:
                raise validation(f"The query {query['Id']} has neither MetricStat nor Expression.")
        for query in params["MetricDataQueries"]:
            if "Expression" in query:
                series[query["Id"]] = _calculated(query["Expression"], series)
        newest_first = params.get("ScanBy", "TimestampDescending") == "TimestampDescending"
        return {
            "MetricDataResults": [
                _result(q, series[q["Id"]], newest_first) for q in params["MetricDataQueries"] if q.get("ReturnData", True)
            ]
        }

    def _periods(self, metric: Metric, params: dict[str, Any], unit: str | None) -> list[tuple[int, Datum]]:
        """(start, what was measured) of each period that holds data; periods begin at multiples of their length."""
        period = params["Period"]
        if period % MINUTE or not period:
            raise Unsupported(f"a period of {period} seconds (it does multiples of {MINUTE})")
        start, end = (int(params[k].replace(tzinfo=params[k].tzinfo or UTC).timestamp()) for k in ("StartTime", "EndTime"))
        begin = start - start % period
        starts = sorted({m - m % period for m in self._store.minutes(metric, begin, end)})
        return [(s, self._store.over(metric, s, min(s + period, end), unit)) for s in starts]


def _datum(item: dict[str, Any]) -> Datum:
    """Value, Values with Counts, or StatisticValues: exactly one of them."""
    datum = Datum()
    if [k in item for k in ("Value", "Values", "StatisticValues")].count(True) != 1:
        raise validation(f"The metric {item['MetricName']} needs exactly one of Value, Values and StatisticValues.")
    if "StatisticValues" in item:
        given = item["StatisticValues"]
        datum.add_set(given["SampleCount"], given["Sum"], given["Minimum"], given["Maximum"])
        return datum
    values = item.get("Values") or [item["Value"]]
    counts = item.get("Counts") or [1.0] * len(values)
    if len(counts) != len(values):
        raise validation("The parameters Values and Counts must be of the same length.")
    for value, count in zip(values, counts, strict=True):
        datum.add(float(value), float(count))
    return datum


def _calculated(text: str, series: dict[str, dict[int, float]]) -> dict[int, float]:
    times = sorted({t for points in series.values() for t in points})
    values = expression.evaluate(text, {id: [points.get(t) for t in times] for id, points in series.items()})
    return {t: v for t, v in zip(times, values, strict=True) if v is not None}


def _result(query: dict[str, Any], points: dict[int, float], newest_first: bool) -> dict[str, Any]:
    name = query["MetricStat"]["Metric"]["MetricName"] if "MetricStat" in query else query["Id"]
    times = sorted(points, reverse=newest_first)
    return {
        "Id": query["Id"],
        "Label": query.get("Label", name),
        "Timestamps": [datetime.fromtimestamp(t, UTC) for t in times],
        "Values": [points[t] for t in times],
        "StatusCode": "Complete",
    }


def _dimensions(holder: dict[str, Any]) -> dict[str, str]:
    return {d["Name"]: d["Value"] for d in holder.get("Dimensions", [])}
