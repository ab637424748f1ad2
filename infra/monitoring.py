"""Monitoring: watches what serves. Apart from Serving, so that a monitor never takes an endpoint down."""

import aws_cdk as cdk
from aws_cdk import Fn
from constructs import Construct

from infra.environment import Environment
from infra.iam import arn
from infra.stack import Stack, resource
from interfaces.names import VARIANT


class Monitoring(Stack):
    """Follows the released package by its parameter. Today the endpoint's server errors; the monitors join here."""

    def __init__(self, scope: Construct, id: str, *, environment: Environment, termination_protection: bool) -> None:
        super().__init__(scope, id, name=environment.names.monitoring_stack, termination_protection=termination_protection)
        names = environment.names
        package = cdk.CfnParameter(
            self, "ModelPackageArn", default="", description="The model package that serves; empty before the first release"
        )
        released = cdk.CfnCondition(self, "HasModel", expression=Fn.condition_not(Fn.condition_equals(package.value_as_string, "")))
        topic = arn("sns", names.notifications_topic)
        resource(
            self,
            "ServerErrors",
            "AWS::CloudWatch::Alarm",
            AlarmName=f"{names.prefix}-endpoint-5xx",
            AlarmDescription="The endpoint answers 5xx. Runbook: docs/runbooks/endpoint-5xx.md",
            Namespace="AWS/SageMaker",
            MetricName="Invocation5XXErrors",
            Dimensions=[{"Name": "EndpointName", "Value": names.endpoint}, {"Name": "VariantName", "Value": VARIANT}],
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=3,
            DatapointsToAlarm=2,
            Threshold=1,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
            TreatMissingData="notBreaching",
            AlarmActions=[topic],
            OKActions=[topic],
        )
        cdk.CfnOutput(self, "MonitoredModelPackageArn", value=package.value_as_string).condition = released
