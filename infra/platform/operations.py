"""The functions and what starts them: ingest, approve, release, and the reconciler's schedule."""

import json
from typing import Any

import aws_cdk as cdk
from constructs import Construct

from infra.environment import Environment, metric_of
from infra.iam import Statement, allow, arn, pass_role, role, role_arn, s3_arn
from infra.platform.functions import MAX_AGE_S, Function
from infra.platform.storage import Storage
from infra.stack import att, resource
from interfaces import events as names_of_events
from interfaces import layout
from interfaces.contract import Contract
from interfaces.function_env import ApproveEnv, FunctionEnv, IngestEnv, ReleaseEnv

PENDING, APPROVED, REJECTED = "PendingManualApproval", "Approved", "Rejected"
DELIVERY_ATTEMPTS = 8

Pattern = dict[str, Any]


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
        landing = storage.landing
        function = self._function(
            "ingest",
            IngestEnv(
                state_table=names.state_table,
                ingest_job=names.ingest_job,
                pipeline_name=names.pipeline,
                landing_bucket=landing,
                topic_arn=storage.topic_arn,
            ),
            [
                allow("StartIngestJob", ["glue:StartJobRun"], [arn("glue", f"job/{names.ingest_job}")]),
                allow("StartPipeline", ["sagemaker:StartPipelineExecution"], [arn("sagemaker", f"pipeline/{names.pipeline}")]),
            ],
        )
        self._rule(
            "DropLanded",
            _pattern(
                "aws.s3",
                names_of_events.S3_OBJECT_CREATED,
                {"bucket": {"name": [landing]}, "object": {"key": [{"wildcard": f"{layout.DROPS}*/{layout.SUCCESS_MARKER}"}]}},
            ),
            function,
        )
        self._rule("VersionCreated", _pattern(names_of_events.SOURCE, names_of_events.DATASET_CREATED), function)
        self._rule(
            "IngestFailed",
            _pattern(
                "aws.glue",
                names_of_events.GLUE_STATE_CHANGE,
                {"jobName": [names.ingest_job], "state": ["FAILED", "TIMEOUT", "STOPPED"]},
            ),
            function,
        )
        return function

    def _approve(self) -> Function:
        names, storage = self._names, self._storage
        packages = arn("sagemaker", f"model-package/{names.model_package_group}/*")
        reports = s3_arn(storage.artefacts, f"{layout.RUNS}/*/evaluate/*")
        function = self._function(
            "approve",
            ApproveEnv(
                state_table=names.state_table,
                model_package_group=names.model_package_group,
                problem_type=self._contract.problem_type,
                metric=metric_of(self._environment, self._contract),
                threshold=self._environment.pipeline.threshold,
                approval_mode=self._environment.approval.mode,
                topic_arn=storage.topic_arn,
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
        stacks = {
            kind: arn("cloudformation", f"stack/{stack}/*")
            for kind, stack in (("serving", names.serving_stack), ("monitoring", names.monitoring_stack))
        }
        service_roles = {kind: role_arn(names.role(f"{kind}-deploy")) for kind in stacks}
        updates = []
        for kind, stack in stacks.items():
            title = kind.capitalize()
            updates += [
                allow(
                    f"Update{title}",
                    ["cloudformation:UpdateStack"],
                    [stack],
                    {"StringEquals": {"cloudformation:RoleArn": service_roles[kind]}},
                ),
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
                topic_arn=storage.topic_arn,
            ),
            [
                *updates,
                # the update carries the stack policy that denies replacing the endpoint
                allow("ProtectEndpoint", ["cloudformation:SetStackPolicy"], [stacks["serving"]]),
                allow("ReadStacks", ["cloudformation:DescribeStacks"], list(stacks.values())),
                allow(
                    "ReadPackages", ["sagemaker:DescribeModelPackage"], [arn("sagemaker", f"model-package/{names.model_package_group}/*")]
                ),
                # ListModelPackages has no resource to name
                allow("FindPackages", ["sagemaker:ListModelPackages"], ["*"]),
                allow("ReadEndpoint", ["sagemaker:DescribeEndpoint"], [arn("sagemaker", f"endpoint/{names.endpoint}")]),
            ],
        )
        self._rule("PackageDecided", self._package_pattern([APPROVED, REJECTED]), function)
        self._rule(
            "StackSettled",
            _pattern(
                "aws.cloudformation",
                names_of_events.STACK_STATUS_CHANGE,
                {
                    "stack-id": [{"prefix": stack.removesuffix("*")} for stack in stacks.values()],
                    "status-details": {"status": [{"suffix": "_COMPLETE"}, {"suffix": "_FAILED"}]},
                },
            ),
            function,
        )
        return function

    def _package_pattern(self, statuses: list[str]) -> Pattern:
        detail = {"ModelPackageGroupName": [self._names.model_package_group], "ModelApprovalStatus": statuses}
        return _pattern("aws.sagemaker", names_of_events.PACKAGE_STATE_CHANGE, detail)

    def _function(self, verb: str, variables: FunctionEnv, statements: list[Statement]) -> Function:
        return Function(
            self,
            verb.capitalize(),
            verb=verb,
            environment=self._environment,
            storage=self._storage,
            variables=variables,
            statements=statements,
        )

    def _rule(self, id: str, pattern: Pattern, function: Function) -> None:
        rule = self._deliver(id, pattern, function.arn)
        resource(
            self,
            f"{id}MayInvoke",
            "AWS::Lambda::Permission",
            FunctionName=function.name,
            Action="lambda:InvokeFunction",
            Principal="events.amazonaws.com",
            SourceArn=att(rule, "Arn"),
        )

    def _deliver(self, id: str, pattern: Pattern, to: str, **message: object) -> cdk.CfnResource:
        """A rule that tries for hours and then keeps the event in the dead-letter queue."""
        target = {
            "Id": id,
            "Arn": to,
            "DeadLetterConfig": {"Arn": self._storage.dead_letters_arn},
            "RetryPolicy": {"MaximumEventAgeInSeconds": MAX_AGE_S, "MaximumRetryAttempts": DELIVERY_ATTEMPTS},
            **message,
        }
        name = f"{self._names.prefix}-{_kebab(id)}"
        return resource(self, id, "AWS::Events::Rule", Name=name, State="ENABLED", EventPattern=pattern, Targets=[target])

    def _notify_failures(self) -> None:
        """People hear of a refused drop and of a failed pipeline in a sentence, not in JSON."""
        names, topic = self._names, self._storage.topic_arn
        refused = _sentence(f"{names.prefix}: drop <drop> was refused: <reason>", drop="$.detail.drop", reason="$.detail.reason")
        failed = _sentence(
            f"{names.prefix}: pipeline execution <execution> failed; see: loop status", execution="$.detail.pipelineExecutionArn"
        )
        pipeline_failed = _pattern(
            "aws.sagemaker",
            names_of_events.PIPELINE_STATE_CHANGE,
            {"pipelineArn": [arn("sagemaker", f"pipeline/{names.pipeline}")], "currentPipelineExecutionStatus": ["Failed"]},
        )
        self._deliver("DropRefused", _pattern(names_of_events.SOURCE, names_of_events.DATASET_REFUSED), topic, InputTransformer=refused)
        self._deliver("PipelineFailed", pipeline_failed, topic, InputTransformer=failed)

    def _reconcile(self) -> None:
        """Events are best effort: on a schedule the release function compares desired with actual."""
        names = self._names
        invoker = role(
            self,
            "ReconcileRole",
            name=names.role("reconcile"),
            service="scheduler.amazonaws.com",
            purpose="Starts the reconciler",
            statements=[
                allow("InvokeRelease", ["lambda:InvokeFunction"], [self.release.arn]),
                allow("SendDeadLetters", ["sqs:SendMessage"], [self._storage.dead_letters_arn]),
            ],
        )
        resource(
            self,
            "Reconcile",
            "AWS::Scheduler::Schedule",
            Name=f"{names.prefix}-reconcile",
            Description="Compares what should serve with what serves",
            ScheduleExpression=f"rate({self._environment.operations.reconcile_minutes} minutes)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={
                "Arn": self.release.arn,
                "RoleArn": invoker,
                "Input": json.dumps({"source": names_of_events.SOURCE, "detail-type": "Reconcile"}),
                "DeadLetterConfig": {"Arn": self._storage.dead_letters_arn},
                "RetryPolicy": {"MaximumEventAgeInSeconds": 900, "MaximumRetryAttempts": 2},
            },
        )


def _pattern(source: str, detail_type: str, detail: dict[str, Any] | None = None) -> Pattern:
    return {"source": [source], "detail-type": [detail_type], **({"detail": detail} if detail else {})}


def _sentence(template: str, **paths: str) -> dict[str, object]:
    """A message in which ``<name>`` stands for the event's value at that path."""
    return {"InputTemplate": json.dumps(template), "InputPathsMap": paths}


def _kebab(id: str) -> str:
    return "".join(f"-{c.lower()}" if c.isupper() else c for c in id).lstrip("-")
