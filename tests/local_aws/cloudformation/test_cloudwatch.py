"""Alarms, composite alarms and dashboards from templates."""

import json

from local_aws.aws import LocalAws

BODY = '{"widgets": []}'
TEMPLATE = {
    "Resources": {
        "Busy": {
            "Type": "AWS::CloudWatch::Alarm",
            "Properties": {
                "AlarmName": "busy",
                "Namespace": "n",
                "MetricName": "m",
                "Statistic": "Sum",
                "Period": 60,
                "EvaluationPeriods": 1,
                "Threshold": 1,
                "ComparisonOperator": "GreaterThanThreshold",
            },
        },
        "Any": {
            "Type": "AWS::CloudWatch::CompositeAlarm",
            "DependsOn": "Busy",
            "Properties": {"AlarmName": "any", "AlarmRule": 'ALARM("busy")'},
        },
        "Board": {"Type": "AWS::CloudWatch::Dashboard", "Properties": {"DashboardName": "board", "DashboardBody": BODY}},
    }
}


def deployed(aws: LocalAws) -> str:
    aws.settle()
    return str(aws.client("cloudformation").describe_stacks(StackName="watch")["Stacks"][0]["StackStatus"])


def test_they_are_made_changed_and_removed(aws: LocalAws) -> None:
    cloudformation, cloudwatch = aws.client("cloudformation"), aws.client("cloudwatch")
    cloudformation.create_stack(StackName="watch", TemplateBody=json.dumps(TEMPLATE))
    assert deployed(aws) == "CREATE_COMPLETE"
    changed = json.loads(json.dumps(TEMPLATE))
    changed["Resources"]["Busy"]["Properties"]["Threshold"] = 7
    changed["Resources"]["Any"]["Properties"]["AlarmRule"] = 'NOT ALARM("busy")'
    cloudformation.update_stack(StackName="watch", TemplateBody=json.dumps(changed))
    assert deployed(aws) == "UPDATE_COMPLETE"
    found = cloudwatch.describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    assert [a["Threshold"] for a in found["MetricAlarms"]] == [7]
    assert [a["StateValue"] for a in found["CompositeAlarms"]] == ["ALARM"]
    assert cloudwatch.get_dashboard(DashboardName="board")["DashboardBody"] == BODY
    cloudformation.delete_stack(StackName="watch")
    aws.settle()
    left = cloudwatch.describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    assert left["MetricAlarms"] == left["CompositeAlarms"] == cloudwatch.list_dashboards()["DashboardEntries"] == []
