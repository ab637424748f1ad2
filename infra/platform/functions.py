"""A Lambda of ours: built asset, own role, own log group, dead letters, tracing."""

from collections.abc import Sequence
from typing import cast

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra import assets
from infra.environment import Environment
from infra.iam import allow, role, use_key
from infra.platform.storage import Storage
from interfaces.function_env import FunctionEnv


class Function(Construct):
    """One verb as a Lambda on arm64. Its role has what every function needs and the given statements."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        verb: str,
        environment: Environment,
        storage: Storage,
        variables: FunctionEnv,
        statements: Sequence[iam.PolicyStatement],
        timeout_s: int = 60,
    ) -> None:
        super().__init__(scope, id)
        names = environment.names
        log_group = logs.LogGroup(
            self,
            "Log",
            log_group_name=f"/aws/lambda/{names.function(verb)}",
            retention=logs.RetentionDays[_retention(environment.operations.log_retention_days)],
            removal_policy=RemovalPolicy.DESTROY,
        )
        self.role = role(
            self,
            "Role",
            name=names.role(verb),
            service="lambda.amazonaws.com",
            purpose=f"The {verb} function",
            statements=[
                allow("WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], [log_group.log_group_arn]),
                # X-Ray has no resources to name
                allow("Trace", ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], ["*"]),
                allow("SendDeadLetters", ["sqs:SendMessage"], [storage.dead_letters.queue_arn]),
                allow("KeepState", ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"], [storage.state.table_arn]),
                allow("Notify", ["sns:Publish"], [storage.topic.topic_arn]),
                use_key(storage.key.key_arn),
                *statements,
            ],
        )
        code = assets.publish(Stack.of(self), assets.function(verb))
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=names.function(verb),
            description=f"mlops-loop: {verb}",
            runtime=cast(lambda_.Runtime, lambda_.Runtime.PYTHON_3_13),
            architecture=cast(lambda_.Architecture, lambda_.Architecture.ARM_64),
            handler=f"lambdas.{verb}.handler.handle",
            code=lambda_.Code.from_bucket(s3.Bucket.from_bucket_name(self, "Assets", code.bucket), code.key),
            role=cast(iam.IRole, self.role.without_policy_updates()),
            environment={
                "POWERTOOLS_SERVICE_NAME": verb,
                "POWERTOOLS_METRICS_NAMESPACE": names.prefix,
                "POWERTOOLS_LOG_LEVEL": "INFO",
                **variables.variables(),
            },
            memory_size=512,
            timeout=Duration.seconds(timeout_s),
            tracing=lambda_.Tracing.ACTIVE,
            log_group=log_group,
            dead_letter_queue=storage.dead_letters,
            retry_attempts=2,
            max_event_age=Duration.hours(6),
        )


def _retention(days: int) -> str:
    return {1: "ONE_DAY", 3: "THREE_DAYS", 5: "FIVE_DAYS", 7: "ONE_WEEK", 14: "TWO_WEEKS", 30: "ONE_MONTH", 60: "TWO_MONTHS",
            90: "THREE_MONTHS", 120: "FOUR_MONTHS", 180: "SIX_MONTHS", 365: "ONE_YEAR", 400: "THIRTEEN_MONTHS", 545: "EIGHTEEN_MONTHS",
            731: "TWO_YEARS"}[days]
