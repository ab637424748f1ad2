"""The functions and what starts them: ingest, approve, release, and the reconciler's schedule."""

import json

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

from infra.environment import Environment, metric_of
from infra.iam import allow, arn, pass_role, role, role_arn, s3_arn
from infra.platform.functions import Function
from infra.platform.storage import Storage
from interfaces import events as names_of_events
from interfaces import layout
from interfaces.contract import Contract
from interfaces.function_env import ApproveEnv, FunctionEnv, IngestEnv, ReleaseEnv

PENDING, APPROVED, REJECTED = "PendingManualApproval", "Approved", "Rejected"


class Operations(Construct):
    """Three functions and the rules, with retries and dead letters, that deliver events to them."""

    def __init__(self, scope: Construct, id: str, *, environment: Environment, contract: Contract, storage: Storage) -> None:
        super().__init__(scope, id)
        self._environment, self._contract, self._storage = environment, contract, storage
        self._names = environment.names
        self.ingest = self._ingest()
        self.approve = self._approve()
        self.release = self._release()
        self._notify_failures()
        self._reconcile()

    def _ingest(self) -> Function:
        names, storage = self._names, self._storage
        landing = storage.landing.bucket_name
        function = self._function(
            "ingest",
            IngestEnv(
                state_table=names.state_table,
                ingest_job=names.ingest_job,
                pipeline_name=names.pipeline,
                landing_bucket=landing,
                topic_arn=storage.topic.topic_arn,
            ),
            [
                allow("StartIngestJob", ["glue:StartJobRun"], [arn("glue", f"job/{names.ingest_job}")]),
                allow("StartPipeline", ["sagemaker:StartPipelineExecution"], [arn("sagemaker", f"pipeline/{names.pipeline}")]),
            ],
        )
        self._rule(
            "DropLanded",
            events.EventPattern(
                source=["aws.s3"],
                detail_type=[names_of_events.S3_OBJECT_CREATED],
                detail={"bucket": {"name": [landing]}, "object": {"key": [{"wildcard": f"{layout.DROPS}*/{layout.SUCCESS_MARKER}"}]}},
            ),
            function,
        )
        self._rule("VersionCreated", events.EventPattern(source=[names_of_events.SOURCE], detail_type=[names_of_events.DATASET_CREATED]), function)
        self._rule(
            "IngestFailed",
            events.EventPattern(
                source=["aws.glue"],
                detail_type=[names_of_events.GLUE_STATE_CHANGE],
                detail={"jobName": [names.ingest_job], "state": ["FAILED", "TIMEOUT", "STOPPED"]},
            ),
            function,
        )
        return function

    def _approve(self) -> Function:
        names, storage = self._names, self._storage
        packages = arn("sagemaker", f"model-package/{names.model_package_group}/*")
        reports = s3_arn(storage.artefacts.bucket_name, f"{layout.RUNS}/*/evaluate/*")
        function = self._function(
            "approve",
            ApproveEnv(
                state_table=names.state_table,
                model_package_group=names.model_package_group,
                problem_type=self._contract.problem_type,
                metric=metric_of(self._environment, self._contract),
                threshold=self._environment.pipeline.threshold,
                approval_mode=self._environment.approval.mode,
                topic_arn=storage.topic.topic_arn,
            ),
            [
                allow("ReadPackages", ["sagemaker:DescribeModelPackage"], [packages]),
                allow("DecideOnPackages", ["sagemaker:UpdateModelPackage"], [packages]),
                allow("ReadEvaluation", ["s3:GetObject"], [reports]),
            ],
        )
        self._rule("PackagePending", self._package_pattern([PENDING]), function)
        return function

    def _release(self) -> Function:
        names, storage = self._names, self._storage
        stacks = {kind: arn("cloudformation", f"stack/{stack}/*") for kind, stack in (("serving", names.serving_stack), ("monitoring", names.monitoring_stack))}
        service_roles = {kind: role_arn(names.role(f"{kind}-deploy")) for kind in stacks}
        updates = []
        for kind, stack in stacks.items():
            title = kind.capitalize()
            updates += [
                allow(f"Update{title}", ["cloudformation:UpdateStack"], [stack], {"StringEquals": {"cloudformation:RoleArn": service_roles[kind]}}),
                pass_role(f"Pass{title}Role", service_roles[kind], "cloudformation.amazonaws.com"),
            ]
        function = self._function(
            "release",
            ReleaseEnv(
                state_table=names.state_table,
                model_package_group=names.model_package_group,
                serving_stack=names.serving_stack,
                monitoring_stack=names.monitoring_stack,
                serving_role_arn=service_roles["serving"],
                monitoring_role_arn=service_roles["monitoring"],
                endpoint_name=names.endpoint,
                endpoint_config_prefix=names.endpoint_config(""),
                topic_arn=storage.topic.topic_arn,
            ),
            [
                *updates,
                # the update carries the stack policy that denies replacing the endpoint
                allow("ProtectEndpoint", ["cloudformation:SetStackPolicy"], [stacks["serving"]]),
                allow("ReadStacks", ["cloudformation:DescribeStacks"], list(stacks.values())),
                allow("ReadPackages", ["sagemaker:DescribeModelPackage"], [arn("sagemaker", f"model-package/{names.model_package_group}/*")]),
                # ListModelPackages has no resource to name
                allow("FindPackages", ["sagemaker:ListModelPackages"], ["*"]),
                allow("ReadEndpoint", ["sagemaker:DescribeEndpoint"], [arn("sagemaker", f"endpoint/{names.endpoint}")]),
            ],
        )
        self._rule("PackageDecided", self._package_pattern([APPROVED, REJECTED]), function)
        self._rule(
            "StackSettled",
            events.EventPattern(
                source=["aws.cloudformation"],
                detail_type=[names_of_events.STACK_STATUS_CHANGE],
                detail={
                    "stack-id": [{"prefix": arn("cloudformation", f"stack/{names.serving_stack}/")}, {"prefix": arn("cloudformation", f"stack/{names.monitoring_stack}/")}],
                    "status-details": {"status": [{"suffix": "_COMPLETE"}, {"suffix": "_FAILED"}]},
                },
            ),
            function,
        )
        return function

    def _package_pattern(self, statuses: list[str]) -> events.EventPattern:
        return events.EventPattern(
            source=["aws.sagemaker"],
            detail_type=[names_of_events.PACKAGE_STATE_CHANGE],
            detail={"ModelPackageGroupName": [self._names.model_package_group], "ModelApprovalStatus": statuses},
        )

    def _function(self, verb: str, variables: FunctionEnv, statements: list[iam.PolicyStatement]) -> Function:
        return Function(
            self,
            verb.capitalize(),
            verb=verb,
            environment=self._environment,
            storage=self._storage,
            variables=variables,
            statements=statements,
        )

    def _rule(self, id: str, pattern: events.EventPattern, function: Function) -> None:
        target = targets.LambdaFunction(
            function.function,  # type: ignore[arg-type]
            dead_letter_queue=self._storage.dead_letters,
            retry_attempts=8,
            max_event_age=Duration.hours(6),
        )
        events.Rule(self, id, rule_name=f"{self._names.prefix}-{_kebab(id)}", event_pattern=pattern, targets=[target])  # type: ignore[list-item]

    def _notify_failures(self) -> None:
        """People hear of a refused drop and of a failed pipeline in a sentence, not in JSON."""
        names = self._names
        refused = events.RuleTargetInput.from_text(
            f"{names.prefix}: drop {events.EventField.from_path('$.detail.drop')} was refused: {events.EventField.from_path('$.detail.reason')}"
        )
        failed = events.RuleTargetInput.from_text(
            f"{names.prefix}: pipeline execution {events.EventField.from_path('$.detail.pipelineExecutionArn')} failed; see: loop status"
        )
        refused_pattern = events.EventPattern(source=[names_of_events.SOURCE], detail_type=[names_of_events.DATASET_REFUSED])
        failed_pattern = events.EventPattern(
            source=["aws.sagemaker"],
            detail_type=[names_of_events.PIPELINE_STATE_CHANGE],
            detail={"pipelineArn": [arn("sagemaker", f"pipeline/{names.pipeline}")], "currentPipelineExecutionStatus": ["Failed"]},
        )
        for id, pattern, message in (("DropRefused", refused_pattern, refused), ("PipelineFailed", failed_pattern, failed)):
            target = targets.SnsTopic(self._storage.topic, message=message, dead_letter_queue=self._storage.dead_letters)  # type: ignore[arg-type]
            events.Rule(self, id, rule_name=f"{names.prefix}-{_kebab(id)}", event_pattern=pattern, targets=[target])  # type: ignore[list-item]

    def _reconcile(self) -> None:
        """Events are best effort: on a schedule the release function compares desired with actual."""
        names = self._names
        name = f"{names.prefix}-reconcile"
        function_arn = arn("lambda", f"function:{names.function('release')}")
        invoker = role(
            self,
            "ReconcileRole",
            name=names.role("reconcile"),
            service="scheduler.amazonaws.com",
            purpose="Starts the reconciler",
            statements=[
                allow("InvokeRelease", ["lambda:InvokeFunction"], [function_arn]),
                allow("SendDeadLetters", ["sqs:SendMessage"], [self._storage.dead_letters.queue_arn]),
            ],
        )
        scheduler.CfnSchedule(
            self,
            "Reconcile",
            name=name,
            description="Compares what should serve with what serves",
            schedule_expression=f"rate({self._environment.operations.reconcile_minutes} minutes)",
            flexible_time_window=scheduler.CfnSchedule.FlexibleTimeWindowProperty(mode="OFF"),
            target=scheduler.CfnSchedule.TargetProperty(
                arn=self.release.function.function_arn,
                role_arn=invoker.role_arn,
                input=json.dumps({"source": names_of_events.SOURCE, "detail-type": "Reconcile"}),
                dead_letter_config=scheduler.CfnSchedule.DeadLetterConfigProperty(arn=self._storage.dead_letters.queue_arn),
                retry_policy=scheduler.CfnSchedule.RetryPolicyProperty(maximum_event_age_in_seconds=900, maximum_retry_attempts=2),
            ),
        )


def _kebab(id: str) -> str:
    return "".join(f"-{c.lower()}" if c.isupper() else c for c in id).lstrip("-")
