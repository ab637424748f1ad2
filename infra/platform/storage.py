"""Where data lives: one key, four buckets, the state table, the notifications topic, one dead-letter queue.

Written with L1 constructs: who may use a resource is part of what is described here, and nothing is added behind it.
"""

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.environment import Environment
from infra.iam import ACCOUNT, PARTITION, REGION, Statement, arn, document, s3_arn

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
        key = kms.CfnKey(
            self,
            "Key",
            description=f"Encrypts the data of {prefix}",
            enable_key_rotation=True,
            key_policy=document(
                # without this statement the roles' policies would not count, and nobody could change the key
                _rule("Allow", "Account", account, ["kms:*"], ["*"]),
                # publishing to an encrypted topic takes the key as well
                _rule("Allow", "NotifyRules", _service("events"), publish, ["*"]),
                _rule("Allow", "NotifyAlarms", _service("cloudwatch"), publish, ["*"], _OF_THIS_ACCOUNT),
                _rule("Allow", "EncryptIngestLogs", _service(f"logs.{REGION}"), encrypt, ["*"], of_glue),
            ),
        )
        kms.CfnAlias(self, "Alias", alias_name=f"alias/{prefix}", target_key_id=key.attr_arn)
        self._removed_as_configured(key)
        return key.attr_arn

    def _data_bucket(self, role: str) -> str:
        """A bucket that encrypts with the key, tells EventBridge of its objects and logs who reads them."""
        return self._bucket(
            role,
            s3.CfnBucket.ServerSideEncryptionRuleProperty(
                bucket_key_enabled=True,
                server_side_encryption_by_default=s3.CfnBucket.ServerSideEncryptionByDefaultProperty(
                    sse_algorithm="aws:kms", kms_master_key_id=self.key_arn
                ),
            ),
            [],
            logging_configuration=s3.CfnBucket.LoggingConfigurationProperty(
                destination_bucket_name=self._access_logs, log_file_prefix=f"{role}/"
            ),
            notification_configuration=s3.CfnBucket.NotificationConfigurationProperty(
                event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(event_bridge_enabled=True)
            ),
        )

    def _log_bucket(self) -> str:
        """Where S3 delivers access logs, which it does only to a bucket with SSE-S3."""
        sources = [s3_arn(self._bucket_name(role)) for role in _DATA_BUCKETS]
        delivery = {**_OF_THIS_ACCOUNT, "ArnEquals": {"aws:SourceArn": sources}}
        return self._bucket(
            "logs",
            s3.CfnBucket.ServerSideEncryptionRuleProperty(
                server_side_encryption_by_default=s3.CfnBucket.ServerSideEncryptionByDefaultProperty(sse_algorithm="AES256")
            ),
            [_rule("Allow", "DeliverLogs", _service("logging.s3"), ["s3:PutObject"], [s3_arn(self._bucket_name("logs"), "*")], delivery)],
        )

    def _bucket(
        self, role: str, encryption: s3.CfnBucket.ServerSideEncryptionRuleProperty, statements: list[Statement], **properties: Any
    ) -> str:
        bucket = s3.CfnBucket(
            self,
            role.capitalize(),
            bucket_name=self._bucket_name(role),
            bucket_encryption=s3.CfnBucket.BucketEncryptionProperty(server_side_encryption_configuration=[encryption]),
            public_access_block_configuration=s3.CfnBucket.PublicAccessBlockConfigurationProperty(
                block_public_acls=True, block_public_policy=True, ignore_public_acls=True, restrict_public_buckets=True
            ),
            ownership_controls=s3.CfnBucket.OwnershipControlsProperty(
                rules=[s3.CfnBucket.OwnershipControlsRuleProperty(object_ownership="BucketOwnerEnforced")]
            ),
            versioning_configuration=s3.CfnBucket.VersioningConfigurationProperty(status="Enabled"),
            lifecycle_configuration=s3.CfnBucket.LifecycleConfigurationProperty(
                rules=[
                    s3.CfnBucket.RuleProperty(
                        id="expire-old-versions",
                        status="Enabled",
                        noncurrent_version_expiration=s3.CfnBucket.NoncurrentVersionExpirationProperty(
                            noncurrent_days=self._environment.operations.noncurrent_version_days
                        ),
                        abort_incomplete_multipart_upload=s3.CfnBucket.AbortIncompleteMultipartUploadProperty(days_after_initiation=7),
                        expired_object_delete_marker=True,
                    )
                ]
            ),
            **properties,
        )
        self._removed_as_configured(bucket)
        name = bucket.ref
        both = [s3_arn(name), s3_arn(name, "*")]
        only_tls = _rule("Deny", "OnlyTls", "*", ["s3:*"], both, _OVER_PLAIN_HTTP)
        s3.CfnBucketPolicy(self, f"{role.capitalize()}Policy", bucket=name, policy_document=document(only_tls, *statements))
        return name

    def _bucket_name(self, role: str) -> str:
        return self._names.bucket(role, ACCOUNT, REGION)

    def _state(self) -> str:
        table = dynamodb.CfnTable(
            self,
            "State",
            table_name=self._names.state_table,
            key_schema=[dynamodb.CfnTable.KeySchemaProperty(attribute_name="pk", key_type="HASH")],
            attribute_definitions=[dynamodb.CfnTable.AttributeDefinitionProperty(attribute_name="pk", attribute_type="S")],
            billing_mode="PAY_PER_REQUEST",
            sse_specification=dynamodb.CfnTable.SSESpecificationProperty(sse_enabled=True, sse_type="KMS", kms_master_key_id=self.key_arn),
            point_in_time_recovery_specification=dynamodb.CfnTable.PointInTimeRecoverySpecificationProperty(
                point_in_time_recovery_enabled=True
            ),
            time_to_live_specification=dynamodb.CfnTable.TimeToLiveSpecificationProperty(attribute_name="expires_at", enabled=True),
        )
        self._removed_as_configured(table)
        return table.attr_arn

    def _topic(self) -> str:
        topic = sns.CfnTopic(self, "Notifications", topic_name=self._names.notifications_topic, kms_master_key_id=self.key_arn).ref
        sns.CfnTopicPolicy(
            self,
            "NotificationsPolicy",
            topics=[topic],
            policy_document=document(
                _rule("Deny", "OnlyTls", "*", ["sns:Publish"], [topic], _OVER_PLAIN_HTTP),
                _rule("Allow", "AlarmsMayPublish", _service("cloudwatch"), ["sns:Publish"], [topic], _OF_THIS_ACCOUNT),
                # EventBridge names no source to SNS: a condition would drop every message (docs: eb-use-resource-based)
                _rule("Allow", "RulesMayPublish", _service("events"), ["sns:Publish"], [topic]),
            ),
        )
        if self._environment.operations.email:
            sns.CfnSubscription(self, "Email", topic_arn=topic, protocol="email", endpoint=self._environment.operations.email)
        return topic

    def _dead_letters(self) -> str:
        prefix = self._names.prefix
        queue = sqs.CfnQueue(
            self,
            "DeadLetters",
            queue_name=f"{prefix}-dead-letters",
            sqs_managed_sse_enabled=True,
            message_retention_period=14 * 24 * 3600,
        )
        of_our_rules = {"ArnLike": {"aws:SourceArn": arn("events", f"rule/{prefix}-*")}}
        sqs.CfnQueuePolicy(
            self,
            "DeadLettersPolicy",
            queues=[queue.ref],
            policy_document=document(
                _rule("Deny", "OnlyTls", "*", ["sqs:*"], [queue.attr_arn], _OVER_PLAIN_HTTP),
                _rule("Allow", "RulesKeepWhatFails", _service("events"), ["sqs:SendMessage"], [queue.attr_arn], of_our_rules),
            ),
        )
        return queue.attr_arn

    def _removed_as_configured(self, resource: cdk.CfnResource) -> None:
        retained = self._environment.operations.retain_data
        resource.apply_removal_policy(cdk.RemovalPolicy.RETAIN if retained else cdk.RemovalPolicy.DESTROY)


def _service(name: str) -> dict[str, str]:
    return {"Service": f"{name}.amazonaws.com"}


def _rule(
    effect: str, sid: str, principal: object, actions: list[str], resources: list[str], conditions: dict[str, Any] | None = None
) -> Statement:
    """A statement of a resource's own policy."""
    statement: Statement = {"Sid": sid, "Effect": effect, "Principal": principal, "Action": actions, "Resource": resources}
    return {**statement, "Condition": conditions} if conditions else statement
