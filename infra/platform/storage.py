"""Where data lives: one key, four buckets, the state table and the notifications topic."""

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.environment import Environment


class Storage(Construct):
    """Encrypted, versioned, TLS-only buckets; state for idempotency and releases; one topic; one dead-letter queue."""

    def __init__(self, scope: Construct, id: str, *, environment: Environment) -> None:
        super().__init__(scope, id)
        self._environment = environment
        self._removal = RemovalPolicy.RETAIN if environment.operations.retain_data else RemovalPolicy.DESTROY
        self.key = kms.Key(
            self,
            "Key",
            alias=f"alias/{environment.names.prefix}",
            description=f"Encrypts the data of {environment.names.prefix}",
            enable_key_rotation=True,
            removal_policy=self._removal,
        )
        self.logs = self._bucket("logs", encrypted_by_key=False)
        self.landing = self._bucket("landing")
        self.data = self._bucket("data")
        self.artefacts = self._bucket("artefacts")
        self.state = self._state()
        self.topic = self._topic()
        self.dead_letters = sqs.Queue(
            self,
            "DeadLetters",
            queue_name=f"{environment.names.prefix}-dead-letters",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(14),
        )

    def _bucket(self, role: str, *, encrypted_by_key: bool = True) -> s3.Bucket:
        names = self._environment.names
        # S3 delivers access logs only to buckets with SSE-S3
        logging = {"server_access_logs_bucket": self.logs, "server_access_logs_prefix": f"{role}/"} if encrypted_by_key else {}
        bucket = s3.Bucket(
            self,
            role.capitalize(),
            bucket_name=names.bucket(role, Aws.ACCOUNT_ID, Aws.REGION),
            encryption=s3.BucketEncryption.KMS if encrypted_by_key else s3.BucketEncryption.S3_MANAGED,
            encryption_key=self.key if encrypted_by_key else None,
            bucket_key_enabled=True if encrypted_by_key else None,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED if encrypted_by_key else s3.ObjectOwnership.OBJECT_WRITER,
            enforce_ssl=True,
            versioned=True,
            removal_policy=self._removal,
            lifecycle_rules=[
                s3.LifecycleRule(
                    id="expire-old-versions",
                    noncurrent_version_expiration=Duration.days(self._environment.operations.noncurrent_version_days),
                    abort_incomplete_multipart_upload_after=Duration.days(7),
                    expired_object_delete_marker=True,
                )
            ],
            **logging,  # type: ignore[arg-type]
        )
        if encrypted_by_key:
            resource = bucket.node.default_child
            assert isinstance(resource, s3.CfnBucket)
            # the L2 switch for this synthesizes a custom resource
            resource.add_property_override("NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled", True)
        return bucket

    def _state(self) -> dynamodb.Table:
        return dynamodb.Table(
            self,
            "State",
            table_name=self._environment.names.state_table,
            partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=self.key,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(point_in_time_recovery_enabled=True),
            time_to_live_attribute="expires_at",
            removal_policy=self._removal,
        )

    def _topic(self) -> sns.Topic:
        topic = sns.Topic(
            self,
            "Notifications",
            topic_name=self._environment.names.notifications_topic,
            master_key=self.key,
            enforce_ssl=True,
        )
        if self._environment.operations.email:
            topic.add_subscription(subscriptions.EmailSubscription(self._environment.operations.email))  # type: ignore[arg-type]
        for service in ("events.amazonaws.com", "cloudwatch.amazonaws.com"):
            # publishing to an encrypted topic takes the key as well
            self.key.add_to_resource_policy(
                iam.PolicyStatement(
                    sid=f"Notify{service.split('.')[0].capitalize()}",
                    principals=[iam.ServicePrincipal(service)],
                    actions=["kms:Decrypt", "kms:GenerateDataKey*"],
                    resources=["*"],
                    conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
                )
            )
        # only EventBridge: CloudWatch alarms publish under their own condition below
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AlarmsMayPublish",
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            )
        )
        return topic
