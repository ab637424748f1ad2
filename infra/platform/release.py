"""Verb release: an approved model becomes what the Serving stack runs."""

import json
from collections.abc import Iterator

from constructs import Construct

from infra.environment import Environment
from infra.iam import Statement, allow, arn, pass_role, role, role_arn, s3_arn
from infra.platform.functions import Function
from infra.platform.storage import Storage
from infra.platform.verb import Verb, pattern
from infra.stack import resource
from interfaces import events, layout
from interfaces.contract import Contract
from interfaces.function_env import ANY, RECORDED, ReleaseEnv


class Release(Verb):
    """Updates Serving and Monitoring; reconciles on a schedule."""

    def __init__(self, scope: Construct, id: str, *, environment: Environment, contract: Contract, storage: Storage) -> None:
        super().__init__(scope, id, environment=environment, contract=contract, storage=storage)
        names = self._names
        self._stacks = {
            kind: arn("cloudformation", f"stack/{stack}/*")
            for kind, stack in (("serving", names.serving_stack), ("monitoring", names.monitoring_stack))
        }
        self._roles = {kind: role_arn(names.role(f"{kind}-deploy")) for kind in self._stacks}
        function = self._function("release", self._variables(), [*self._updates(), *self._reads()])
        self._rule("PackageDecided", self._package_pattern(["Approved", "Rejected"]), function)
        settled = {
            "stack-id": [{"prefix": stack.removesuffix("*")} for stack in self._stacks.values()],
            "status-details": {"status": [{"suffix": "_COMPLETE"}, {"suffix": "_FAILED"}]},
        }
        self._rule("StackSettled", pattern("aws.cloudformation", events.STACK_STATUS_CHANGE, settled), function)
        self._reconcile(function)

    def _variables(self) -> ReleaseEnv:
        names, environment = self._names, self._environment
        return ReleaseEnv(
            monitoring_engine=environment.engine,
            state_table=names.state_table,
            model_package_group=names.model_package_group,
            serving_stack=names.serving_stack,
            monitoring_stack=names.monitoring_stack,
            serving_role_arn=self._roles["serving"],
            monitoring_role_arn=self._roles["monitoring"],
            endpoint_name=environment.endpoint,
            smoke_latency_ms=environment.serving.smoke_latency_ms,
            topic_arn=self._storage.topic_arn,
            deployment=names.prefix,
            decisions=RECORDED if environment.policy.reviewers.recorded else ANY,
            decisions_table=names.decisions_table,
        )

    def _updates(self) -> Iterator[Statement]:
        """The two stacks, each with its own service role and no other."""
        for kind, stack in self._stacks.items():
            title, passed = kind.capitalize(), self._roles[kind]
            as_role = {"StringEquals": {"cloudformation:RoleArn": passed}}
            yield allow(f"Update{title}", ["cloudformation:UpdateStack"], [stack], as_role)
            yield pass_role(f"Pass{title}Role", passed, "cloudformation.amazonaws.com")
        # the update carries the stack policy that denies replacing the endpoint
        yield allow("ProtectEndpoint", ["cloudformation:SetStackPolicy"], [self._stacks["serving"]])

    def _reads(self) -> Iterator[Statement]:
        names, artefacts = self._names, self._storage.artefacts
        if self._environment.policy.reviewers.recorded:
            yield allow("ReadDecisions", ["dynamodb:Query"], [arn("dynamodb", f"table/{names.decisions_table}")])
        stacks = list(self._stacks.values())
        yield allow("ReadStacks", ["cloudformation:DescribeStacks", "cloudformation:DescribeStackEvents"], stacks)
        packages = arn("sagemaker", f"model-package/{names.model_package_group}/*")
        yield allow("ReadPackages", ["sagemaker:DescribeModelPackage"], [packages])
        # ListModelPackages has no resource to name
        yield allow("FindPackages", ["sagemaker:ListModelPackages"], ["*"])
        endpoint = arn("sagemaker", f"endpoint/{self._environment.endpoint}")
        yield allow("TestEndpoint", ["sagemaker:DescribeEndpoint", "sagemaker:InvokeEndpoint"], [endpoint])
        yield allow("ReadEvaluation", ["s3:GetObject"], [s3_arn(artefacts, f"{layout.RUNS}/*/evaluate/*")])
        # without it, S3 answers what is missing with a refusal
        yield allow("FindEvaluation", ["s3:ListBucket"], [s3_arn(artefacts)])

    def _reconcile(self, function: Function) -> None:
        """Events are best effort: on a schedule the release function compares desired with actual."""
        names = self._names
        invoker = role(
            self,
            "ReconcileRole",
            name=names.role("reconcile"),
            service="scheduler.amazonaws.com",
            purpose="Starts the reconciler",
            statements=[
                allow("InvokeRelease", ["lambda:InvokeFunction"], [function.arn]),
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
                "Arn": function.arn,
                "RoleArn": invoker,
                "Input": json.dumps({"source": events.SOURCE, "detail-type": events.RECONCILE}),
                "DeadLetterConfig": {"Arn": self._storage.dead_letters_arn},
                "RetryPolicy": {"MaximumEventAgeInSeconds": 900, "MaximumRetryAttempts": 2},
            },
        )
