"""Verb release: an approved model becomes what the Serving stack runs."""

import json

from constructs import Construct

from infra.environment import Environment
from infra.iam import allow, arn, pass_role, role, role_arn, s3_arn
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
        names, recorded = self._names, environment.policy.reviewers.recorded
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
                monitoring_engine=self._environment.monitoring.engine,
                state_table=names.state_table,
                model_package_group=names.model_package_group,
                serving_stack=names.serving_stack,
                monitoring_stack=names.monitoring_stack,
                serving_role_arn=service_roles["serving"],
                monitoring_role_arn=service_roles["monitoring"],
                endpoint_name=environment.endpoint,
                smoke_latency_ms=environment.serving.smoke_latency_ms,
                topic_arn=storage.topic_arn,
                deployment=names.prefix,
                decisions=RECORDED if recorded else ANY,
                decisions_table=names.decisions_table,
            ),
            [
                *updates,
                # the update carries the stack policy that denies replacing the endpoint
                allow("ProtectEndpoint", ["cloudformation:SetStackPolicy"], [stacks["serving"]]),
                *([allow("ReadDecisions", ["dynamodb:Query"], [arn("dynamodb", f"table/{names.decisions_table}")])] if recorded else []),
                allow("ReadStacks", ["cloudformation:DescribeStacks", "cloudformation:DescribeStackEvents"], list(stacks.values())),
                allow(
                    "ReadPackages", ["sagemaker:DescribeModelPackage"], [arn("sagemaker", f"model-package/{names.model_package_group}/*")]
                ),
                # ListModelPackages has no resource to name
                allow("FindPackages", ["sagemaker:ListModelPackages"], ["*"]),
                allow(
                    "TestEndpoint",
                    ["sagemaker:DescribeEndpoint", "sagemaker:InvokeEndpoint"],
                    [arn("sagemaker", f"endpoint/{environment.endpoint}")],
                ),
                allow("ReadEvaluation", ["s3:GetObject"], [s3_arn(storage.artefacts, f"{layout.RUNS}/*/evaluate/*")]),
                # without it, S3 answers what is missing with a refusal
                allow("FindEvaluation", ["s3:ListBucket"], [s3_arn(storage.artefacts)]),
            ],
        )
        self._rule("PackageDecided", self._package_pattern(["Approved", "Rejected"]), function)
        self._rule(
            "StackSettled",
            pattern(
                "aws.cloudformation",
                events.STACK_STATUS_CHANGE,
                {
                    "stack-id": [{"prefix": stack.removesuffix("*")} for stack in stacks.values()],
                    "status-details": {"status": [{"suffix": "_COMPLETE"}, {"suffix": "_FAILED"}]},
                },
            ),
            function,
        )
        self._reconcile(function)

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
