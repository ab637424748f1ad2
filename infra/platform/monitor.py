"""Verb monitor: what starts it, what it may do, and the role of the jobs that it or Model Monitor runs."""

import json

from constructs import Construct

from infra.environment import Environment
from infra.iam import Statement, allow, arn, pass_role, role, s3_arn, use_key
from infra.monitoring.schedules import enabled
from infra.platform.functions import Function
from infra.platform.storage import Storage
from infra.platform.training import Training
from infra.platform.verb import Verb, pattern
from infra.stack import resource
from interfaces import events, layout
from interfaces.contract import Contract
from interfaces.function_env import MonitorEnv
from interfaces.monitors import WINDOW_HOURS
from interfaces.names import VARIANT

_SAGEMAKER = "sagemaker.amazonaws.com"
# Model Monitor names its jobs itself
_SCHEDULED = "model-monitoring-"


class Monitor(Verb):
    """A tick starts what is due; finished runs become metrics; alarms of monitors become messages."""

    def __init__(
        self, scope: Construct, id: str, *, environment: Environment, contract: Contract, storage: Storage, training: Training
    ) -> None:
        super().__init__(scope, id, environment=environment, contract=contract, storage=storage)
        self._training = training
        self._monitors = enabled(environment, contract)
        function = self._monitor(self._job_role())
        self._rules(function)
        self._tick(function)

    def _monitor(self, job_role: str) -> Function:
        names, storage, settings = self._names, self._storage, self._environment.monitoring
        variables = MonitorEnv(
            prefix=names.prefix,
            state_table=names.state_table,
            topic_arn=storage.topic_arn,
            monitoring_stack=names.monitoring_stack,
            endpoint_name=self._environment.endpoint,
            variant=VARIANT,
            data_bucket=storage.data,
            steps_uri=self._training.steps.uri,
            image_uri=self._training.image_uri,
            job_role_arn=job_role,
            key_arn=storage.key_arn,
            instance_type=settings.instance_type,
            subnets=",".join(settings.network.subnets),
            security_groups=",".join(settings.network.security_groups),
            monitors=",".join(m.name for m in self._monitors),
            problem_type=self._contract.problem_type,
            distance=settings.distance,
            window_hours=float(WINDOW_HOURS[settings.window]),
            settle_minutes=float(settings.settle_minutes),
            label_delay_hours=float(settings.label_delay_hours),
            minimum_rows=float(settings.minimum_rows),
            minimum_labels=float(settings.minimum_labels),
            quality_tolerance=settings.quality_tolerance,
            volume_gb=float(settings.volume_gb),
            max_runtime_s=float(settings.max_runtime_s),
        )
        data, artefacts = storage.data, storage.artefacts
        own_jobs = arn("sagemaker", f"processing-job/{names.prefix}-monitor-*")
        scheduled = arn("sagemaker", f"processing-job/{_SCHEDULED}*")
        listed = [f"{p}/*" for p in (layout.CAPTURE, layout.GROUND_TRUTH, layout.MONITORING)]
        return self._function(
            "monitor",
            variables,
            [
                allow("ReadMonitored", ["cloudformation:DescribeStacks"], [arn("cloudformation", f"stack/{names.monitoring_stack}/*")]),
                allow("ReadEndpoint", ["sagemaker:DescribeEndpoint"], [arn("sagemaker", f"endpoint/{self._environment.endpoint}")]),
                allow("RunMonitors", ["sagemaker:CreateProcessingJob", "sagemaker:AddTags"], [own_jobs]),
                allow("FollowMonitors", ["sagemaker:DescribeProcessingJob"], [own_jobs, scheduled]),
                # executions have no resource to name
                allow("FindExecutions", ["sagemaker:ListMonitoringExecutions"], ["*"]),
                pass_role("PassJobRole", job_role, _SAGEMAKER),
                *self._packages(),
                allow("ReadBatches", ["s3:GetObject"], [s3_arn(data, f"{layout.batch_capture(names.prefix)}*")]),
                allow("NameInputs", ["s3:PutObject"], [s3_arn(data, f"{layout.MONITOR_INPUTS}*")]),
                allow("ReadFindings", ["s3:GetObject"], [s3_arn(data, f"{layout.MONITORING}/*"), s3_arn(artefacts, f"{layout.RUNS}/*")]),
                allow("FindWindows", ["s3:ListBucket"], [s3_arn(data)], {"StringLike": {"s3:prefix": listed}}),
                allow("FindBaseline", ["s3:ListBucket"], [s3_arn(artefacts)], {"StringLike": {"s3:prefix": f"{layout.RUNS}/*"}}),
                allow("Measure", ["cloudwatch:PutMetricData"], ["*"], {"StringEquals": {"cloudwatch:namespace": names.prefix}}),
            ],
        )

    def _packages(self) -> list[Statement]:
        """Attributions need the model itself."""
        if not any(m.model for m in self._monitors):
            return []
        packages = arn("sagemaker", f"model-package/{self._names.model_package_group}/*")
        return [allow("ReadPackages", ["sagemaker:DescribeModelPackage"], [packages])]

    def _job_role(self) -> str:
        names, storage, steps = self._names, self._storage, self._training.steps
        data, artefacts = storage.data, storage.artefacts
        batch = [f"{layout.BATCH_INPUT}*", f"{layout.BATCH_OUTPUT}*"]
        read = [f"{layout.CAPTURE}/*", *batch, f"{layout.GROUND_TRUTH}/*", f"{layout.MANIFESTS}*", f"{layout.MONITOR_INPUTS}*"]
        return role(
            self,
            "JobRole",
            name=names.role("monitor-job"),
            service=_SAGEMAKER,
            purpose="Jobs that compare captured traffic with the baseline, whoever starts them",
            statements=[
                allow(
                    "ReadWindows",
                    ["s3:GetObject"],
                    [s3_arn(steps.bucket, steps.key), *(s3_arn(data, p) for p in read), s3_arn(artefacts, f"{layout.RUNS}/*")],
                ),
                allow("ListWindows", ["s3:ListBucket"], [s3_arn(steps.bucket), s3_arn(data), s3_arn(artefacts)]),
                allow("WriteReports", ["s3:PutObject"], [s3_arn(data, f"{layout.MONITORING}/*")]),
                use_key(storage.key_arn),
                *self._training.run_job("ProcessingJobs"),
                *self._network(),
            ],
        )

    def _network(self) -> list[Statement]:
        """What SageMaker needs of a role to put a job into a VPC; EC2 documents no resources for the descriptions."""
        if not self._environment.monitoring.network.subnets:
            return []
        manage = ["ec2:CreateNetworkInterface", "ec2:CreateNetworkInterfacePermission", "ec2:DeleteNetworkInterface"]
        manage.append("ec2:DeleteNetworkInterfacePermission")
        describe = [f"ec2:Describe{what}" for what in ("DhcpOptions", "NetworkInterfaces", "SecurityGroups", "Subnets", "Vpcs")]
        return [allow("JoinVpc", manage, [arn("ec2", "*")]), allow("ReadVpc", describe, ["*"])]

    def _rules(self, function: Function) -> None:
        names = self._names
        ended = {
            "ProcessingJobName": [{"prefix": f"{names.prefix}-monitor-"}, {"prefix": _SCHEDULED}],
            "ProcessingJobStatus": ["Completed", "Failed", "Stopped"],
        }
        raised = [names.alarm(alarm) for m in self._monitors for alarm in m.alarms]
        alarms = {"alarmName": raised, "state": {"value": ["ALARM"]}}
        self._rule("MonitorEnded", pattern("aws.sagemaker", events.PROCESSING_STATE_CHANGE, ended), function)
        self._rule("MonitorAlarmed", pattern("aws.cloudwatch", events.ALARM_STATE_CHANGE, alarms), function)

    def _tick(self, function: Function) -> None:
        """Starts windows of the engine processing, and makes up for lost events of either engine."""
        names, storage = self._names, self._storage
        invoker = role(
            self,
            "TickRole",
            name=names.role("monitor-tick"),
            service="scheduler.amazonaws.com",
            purpose="Starts the monitor function on a schedule",
            statements=[
                allow("InvokeMonitor", ["lambda:InvokeFunction"], [function.arn]),
                allow("SendDeadLetters", ["sqs:SendMessage"], [storage.dead_letters_arn]),
            ],
        )
        resource(
            self,
            "Tick",
            "AWS::Scheduler::Schedule",
            Name=f"{names.prefix}-monitor",
            Description="Starts the monitors that are due",
            ScheduleExpression=f"rate({self._environment.monitoring.tick_minutes} minutes)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={
                "Arn": function.arn,
                "RoleArn": invoker,
                "Input": json.dumps({"source": events.SOURCE, "detail-type": events.MONITOR_TICK}),
                "DeadLetterConfig": {"Arn": storage.dead_letters_arn},
                "RetryPolicy": {"MaximumEventAgeInSeconds": 900, "MaximumRetryAttempts": 2},
            },
        )
