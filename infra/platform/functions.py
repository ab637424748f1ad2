"""A Lambda of ours: built asset, own role, own log group, dead letters, tracing."""

from collections.abc import Sequence

from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra import assets
from infra.environment import Environment
from infra.iam import Statement, allow, role, use_key
from infra.platform.storage import Storage
from infra.stack import publish
from interfaces.function_env import FunctionEnv

RETRIES = 2
MAX_AGE_S = 6 * 3600


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
        statements: Sequence[Statement],
        timeout_s: int = 60,
    ) -> None:
        super().__init__(scope, id)
        names = environment.names
        log = logs.CfnLogGroup(
            self, "Log", log_group_name=f"/aws/lambda/{names.function(verb)}", retention_in_days=environment.operations.log_retention_days
        )
        dead_letters = storage.dead_letters_arn
        execution = role(
            self,
            "Role",
            name=names.role(verb),
            service="lambda.amazonaws.com",
            purpose=f"The {verb} function",
            statements=[
                allow("WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], [log.attr_arn]),
                # X-Ray has no resources to name
                allow("Trace", ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], ["*"]),
                allow("SendDeadLetters", ["sqs:SendMessage"], [dead_letters]),
                allow(
                    "KeepState",
                    ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"],
                    [storage.state_arn],
                ),
                allow("Notify", ["sns:Publish"], [storage.topic_arn]),
                use_key(storage.key_arn),
                *statements,
            ],
        )
        code = publish(self, assets.function(verb))
        function = lambda_.CfnFunction(
            self,
            "Function",
            function_name=names.function(verb),
            description=f"mlops-loop: {verb}",
            runtime="python3.13",
            architectures=["arm64"],
            handler=f"lambdas.{verb}.handler.handle",
            code=lambda_.CfnFunction.CodeProperty(s3_bucket=code.bucket, s3_key=code.key),
            role=execution.attr_arn,
            environment=lambda_.CfnFunction.EnvironmentProperty(
                variables={
                    "POWERTOOLS_SERVICE_NAME": verb,
                    "POWERTOOLS_METRICS_NAMESPACE": names.prefix,
                    "POWERTOOLS_LOG_LEVEL": "INFO",
                    **variables.variables(),
                }
            ),
            memory_size=512,
            timeout=timeout_s,
            tracing_config=lambda_.CfnFunction.TracingConfigProperty(mode="Active"),
            logging_config=lambda_.CfnFunction.LoggingConfigProperty(log_group=log.ref),
            dead_letter_config=lambda_.CfnFunction.DeadLetterConfigProperty(target_arn=dead_letters),
        )
        self.name, self.arn = function.ref, function.attr_arn
        lambda_.CfnEventInvokeConfig(
            self,
            "Retries",
            function_name=self.name,
            qualifier="$LATEST",
            maximum_retry_attempts=RETRIES,
            maximum_event_age_in_seconds=MAX_AGE_S,
        )
