"""The API of alarms: PutMetricAlarm, PutCompositeAlarm, DescribeAlarms and their kin."""

import json
from datetime import datetime
from typing import Any

from local_aws.cloudwatch.alarm import Alarm, State
from local_aws.cloudwatch.alarms import Alarms
from local_aws.dispatcher import Call, operation
from local_aws.errors import AwsError, Unsupported, validation
from local_aws.sagemaker.names import page


class AlarmOperations:
    """What clients ask of alarms."""

    kept = ("alarms", "history")

    def __init__(self, alarms: Alarms) -> None:
        self._alarms = alarms

    @property
    def alarms(self) -> list[tuple[dict[str, Any], datetime, State]]:
        """What a restart has to keep of them."""
        return self._alarms.held

    @alarms.setter
    def alarms(self, held: list[tuple[dict[str, Any], datetime, State]]) -> None:
        self._alarms.held = held

    @property
    def history(self) -> list[dict[str, Any]]:
        return self._alarms.history

    @history.setter
    def history(self, items: list[dict[str, Any]]) -> None:
        self._alarms.history = items

    def resume(self) -> None:
        self._alarms.resume()

    @operation("cloudwatch", "PutMetricAlarm", "PutCompositeAlarm")
    def put(self, call: Call) -> None:
        self._alarms.put(call.params)

    @operation("cloudwatch", "DescribeAlarms")
    def describe(self, call: Call) -> dict[str, Any]:
        params = call.params
        for name in ("ChildrenOfAlarmName", "ParentsOfAlarmName"):
            if name in params:
                raise Unsupported(f"DescribeAlarms with {name}")
        types = params.get("AlarmTypes") or ["MetricAlarm"]
        found = [a for _, a in sorted(self._alarms.by_name.items()) if _matches(a, params)]
        found = [a for a in found if ("CompositeAlarm" if a.composite else "MetricAlarm") in types]
        window = page(found, {k: params[k] for k in ("NextToken",) if k in params}, "_", default=params.get("MaxRecords", 50))
        shown: list[Alarm] = window.pop("_")
        return {
            "MetricAlarms": [a.described() for a in shown if not a.composite],
            "CompositeAlarms": [a.described() for a in shown if a.composite],
            **window,
        }

    @operation("cloudwatch", "DescribeAlarmsForMetric")
    def describe_for_metric(self, call: Call) -> dict[str, Any]:
        params = call.params
        key = (params["Namespace"], params["MetricName"], frozenset((d["Name"], d["Value"]) for d in params.get("Dimensions", [])))
        found = [
            a
            for _, a in sorted(self._alarms.by_name.items())
            if any((q.metric.namespace, q.metric.name, q.metric.dimensions) == key for q in a.queries.values())
        ]
        return {"MetricAlarms": [a.described() for a in found]}

    @operation("cloudwatch", "DeleteAlarms")
    def delete(self, call: Call) -> None:
        names = call.params["AlarmNames"]
        for name in names:
            self._alarm(name)
            parents = sorted(a.name for a in self._alarms.by_name.values() if name in a.children and a.name not in names)
            if parents:
                raise validation(f"Alarm {name} cannot be deleted: the composite alarm {parents[0]} depends on it.")
        self._alarms.delete(names)

    @operation("cloudwatch", "SetAlarmState")
    def set_state(self, call: Call) -> None:
        params = call.params
        if params["StateValue"] not in ("OK", "ALARM", "INSUFFICIENT_DATA"):
            raise validation(f"StateValue {params['StateValue']} is not one of OK, ALARM, INSUFFICIENT_DATA.")
        try:
            data = json.loads(params.get("StateReasonData") or "{}")
        except ValueError:
            raise AwsError("InvalidFormat", "StateReasonData is not valid JSON.") from None
        self._alarms.set_state(self._alarm(params["AlarmName"]), params["StateValue"], params["StateReason"], data)

    @operation("cloudwatch", "EnableAlarmActions")
    def enable(self, call: Call) -> None:
        for name in call.params["AlarmNames"]:
            self._alarm(name).config["ActionsEnabled"] = True

    @operation("cloudwatch", "DisableAlarmActions")
    def disable(self, call: Call) -> None:
        for name in call.params["AlarmNames"]:
            self._alarm(name).config["ActionsEnabled"] = False

    @operation("cloudwatch", "DescribeAlarmHistory")
    def describe_history(self, call: Call) -> dict[str, Any]:
        params = call.params
        found = [
            h
            for h in self._alarms.history
            if params.get("AlarmName") in (None, h["AlarmName"]) and params.get("HistoryItemType") in (None, h["HistoryItemType"])
        ]
        if params.get("ScanBy", "TimestampDescending") == "TimestampDescending":
            found.reverse()
        return page(
            found, {k: params[k] for k in ("NextToken",) if k in params}, "AlarmHistoryItems", default=params.get("MaxRecords", 100)
        )

    def _alarm(self, name: str) -> Alarm:
        if name not in self._alarms.by_name:
            raise AwsError("ResourceNotFound", f"Unknown alarm: {name}", 404)
        return self._alarms.by_name[name]


def _matches(alarm: Alarm, params: dict[str, Any]) -> bool:
    names, prefix, state = params.get("AlarmNames"), params.get("AlarmNamePrefix", ""), params.get("StateValue")
    return (not names or alarm.name in names) and alarm.name.startswith(prefix) and state in (None, alarm.state.value)
