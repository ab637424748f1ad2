"""AWS::CloudWatch::Alarm, CompositeAlarm and Dashboard."""

import json
from typing import Any

from local_aws.cloudformation.resources.base import Context, Made, Resource, if_there, names
from local_aws.principals import ACCOUNT, REGION


class Alarm(Resource):
    type = "AWS::CloudWatch::Alarm"
    properties = names(
        "AlarmName AlarmDescription ActionsEnabled AlarmActions OKActions InsufficientDataActions ComparisonOperator DatapointsToAlarm "
        "Dimensions EvaluationPeriods ExtendedStatistic MetricName Metrics Namespace Period Statistic Threshold TreatMissingData Unit"
    )
    state_only = names("Tags")

    def create(self, context: Context, properties: dict[str, Any]) -> Made:
        name = properties.get("AlarmName") or context.generated_name()
        context.client("cloudwatch").put_metric_alarm(**{**properties, "AlarmName": name})
        return _alarm(name)

    def find(self, context: Context, properties: dict[str, Any]) -> Made | None:
        return _find(context, properties)

    def update(self, context: Context, id: str, old: dict[str, Any], new: dict[str, Any]) -> Made:
        return self.create(context, {**new, "AlarmName": id})

    def delete(self, context: Context, id: str, properties: dict[str, Any]) -> None:
        _delete(context, id)


class CompositeAlarm(Resource):
    type = "AWS::CloudWatch::CompositeAlarm"
    properties = names("AlarmName AlarmDescription AlarmRule ActionsEnabled AlarmActions OKActions InsufficientDataActions")
    state_only = names("Tags")

    def create(self, context: Context, properties: dict[str, Any]) -> Made:
        name = properties.get("AlarmName") or context.generated_name()
        context.client("cloudwatch").put_composite_alarm(**{**properties, "AlarmName": name})
        return _alarm(name)

    def find(self, context: Context, properties: dict[str, Any]) -> Made | None:
        return _find(context, properties)

    def update(self, context: Context, id: str, old: dict[str, Any], new: dict[str, Any]) -> Made:
        return self.create(context, {**new, "AlarmName": id})

    def delete(self, context: Context, id: str, properties: dict[str, Any]) -> None:
        _delete(context, id)


class Dashboard(Resource):
    type = "AWS::CloudWatch::Dashboard"
    properties = names("DashboardName")
    state_only = names("DashboardBody")

    def create(self, context: Context, properties: dict[str, Any]) -> Made:
        name = properties.get("DashboardName") or context.generated_name()
        body = properties["DashboardBody"]
        text = body if isinstance(body, str) else json.dumps(body)
        context.client("cloudwatch").put_dashboard(DashboardName=name, DashboardBody=text)
        return Made(name)

    def find(self, context: Context, properties: dict[str, Any]) -> Made | None:
        name = properties.get("DashboardName")
        found = if_there(context.client("cloudwatch").get_dashboard, DashboardName=name) if name else None
        return Made(str(name)) if found else None

    def update(self, context: Context, id: str, old: dict[str, Any], new: dict[str, Any]) -> Made:
        return self.create(context, {**new, "DashboardName": id})

    def delete(self, context: Context, id: str, properties: dict[str, Any]) -> None:
        context.client("cloudwatch").delete_dashboards(DashboardNames=[id])


def _alarm(name: str) -> Made:
    return Made(name, {"Arn": f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{name}"})


def _find(context: Context, properties: dict[str, Any]) -> Made | None:
    """Alarms of both kinds have their names in common."""
    name = properties.get("AlarmName")
    kinds = ["MetricAlarm", "CompositeAlarm"]
    found = context.client("cloudwatch").describe_alarms(AlarmNames=[name], AlarmTypes=kinds) if name else {}
    return _alarm(str(name)) if found.get("MetricAlarms") or found.get("CompositeAlarms") else None


def _delete(context: Context, name: str) -> None:
    context.client("cloudwatch").delete_alarms(AlarmNames=[name])
