"""Verb retrain: what starts it, what it may do, and the job that collects labelled production rows."""

import json

from constructs import Construct

from infra.environment import Environment
from infra.iam import allow, arn, pass_role, role, s3_arn, use_key
from infra.platform.functions import Function
from infra.platform.storage import Storage
from infra.platform.training import Training
from infra.platform.verb import Verb, pattern
from infra.stack import resource
from interfaces import events, layout
from interfaces.contract import Contract
from interfaces.function_env import RetrainEnv
from interfaces.monitors import WINDOW_HOURS
from interfaces.names import VARIANT

_DROP = f"{layout.DROPS}{layout.RETRAIN_DROP}*"


class Retrain(Verb):
    """Alarms, a tick and people ask; one function decides and follows the run that it opened."""

    def __init__(
        self, scope: Construct, id: str, *, environment: Environment, contract: Contract, storage: Storage, training: Training
    ) -> None:
        super().__init__(scope, id, environment=environment, contract=contract, storage=storage)
        self._training = training
        self._alarms = [self._names.alarm(what) for what in ("drift-data", "quality")]
        function = self._retrain(self._collect_role())
        self._rules(function)
        self._tick(function)

    def _retrain(self, collect_role: str) -> Function:
        names, storage, settings = self._names, self._storage, self._environment.retrain
        monitoring = self._environment.monitoring
        drift, quality = self._alarms
        variables = RetrainEnv(
            prefix=names.prefix,
            state_table=names.state_table,
            serving_stack=names.serving_stack,
            pipeline_name=names.pipeline,
            drift_alarm=drift,
            quality_alarm=quality,
            topic_arn=storage.topic_arn,
            landing_bucket=storage.landing,
            data_bucket=storage.data,
            capture_prefix=f"{layout.CAPTURE}/{self._environment.endpoint}/{VARIANT}/",
            steps_uri=self._training.steps.uri,
            image_uri=self._training.image_uri,
            collect_role_arn=collect_role,
            key_arn=storage.key_arn,
            instance_type=self._environment.pipeline.instance_type,
            window_hours=float(WINDOW_HOURS[monitoring.window]),
            windows=float(monitoring.windows),
            windows_to_alarm=float(monitoring.windows_to_alarm),
            label_delay_hours=float(monitoring.label_delay_hours),
            **{name: float(value) for name, value in settings.model_dump(exclude={"tick_minutes"}).items()},
        )
        job = arn("sagemaker", f"processing-job/{names.prefix}-{layout.RETRAIN_DROP}*")
        packages = arn("sagemaker", f"model-package/{names.model_package_group}/*")
        executions = arn("sagemaker", f"pipeline/{names.pipeline}/execution/*")
        return self._function(
            "retrain",
            variables,
            [
                allow("ReadServing", ["cloudformation:DescribeStacks"], [arn("cloudformation", f"stack/{names.serving_stack}/*")]),
                allow("ReadAlarms", ["cloudwatch:DescribeAlarms"], [arn("cloudwatch", f"alarm:{a}") for a in self._alarms]),
                allow("DescribePackages", ["sagemaker:DescribeModelPackage", "sagemaker:UpdateModelPackage"], [packages]),
                allow("FindExecutions", ["sagemaker:ListPipelineExecutions"], [arn("sagemaker", f"pipeline/{names.pipeline}")]),
                allow("ReadExecutions", ["sagemaker:ListPipelineExecutionSteps"], [executions]),
                allow(
                    "CollectRows",
                    ["sagemaker:CreateProcessingJob", "sagemaker:DescribeProcessingJob", "sagemaker:AddTags"],
                    [job],
                ),
                pass_role("PassCollectRole", collect_role, "sagemaker.amazonaws.com"),
                allow("ReadLabels", ["s3:GetObject"], [s3_arn(storage.data, f"{layout.GROUND_TRUTH}/*")]),
                allow("ReadBatches", ["s3:GetObject"], [s3_arn(storage.data, f"{layout.batch_capture(names.prefix)}*")]),
                allow(
                    "FindRows",
                    ["s3:ListBucket"],
                    [s3_arn(storage.data)],
                    {"StringLike": {"s3:prefix": [f"{layout.GROUND_TRUTH}/*", f"{layout.CAPTURE}/*", f"{layout.MANIFESTS}*"]}},
                ),
                allow("NameInputs", ["s3:PutObject"], [s3_arn(storage.data, f"{layout.COLLECTED}*")]),
                allow("FinishDrop", ["s3:PutObject"], [s3_arn(storage.landing, f"{_DROP}/{layout.SUCCESS_MARKER}")]),
            ],
        )

    def _collect_role(self) -> str:
        names, storage, steps = self._names, self._storage, self._training.steps
        data = storage.data
        production = (f"{layout.CAPTURE}/", layout.BATCH_INPUT, layout.BATCH_OUTPUT, f"{layout.GROUND_TRUTH}/")
        rows = [s3_arn(data, f"{p}*") for p in (layout.CURATED, layout.MANIFESTS, *production)]
        return role(
            self,
            "CollectRole",
            name=names.role("collect-job"),
            service="sagemaker.amazonaws.com",
            purpose="The job that joins labelled production rows to the newest dataset",
            statements=[
                allow("ReadRows", ["s3:GetObject"], [s3_arn(steps.bucket, steps.key), s3_arn(data, f"{layout.COLLECTED}*"), *rows]),
                allow("ListRows", ["s3:ListBucket"], [s3_arn(steps.bucket), s3_arn(data)]),
                allow("LandRows", ["s3:PutObject"], [s3_arn(storage.landing, f"{_DROP}/*"), s3_arn(data, f"{layout.COLLECTED}*")]),
                use_key(storage.key_arn),
                *self._training.run_job("ProcessingJobs"),
            ],
        )

    def _rules(self, function: Function) -> None:
        """What asks for retraining, and what an open run goes through."""
        names = self._names
        of_retraining = {"drop": [{"prefix": layout.RETRAIN_DROP}]}
        alarms = {"alarmName": self._alarms, "state": {"value": ["ALARM", "OK"]}}  # recovery ends an episode
        collected = {
            "ProcessingJobName": [{"prefix": f"{names.prefix}-{layout.RETRAIN_DROP}"}],
            "ProcessingJobStatus": ["Completed", "Failed", "Stopped"],
        }
        trained = {
            "pipelineArn": [arn("sagemaker", f"pipeline/{names.pipeline}")],
            "currentPipelineExecutionStatus": ["Succeeded", "Failed", "Stopped"],
        }
        self._rule("AlarmRaised", pattern("aws.cloudwatch", events.ALARM_STATE_CHANGE, alarms), function)
        self._rule("RowsCollected", pattern("aws.sagemaker", events.PROCESSING_STATE_CHANGE, collected), function)
        self._rule("RetrainDropRefused", pattern(events.SOURCE, events.DATASET_REFUSED, of_retraining), function)
        self._rule("RetrainVersionCreated", pattern(events.SOURCE, events.DATASET_CREATED, of_retraining), function)
        self._rule("RetrainTrained", pattern("aws.sagemaker", events.PIPELINE_STATE_CHANGE, trained), function)

    def _tick(self, function: Function) -> None:
        """What was put off is asked for again, and lost events are made up for."""
        names = self._names
        invoker = role(
            self,
            "TickRole",
            name=names.role("retrain-tick"),
            service="scheduler.amazonaws.com",
            purpose="Starts the retrain function on a schedule",
            statements=[
                allow("InvokeRetrain", ["lambda:InvokeFunction"], [function.arn]),
                allow("SendDeadLetters", ["sqs:SendMessage"], [self._storage.dead_letters_arn]),
            ],
        )
        resource(
            self,
            "Tick",
            "AWS::Scheduler::Schedule",
            Name=f"{names.prefix}-retrain",
            Description="Asks again whether to retrain",
            ScheduleExpression=f"rate({self._environment.retrain.tick_minutes} minutes)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={
                "Arn": function.arn,
                "RoleArn": invoker,
                "Input": json.dumps({"source": events.SOURCE, "detail-type": events.RETRAIN_TICK}),
                "DeadLetterConfig": {"Arn": self._storage.dead_letters_arn},
                "RetryPolicy": {"MaximumEventAgeInSeconds": 900, "MaximumRetryAttempts": 2},
            },
        )
