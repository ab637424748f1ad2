"""Monitoring: watches what serves. Apart from Serving, so that a monitor never takes an endpoint down."""

import aws_cdk as cdk
from aws_cdk import Fn
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra.environment import Environment
from infra.iam import arn
from infra.stack import Stack
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
        cloudwatch.CfnAlarm(
            self,
            "ServerErrors",
            alarm_name=f"{names.prefix}-endpoint-5xx",
            alarm_description="The endpoint answers 5xx. Runbook: docs/runbooks/endpoint-5xx.md",
            namespace="AWS/SageMaker",
            metric_name="Invocation5XXErrors",
            dimensions=[
                cloudwatch.CfnAlarm.DimensionProperty(name="EndpointName", value=names.endpoint),
                cloudwatch.CfnAlarm.DimensionProperty(name="VariantName", value=VARIANT),
            ],
            statistic="Sum",
            period=60,
            evaluation_periods=3,
            datapoints_to_alarm=2,
            threshold=1,
            comparison_operator="GreaterThanOrEqualToThreshold",
            treat_missing_data="notBreaching",
            alarm_actions=[topic],
            ok_actions=[topic],
        )
        cdk.CfnOutput(self, "MonitoredModelPackageArn", value=package.value_as_string).condition = released
