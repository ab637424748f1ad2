"""The engine model-monitor: a job definition and a schedule per monitor.

Definitions are left unnamed, since every property of one is create-only; the name of a schedule is fixed, since it is
create-only and named in reports. Neither carries tags: a change of one would replace the definition.
"""

from typing import Any

import aws_cdk as cdk
from aws_cdk import Fn
from constructs import Construct

from infra.environment import Environment
from infra.iam import ACCOUNT, REGION, arn, role_arn
from infra.monitoring import images
from infra.monitoring.monitors import PARTS
from infra.monitoring.monitors.base import Given
from infra.stack import resource
from interfaces import layout
from interfaces.contract import Contract
from interfaces.monitors import MONITORS, WINDOW_HOURS, Monitor

_EXPRESSIONS = {"hour": "cron(0 * ? * * *)", "day": "cron(0 0 ? * * *)"}


def enabled(environment: Environment, contract: Contract) -> list[Monitor]:
    """The monitors of an environment: bias needs sensitive columns."""
    wanted = environment.monitoring.model_dump()
    on = [m for m in MONITORS.values() if wanted[m.name.replace("-", "_")]]
    return [m for m in on if m.name != "bias" or contract.sensitive]


class Schedules(Construct):
    """Exists where ``condition`` holds: a model serves, it has a baseline, and the engine is model-monitor."""

    def __init__(
        self, scope: Construct, id: str, *, environment: Environment, contract: Contract, baseline: str, condition: cdk.CfnCondition
    ) -> None:
        super().__init__(scope, id)
        self._environment, self._condition = environment, condition
        names, settings = environment.names, environment.monitoring
        self._data = names.bucket("data", ACCOUNT, REGION)
        given = Given(
            endpoint=environment.endpoint,
            contract=contract,
            baseline=baseline,
            ground_truth=f"s3://{self._data}/{layout.GROUND_TRUTH}",
            model_monitor_image=images.model_monitor(self),
            clarify_image=images.clarify(self),
            window_hours=WINDOW_HOURS[settings.window],
            label_delay_hours=settings.label_delay_hours,
            minimum_rows=settings.minimum_rows,
            minimum_labels=settings.minimum_labels,
            distance=settings.distance,
        )
        for monitor in enabled(environment, contract):
            if monitor.name in PARTS:  # the service knows these four kinds; any other runs as a processing job only
                self._schedule(monitor, self._definition(monitor, given))

    def _definition(self, monitor: Monitor, given: Given) -> cdk.CfnResource:
        settings, key = self._environment.monitoring, arn("kms", f"alias/{self._environment.names.prefix}")
        own = PARTS[monitor.name](given)
        report = {"S3Uri": f"s3://{self._data}/{layout.MONITORING}", "LocalPath": "/opt/ml/processing/output", "S3UploadMode": "EndOfJob"}
        made = resource(
            self,
            f"{monitor.title}Definition",
            f"AWS::SageMaker::{monitor.title}JobDefinition",
            **{
                f"{monitor.title}AppSpecification": own.app,
                f"{monitor.title}BaselineConfig": own.baseline,
                f"{monitor.title}JobInput": own.input,
                f"{monitor.title}JobOutputConfig": {"KmsKeyId": key, "MonitoringOutputs": [{"S3Output": report}]},
            },
            JobResources={
                "ClusterConfig": {
                    "InstanceCount": 1,
                    "InstanceType": settings.instance_type,
                    "VolumeSizeInGB": settings.volume_gb,
                    "VolumeKmsKeyId": key,
                }
            },
            NetworkConfig=network(self._environment),
            RoleArn=role_arn(self._environment.names.role("monitor-job")),
            StoppingCondition={"MaxRuntimeInSeconds": settings.max_runtime_s},
        )
        made.cfn_options.condition = self._condition
        return made

    def _schedule(self, monitor: Monitor, definition: cdk.CfnResource) -> None:
        made = resource(
            self,
            f"{monitor.title}Schedule",
            "AWS::SageMaker::MonitoringSchedule",
            MonitoringScheduleName=self._environment.names.monitor(monitor.name),
            MonitoringScheduleConfig={
                "MonitoringJobDefinitionName": Fn.select(1, Fn.split("/", definition.ref)),
                "MonitoringType": monitor.title,
                "ScheduleConfig": {"ScheduleExpression": _EXPRESSIONS[self._environment.monitoring.window]},
            },
        )
        made.cfn_options.condition = self._condition


def network(environment: Environment) -> dict[str, Any]:
    """Isolated, encrypted, and in the VPC that the environment names."""
    vpc = environment.monitoring.network
    config: dict[str, Any] = {"EnableNetworkIsolation": True, "EnableInterContainerTrafficEncryption": True}
    return {**config, "VpcConfig": {"SecurityGroupIds": vpc.security_groups, "Subnets": vpc.subnets}} if vpc.subnets else config
