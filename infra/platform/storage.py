"""Where data lives: one key, four buckets, the state table, the notifications topic, one dead-letter queue."""

from typing import Any

import aws_cdk as cdk
from constructs import Construct

from infra.environment import Environment
from infra.iam import ACCOUNT, PARTITION, REGION, Statement, arn, document, s3_arn
from infra.stack import att, resource

# Where Glue writes the logs of jobs
GLUE_LOGS = "log-group:/aws-glue/*"
_DATA_BUCKETS = ("landing", "data", "artefacts")
_OF_THIS_ACCOUNT = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
_OVER_PLAIN_HTTP = {"Bool": {"aws:SecureTransport": "false"}}


class Storage(Construct):
    """Encrypted, versioned, TLS-only buckets; state; notifications. The attributes are bucket names and ARNs."""

    def __init__(self, scope: Construct, id: str, *, environment: Environment) -> None:
        super().__init__(scope, id)
        self._environment, self._names = environment, environment.names
        self.key_arn = self._key()
        self._access_logs = self._log_bucket()
        self.landing, self.data, self.artefacts = (self._data_bucket(role) for role in _DATA_BUCKETS)
        self.state_arn = self._state()
        self.topic_arn = self._topic()
        self.dead_letters_arn = self._dead_letters()

    def _key(self) -> str:
        prefix = self._names.prefix
        publish = ["kms:Decrypt", "kms:GenerateDataKey*"]
        encrypt = ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"]
        of_glue = {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": arn("logs", GLUE_LOGS)}}
        account = {"AWS": f"arn:{PARTITION}:iam::{ACCOUNT}:root"}
        policy = document(
            # without this statement the roles' policies would not count, and nobody could change the key
            _statement("Allow", "Account", account, ["kms:*"], ["*"]),
            # publishing to an encrypted topic takes the key as well
            _statement("Allow", "NotifyRules", _service("events"), publish, ["*"]),
            _statement("Allow", "NotifyAlarms", _service("cloudwatch"), publish, ["*"], _OF_THIS_ACCOUNT),
            _statement("Allow", "EncryptIngestLogs", _service(f"logs.{REGION}"), encrypt, ["*"], of_glue),
        )
        key = resource(self, "Key", "AWS::KMS::Key", Description=f"Encrypts the data of {prefix}", EnableKeyRotation=True, KeyPolicy=policy)
        key_arn = att(key, "Arn")
        resource(self, "Alias", "AWS::KMS::Alias", AliasName=f"alias/{prefix}", TargetKeyId=key_arn)
        self.removed_as_configured(key)
        return key_arn

    def _data_bucket(self, role: str) -> str:
        """A bucket that encrypts with the key, tells EventBridge of its objects and logs who reads them."""
        return self._bucket(
            role,
            {"BucketKeyEnabled": True, "ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": self.key_arn}},
            [],
            LoggingConfiguration={"DestinationBucketName": self._access_logs, "LogFilePrefix": f"{role}/"},
            NotificationConfiguration={"EventBridgeConfiguration": {"EventBridgeEnabled": True}},
        )

    def _log_bucket(self) -> str:
        """Where S3 delivers access logs, which it does only to a bucket with SSE-S3."""
        sources = [s3_arn(self._bucket_name(role)) for role in _DATA_BUCKETS]
        delivery = {**_OF_THIS_ACCOUNT, "ArnEquals": {"aws:SourceArn": sources}}
        delivered = _statement(
            "Allow", "DeliverLogs", _service("logging.s3"), ["s3:PutObject"], [s3_arn(self._bucket_name("logs"), "*")], delivery
        )
        return self._bucket("logs", {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}, [delivered])

    def _bucket(self, role: str, encryption: dict[str, Any], statements: list[Statement], **properties: Any) -> str:
        tidy = {
            "Id": "expire-old-versions",
            "Status": "Enabled",
            "NoncurrentVersionExpiration": {"NoncurrentDays": self._environment.operations.noncurrent_version_days},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
            "ExpiredObjectDeleteMarker": True,
        }
        bucket = resource(
            self,
            role.capitalize(),
            "AWS::S3::Bucket",
            BucketName=self._bucket_name(role),
            BucketEncryption={"ServerSideEncryptionConfiguration": [encryption]},
            PublicAccessBlockConfiguration=dict.fromkeys(
                ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True
            ),
            OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
            VersioningConfiguration={"Status": "Enabled"},
            LifecycleConfiguration={"Rules": [tidy]},
            **properties,
        )
        self.removed_as_configured(bucket)
        name = bucket.ref
        only_tls = _statement("Deny", "OnlyTls", "*", ["s3:*"], [s3_arn(name), s3_arn(name, "*")], _OVER_PLAIN_HTTP)
        policy = document(only_tls, *statements)
        resource(self, f"{role.capitalize()}Policy", "AWS::S3::BucketPolicy", Bucket=name, PolicyDocument=policy)
        return name

    def _bucket_name(self, role: str) -> str:
        return self._names.bucket(role, ACCOUNT, REGION)

    def _state(self) -> str:
        table = resource(
            self,
            "State",
            "AWS::DynamoDB::Table",
            TableName=self._names.state_table,
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
            SSESpecification={"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": self.key_arn},
            PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
            TimeToLiveSpecification={"AttributeName": "expires_at", "Enabled": True},
        )
        self.removed_as_configured(table)
        return att(table, "Arn")

    def _topic(self) -> str:
        name, email = self._names.notifications_topic, self._environment.operations.email
        topic = resource(self, "Notifications", "AWS::SNS::Topic", TopicName=name, KmsMasterKeyId=self.key_arn).ref
        policy = document(
            _statement("Deny", "OnlyTls", "*", ["sns:Publish"], [topic], _OVER_PLAIN_HTTP),
            _statement("Allow", "AlarmsMayPublish", _service("cloudwatch"), ["sns:Publish"], [topic], _OF_THIS_ACCOUNT),
            # EventBridge names no source to SNS: a condition would drop every message (docs: eb-use-resource-based)
            _statement("Allow", "RulesMayPublish", _service("events"), ["sns:Publish"], [topic]),
        )
        resource(self, "NotificationsPolicy", "AWS::SNS::TopicPolicy", Topics=[topic], PolicyDocument=policy)
        if email:
            resource(self, "Email", "AWS::SNS::Subscription", TopicArn=topic, Protocol="email", Endpoint=email)
        return topic

    def _dead_letters(self) -> str:
        prefix = self._names.prefix
        queue = resource(
            self,
            "DeadLetters",
            "AWS::SQS::Queue",
            QueueName=f"{prefix}-dead-letters",
            SqsManagedSseEnabled=True,
            MessageRetentionPeriod=14 * 24 * 3600,
        )
        queue_arn = att(queue, "Arn")
        of_our_rules = {"ArnLike": {"aws:SourceArn": arn("events", f"rule/{prefix}-*")}}
        policy = document(
            _statement("Deny", "OnlyTls", "*", ["sqs:*"], [queue_arn], _OVER_PLAIN_HTTP),
            _statement("Allow", "RulesKeepWhatFails", _service("events"), ["sqs:SendMessage"], [queue_arn], of_our_rules),
        )
        resource(self, "DeadLettersPolicy", "AWS::SQS::QueuePolicy", Queues=[queue.ref], PolicyDocument=policy)
        return queue_arn

    def removed_as_configured(self, kept: cdk.CfnResource) -> None:
        """Whether data outlives the stack is the environment's choice. A creation that fails leaves nothing, as what it left
        would have the fixed names that the next one needs."""
        retained = self._environment.operations.retain_data
        kept.apply_removal_policy(cdk.RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE if retained else cdk.RemovalPolicy.DESTROY)


def _service(name: str) -> dict[str, str]:
    return {"Service": f"{name}.amazonaws.com"}


def _statement(
    effect: str, sid: str, principal: object, actions: list[str], resources: list[str], conditions: dict[str, Any] | None = None
) -> Statement:
    """A statement of a resource's own policy."""
    statement: Statement = {"Sid": sid, "Effect": effect, "Principal": principal, "Action": actions, "Resource": resources}
    return {**statement, "Condition": conditions} if conditions else statement
