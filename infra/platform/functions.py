"""A Lambda of ours: built asset, own role, own log group, dead letters, tracing."""

from collections.abc import Mapping, Sequence

from constructs import Construct

from infra import assets
from infra.environment import Environment
from infra.iam import Statement, allow, role, use_key
from infra.platform.storage import Storage
from infra.stack import att, publish, resource
from interfaces.function_env import FunctionEnv

RETRIES = 2
MAX_AGE_S = 6 * 3600


class Function(Construct):
    """One verb as a Lambda on arm64. Its role has what every function needs and the given statements;
    ``files`` lie beside its handler. Without ``shared`` it neither keeps state nor notifies, and has no use of the key."""

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
        files: Mapping[str, str],
        shared: bool = True,
        timeout_s: int = 60,
    ) -> None:
        super().__init__(scope, id)
        names, dead_letters = environment.names, storage.dead_letters_arn
        retention = environment.operations.log_retention_days
        log = resource(self, "Log", "AWS::Logs::LogGroup", LogGroupName=f"/aws/lambda/{names.function(verb)}", RetentionInDays=retention)
        own = [*_every(att(log, "Arn"), dead_letters), *(_shared(storage) if shared else [])]
        execution = role(
            self,
            "Role",
            name=names.role(verb),
            service="lambda.amazonaws.com",
            purpose=f"The {verb} function",
            statements=[*own, *statements],
        )
        code = publish(self, assets.function(verb, files))
        function = resource(
            self,
            "Function",
            "AWS::Lambda::Function",
            FunctionName=names.function(verb),
            Description=f"mlops-loop: {verb}",
            Runtime="python3.13",
            Architectures=["arm64"],
            Handler=f"lambdas.{verb}.handler.handle",
            Code={"S3Bucket": code.bucket, "S3Key": code.key},
            Role=execution,
            Environment={"Variables": {**_powertools(verb, names.prefix), **variables.variables()}},
            MemorySize=512,
            Timeout=timeout_s,
            TracingConfig={"Mode": "Active"},
            LoggingConfig={"LogGroup": log.ref},
            DeadLetterConfig={"TargetArn": dead_letters},
        )
        self.name, self.arn = function.ref, att(function, "Arn")
        limits = {"MaximumRetryAttempts": RETRIES, "MaximumEventAgeInSeconds": MAX_AGE_S}
        resource(self, "Retries", "AWS::Lambda::EventInvokeConfig", FunctionName=self.name, Qualifier="$LATEST", **limits)


def _powertools(verb: str, namespace: str) -> dict[str, str]:
    return {"POWERTOOLS_SERVICE_NAME": verb, "POWERTOOLS_METRICS_NAMESPACE": namespace, "POWERTOOLS_LOG_LEVEL": "INFO"}


def _every(log: str, dead_letters: str) -> list[Statement]:
    """What any function needs."""
    return [
        allow("WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], [log]),
        # X-Ray has no resources to name
        allow("Trace", ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], ["*"]),
        allow("SendDeadLetters", ["sqs:SendMessage"], [dead_letters]),
    ]


def _shared(storage: Storage) -> list[Statement]:
    """The state table and the notifications, which the key encrypts."""
    keep = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"]
    notify = allow("Notify", ["sns:Publish"], [storage.topic_arn])
    return [allow("KeepState", keep, [storage.state_arn]), notify, use_key(storage.key_arn)]
