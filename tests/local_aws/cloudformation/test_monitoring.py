"""Schedules and job definitions from templates: definitions are replaced, schedules stay."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local_aws.aws import LocalAws
from tests.local_aws.endpoints import config, create, model
from tests.local_aws.support import CLUSTER, ROLE, furnish

IMAGE = "156813124566.dkr.ecr.us-east-1.amazonaws.com/sagemaker-model-monitor-analyzer"


def template(instance: str) -> str:
    output = {"S3Output": {"S3Uri": "s3://data/reports", "LocalPath": "/opt/ml/processing/output"}}
    definition = {
        "DataQualityAppSpecification": {"ImageUri": IMAGE},
        "DataQualityJobInput": {"EndpointInput": {"EndpointName": "watched", "LocalPath": "/opt/ml/processing/input/endpoint"}},
        "DataQualityJobOutputConfig": {"MonitoringOutputs": [output]},
        "JobResources": {"ClusterConfig": {**CLUSTER, "InstanceType": instance}},
        "RoleArn": ROLE,
    }
    schedule = {
        "MonitoringScheduleName": "fixed",
        "MonitoringScheduleConfig": {
            "ScheduleConfig": {"ScheduleExpression": "cron(0 * ? * * *)"},
            "MonitoringJobDefinitionName": {"Fn::GetAtt": ["Definition", "JobDefinitionArn"]},
            "MonitoringType": "DataQuality",
        },
    }
    name: dict[str, Any] = {"Fn::Select": [1, {"Fn::Split": ["/", {"Ref": "Definition"}]}]}
    schedule["MonitoringScheduleConfig"] = {**schedule["MonitoringScheduleConfig"], "MonitoringJobDefinitionName": name}  # type: ignore[dict-item]
    return json.dumps(
        {
            "Resources": {
                "Definition": {"Type": "AWS::SageMaker::DataQualityJobDefinition", "Properties": definition},
                "Schedule": {"Type": "AWS::SageMaker::MonitoringSchedule", "Properties": schedule},
            }
        }
    )


def run(analyzer: Path, *, refuse: bool) -> Iterator[LocalAws]:
    with LocalAws(analyzer=analyzer, refuse_schedules=refuse) as aws:
        furnish(aws)
        model(aws, "m")
        create(aws, "watched", config(aws, "watched-1", m=1))
        yield aws
        assert not aws.background.failures


def status(aws: LocalAws, wanted: str) -> dict[str, Any]:
    aws.settle()
    (stack,) = aws.client("cloudformation").describe_stacks(StackName="monitors")["Stacks"]
    assert stack["StackStatus"] == wanted, aws.client("cloudformation").describe_stack_events(StackName="monitors")
    return dict(stack)


@pytest.mark.parametrize("refuse", [False, True])
def test_definitions_are_replaced_schedules_stay_and_a_closed_account_refuses(tmp_path: Path, refuse: bool) -> None:
    for aws in run(tmp_path / "steps.pyz", refuse=refuse):
        cloudformation, sagemaker = aws.client("cloudformation"), aws.client("sagemaker")
        cloudformation.create_stack(StackName="monitors", TemplateBody=template("ml.m5.large"))
        if refuse:
            status(aws, "ROLLBACK_COMPLETE")
            failed = [
                e
                for e in cloudformation.describe_stack_events(StackName="monitors")["StackEvents"]
                if e["ResourceStatus"] == "CREATE_FAILED"
            ]
            assert failed[-1]["ResourceType"] == "AWS::SageMaker::DataQualityJobDefinition"
            assert "not available to this account" in failed[-1]["ResourceStatusReason"]
            continue
        status(aws, "CREATE_COMPLETE")
        before = sagemaker.describe_monitoring_schedule(MonitoringScheduleName="fixed")
        cloudformation.update_stack(StackName="monitors", TemplateBody=template("ml.m5.xlarge"))
        status(aws, "UPDATE_COMPLETE")
        after = sagemaker.describe_monitoring_schedule(MonitoringScheduleName="fixed")
        assert after["CreationTime"] == before["CreationTime"]
        (left,) = sagemaker.list_data_quality_job_definitions()["JobDefinitionSummaries"]
        assert left["MonitoringJobDefinitionName"] == after["MonitoringScheduleConfig"]["MonitoringJobDefinitionName"]
        cloudformation.delete_stack(StackName="monitors")
        aws.settle()
        assert sagemaker.list_monitoring_schedules()["MonitoringScheduleSummaries"] == []
