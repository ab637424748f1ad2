"""What a change of state sets off: an event, a message to SNS, a call of Lambda, in the documented forms."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from local_aws.background import Background
from local_aws.clients import Clients
from local_aws.cloudwatch.alarm import ACTIONS, Alarm, State
from local_aws.events.service import Events
from local_aws.principals import ACCOUNT, REGION

PRINCIPAL = "cloudwatch.amazonaws.com"
LAMBDA_PRINCIPAL = "lambda.alarms.cloudwatch.amazonaws.com"
_REGION_NAME = "US East (N. Virginia)"

Note = Callable[[Alarm, str, str, dict[str, Any]], None]


class Actions:
    """Carries out actions in the background; each is noted in the alarm's history, failed or not."""

    def __init__(self, clients: Clients, background: Background, events: Events, note: Note) -> None:
        self._clients, self._background, self._events, self._note = clients, background, events, note

    def changed(self, alarm: Alarm, before: State) -> None:
        """An alarm has left a state for another."""
        self._events.emit("aws.cloudwatch", "CloudWatch Alarm State Change", detail(alarm, before), [alarm.arn], alarm.state.since)
        after = alarm.state
        for target in alarm.actions():
            self._background.submit(lambda t=target: self._carry_out(alarm, before, after, t))  # type: ignore[misc]

    def _carry_out(self, alarm: Alarm, before: State, after: State, target: str) -> None:
        try:
            if target.split(":")[2] == "lambda":
                payload = lambda_event(alarm, before, after)
                self._clients.service("lambda", LAMBDA_PRINCIPAL).invoke(
                    FunctionName=target, InvocationType="Event", Payload=json.dumps(payload).encode()
                )
            else:
                self._clients.service("sns", PRINCIPAL).publish(
                    TopicArn=target,
                    Subject=f'{after.value}: "{alarm.name}" in {_REGION_NAME}'[:100],
                    Message=json.dumps(message(alarm, before, after)),
                )
        except Exception as error:
            self._note(
                alarm, "Action", f"Failed to execute action {target}", {"error": str(error), "stateUpdateTimestamp": stamp(after.since)}
            )
            return
        self._note(alarm, "Action", f"Successfully executed action {target}", {"stateUpdateTimestamp": stamp(after.since)})


def stamp(moment: datetime) -> str:
    """As CloudWatch writes times: ``2019-10-02T17:04:40.985+0000``."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}+0000"


def detail(alarm: Alarm, before: State) -> dict[str, Any]:
    """The detail of ``CloudWatch Alarm State Change``."""
    return {
        "alarmName": alarm.name,
        "state": _state(alarm.state),
        "previousState": _state(before),
        "configuration": _configuration(alarm),
    }


def lambda_event(alarm: Alarm, before: State, after: State) -> dict[str, Any]:
    """What a function receives that an alarm invokes."""
    data = {**detail(alarm, before), "state": _state(after)}
    return {
        "source": "aws.cloudwatch",
        "alarmArn": alarm.arn,
        "accountId": ACCOUNT,
        "time": stamp(after.since),
        "region": REGION,
        "alarmData": data,
    }


def message(alarm: Alarm, before: State, after: State) -> dict[str, Any]:
    """The message that SNS subscribers receive."""
    config = alarm.config
    return {
        "AlarmName": alarm.name,
        "AlarmDescription": config.get("AlarmDescription"),
        "AWSAccountId": ACCOUNT,
        "AlarmConfigurationUpdatedTimestamp": stamp(alarm.configured),
        "NewStateValue": after.value,
        "NewStateReason": after.reason,
        "StateChangeTime": stamp(after.since),
        "Region": _REGION_NAME,
        "AlarmArn": alarm.arn,
        "OldStateValue": before.value,
        **{k: config.get(k, []) for k in ACTIONS.values()},
        **({"AlarmRule": config["AlarmRule"]} if alarm.composite else {"Trigger": _trigger(config)}),
    }


def _trigger(config: dict[str, Any]) -> dict[str, Any]:
    common = {
        "EvaluationPeriods": config["EvaluationPeriods"],
        "DatapointsToAlarm": config.get("DatapointsToAlarm", config["EvaluationPeriods"]),
        "ComparisonOperator": config["ComparisonOperator"],
        "Threshold": config["Threshold"],
        "TreatMissingData": config.get("TreatMissingData", "missing"),
        "EvaluateLowSampleCountPercentile": "",
    }
    if "Metrics" in config:
        return {**common, "Metrics": config["Metrics"]}
    kind = "Statistic" if "Statistic" in config else "ExtendedStatistic"
    return {
        "MetricName": config["MetricName"],
        "Namespace": config["Namespace"],
        "StatisticType": kind,
        kind: config[kind].upper() if kind == "Statistic" else config[kind],
        "Unit": config.get("Unit"),
        "Dimensions": [{"value": d["Value"], "name": d["Name"]} for d in config.get("Dimensions", [])],
        "Period": config["Period"],
        **common,
    }


def _state(state: State) -> dict[str, Any]:
    data = {"reasonData": json.dumps(state.data)} if state.data else {}
    return {"value": state.value, "reason": state.reason, **data, "timestamp": stamp(state.since)}


def _configuration(alarm: Alarm) -> dict[str, Any]:
    config = alarm.config
    described = {"description": config["AlarmDescription"]} if "AlarmDescription" in config else {}
    if alarm.composite:
        return {**described, "alarmRule": config["AlarmRule"]}
    metrics: list[dict[str, Any]] = []
    for id, query in alarm.queries.items():
        metric = {"namespace": query.metric.namespace, "name": query.metric.name, "dimensions": dict(query.metric.dimensions)}
        stat = {"metric": metric, "period": query.period, "stat": query.statistic}
        metrics.append({"id": id, "metricStat": stat, "returnData": id == alarm.returned})
    for entry in config.get("Metrics", []):
        if "Expression" in entry:
            metrics.append({"id": entry["Id"], "expression": entry["Expression"], "returnData": entry["Id"] == alarm.returned})
    return {**described, "metrics": metrics}
