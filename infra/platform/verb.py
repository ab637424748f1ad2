"""What the parts that carry a model on have in common: functions, and rules that deliver events to them."""

import json
from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
from constructs import Construct

from infra.environment import Environment
from infra.iam import Statement, allow, role
from infra.platform.functions import MAX_AGE_S, Function
from infra.platform.storage import Storage
from infra.stack import att, resource
from interfaces import events
from interfaces.contract import Contract
from interfaces.function_env import FunctionEnv

DELIVERY_ATTEMPTS = 8

Pattern = dict[str, Any]


class Verb(Construct):
    """A verb of the lifecycle: its function, and the rules, with retries and dead letters, that start it."""

    def __init__(self, scope: Construct, id: str, *, environment: Environment, contract: Contract, storage: Storage) -> None:
        super().__init__(scope, id)
        self._environment, self._contract, self._storage = environment, contract, storage
        self._names = environment.names

    def _function(
        self,
        verb: str,
        variables: FunctionEnv,
        statements: list[Statement],
        files: Mapping[str, str] | None = None,
        *,
        shared: bool = True,
        timeout_s: int = 60,
    ) -> Function:
        """The verb's Lambda; ``files`` lie beside its handler, ``shared`` is the use of state table and notifications."""
        return Function(
            self,
            verb.capitalize(),
            verb=verb,
            environment=self._environment,
            storage=self._storage,
            variables=variables,
            statements=statements,
            files=files or {},
            shared=shared,
            timeout_s=timeout_s,
        )

    def _every(self, id: str, minutes: int, detail_type: str, function: Function, purpose: str) -> None:
        """Invoke a function on a schedule, with an event of that detail type."""
        dead_letters, name = self._storage.dead_letters_arn, f"{self._names.prefix}-{_kebab(id)}"
        invoker = role(
            self,
            f"{id}Role",
            name=self._names.role(_kebab(id)),
            service="scheduler.amazonaws.com",
            purpose=f"Starts a function on a schedule: {purpose}",
            statements=[
                allow(f"Invoke{id}", ["lambda:InvokeFunction"], [function.arn]),
                allow("SendDeadLetters", ["sqs:SendMessage"], [dead_letters]),
            ],
        )
        resource(
            self,
            id,
            "AWS::Scheduler::Schedule",
            Name=name,
            Description=purpose,
            ScheduleExpression=f"rate({minutes} minutes)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={
                "Arn": function.arn,
                "RoleArn": invoker,
                "Input": json.dumps({"source": events.SOURCE, "detail-type": detail_type}),
                "DeadLetterConfig": {"Arn": dead_letters},
                "RetryPolicy": {"MaximumEventAgeInSeconds": 900, "MaximumRetryAttempts": 2},
            },
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

    def _package_pattern(self, statuses: list[str]) -> Pattern:
        detail = {"ModelPackageGroupName": [self._names.model_package_group], "ModelApprovalStatus": statuses}
        return pattern("aws.sagemaker", events.PACKAGE_STATE_CHANGE, detail)


def pattern(source: str, detail_type: str, detail: dict[str, Any] | None = None) -> Pattern:
    return {"source": [source], "detail-type": [detail_type], **({"detail": detail} if detail else {})}


def sentence(template: str, **paths: str) -> dict[str, object]:
    """A message in which ``<name>`` stands for the event's value at that path."""
    return {"InputTemplate": json.dumps(template), "InputPathsMap": paths}


def _kebab(id: str) -> str:
    return "".join(f"-{c.lower()}" if c.isupper() else c for c in id).lstrip("-")
