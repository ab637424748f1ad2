"""What CloudFormation finds when it creates and deletes: names that are taken, and resources that are gone already."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local_aws.aws import LocalAws
from local_aws.cloudformation.resources import HANDLERS, handler_of
from local_aws.cloudformation.resources.base import Context
from tests.local_aws.conformance import Conformance
from tests.local_aws.endpoints import config, create, model
from tests.local_aws.stacks import create as create_stack
from tests.local_aws.stacks import delete, described, happened, parameter, reason, topic, update, value
from tests.local_aws.support import CLUSTER, ROLE, furnish, put, refusal, zipped

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": ["*"], "Resource": "*"}]}
OWN_POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": ["*"], "Resource": "*"}]}
PIPELINE = json.dumps({"Version": "2020-12-01", "Steps": [{"Name": "f", "Type": "Fail", "Arguments": {"ErrorMessage": "x"}}]})
TARGET = {
    "ServiceNamespace": "sagemaker",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    "ResourceId": "endpoint/base/variant/m",
}
ALARM = {
    "ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 1, "MetricName": "m", "Namespace": "n", "Period": 60,
    "Statistic": "Sum", "Threshold": 1,
}  # fmt: skip
ARN = "arn:aws:{}:us-east-1:123456789012:{}"
QUEUE_URL = "https://sqs.us-east-1.amazonaws.com/123456789012/base"


def definition(title: str) -> dict[str, Any]:
    """A job definition of a monitor."""
    output = {"S3Output": {"S3Uri": "s3://data/reports", "LocalPath": "/opt/ml/processing/output"}}
    given: dict[str, Any] = {"EndpointInput": {"EndpointName": "base", "LocalPath": "/opt/ml/processing/input/endpoint"}}
    if title in ("ModelQuality", "ModelBias"):
        given["GroundTruthS3Input"] = {"S3Uri": "s3://data/labels"}
    application: dict[str, Any] = {"ImageUri": "156813124566.dkr.ecr.us-east-1.amazonaws.com/sagemaker-model-monitor-analyzer"}
    if title in ("ModelBias", "ModelExplainability"):
        application["ConfigUri"] = "s3://data/config.json"
    if title == "ModelQuality":
        application["ProblemType"] = "BinaryClassification"
    return {
        "JobDefinitionName": title,
        f"{title}AppSpecification": application,
        f"{title}JobInput": given,
        f"{title}JobOutputConfig": {"MonitoringOutputs": [output]},
        "JobResources": {"ClusterConfig": CLUSTER},
        "RoleArn": ROLE,
    }


# of every type that has a name: a resource under a fixed one
NAMED: dict[str, dict[str, Any]] = {
    "AWS::ApplicationAutoScaling::ScalableTarget": {**TARGET, "MinCapacity": 1, "MaxCapacity": 2, "RoleARN": ROLE},
    "AWS::ApplicationAutoScaling::ScalingPolicy": {
        "PolicyName": "p", **TARGET, "ResourceId": "endpoint/base/variant/scaled", "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": {
            "TargetValue": 1, "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
        },
    },
    "AWS::CloudWatch::Alarm": {"AlarmName": "a", **ALARM},
    "AWS::CloudWatch::CompositeAlarm": {"AlarmName": "c", "AlarmRule": "TRUE"},
    "AWS::CloudWatch::Dashboard": {"DashboardName": "d", "DashboardBody": '{"widgets":[]}'},
    "AWS::DynamoDB::Table": {
        "TableName": "t",
        "AttributeDefinitions": [{"AttributeName": "a", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
    },
    "AWS::ECR::Repository": {"RepositoryName": "repository"},
    "AWS::Events::Rule": {"Name": "r", "EventPattern": {"source": ["x"]}, "Targets": [{"Id": "1", "Arn": ARN.format("sqs", "base")}]},
    "AWS::Glue::Database": {"CatalogId": "123456789012", "DatabaseInput": {"Name": "other"}},
    "AWS::Glue::Job": {
        "Name": "j", "Role": ROLE, "GlueVersion": "5.1", "Command": {"Name": "glueetl", "PythonVersion": "3", "ScriptLocation": "s3://data/j.py"},
    },
    "AWS::Glue::Table": {"CatalogId": "123456789012", "DatabaseName": "base", "TableInput": {"Name": "t"}},
    "AWS::IAM::ManagedPolicy": {"ManagedPolicyName": "m", "PolicyDocument": OWN_POLICY, "Roles": ["tester"]},
    "AWS::IAM::OIDCProvider": {"Url": "https://tokens.example.com", "ClientIdList": ["x"], "ThumbprintList": ["a" * 40]},
    "AWS::IAM::Role": {
        "RoleName": "r", "AssumeRolePolicyDocument": TRUST, "Policies": [{"PolicyName": "p", "PolicyDocument": OWN_POLICY}],
    },
    "AWS::KMS::Alias": {"AliasName": "alias/a", "TargetKeyId": "KEY"},
    "AWS::Lambda::Function": {
        "FunctionName": "f", "Role": ROLE, "Handler": "m.h", "Runtime": "python3.13", "Code": {"S3Bucket": "data", "S3Key": "f.zip"},
    },
    "AWS::Logs::LogGroup": {"LogGroupName": "l", "RetentionInDays": 7},
    "AWS::S3::Bucket": {"BucketName": "taken-bucket"},
    "AWS::S3::BucketPolicy": {"Bucket": "data", "PolicyDocument": POLICY},
    "AWS::SNS::Topic": {"TopicName": "t"},
    "AWS::SQS::Queue": {"QueueName": "q", "DelaySeconds": 5},
    "AWS::SSM::Parameter": {"Name": "/e/p", "Type": "String", "Value": "v"},
    "AWS::SageMaker::Endpoint": {"EndpointName": "e", "EndpointConfigName": "base-1"},
    "AWS::SageMaker::EndpointConfig": {
        "EndpointConfigName": "c",
        "ProductionVariants": [
            {"VariantName": "m", "ModelName": "m", "InitialInstanceCount": 1, "InstanceType": "ml.t2.medium", "InitialVariantWeight": 1}
        ],
    },
    "AWS::SageMaker::Model": {"ModelName": "n", "ExecutionRoleArn": ROLE, "PrimaryContainer": {"Image": "IMAGE", "ModelDataUrl": "s3://data/models/m.tar.gz"}},
    "AWS::SageMaker::ModelPackageGroup": {"ModelPackageGroupName": "g"},
    "AWS::SageMaker::MonitoringSchedule": {
        "MonitoringScheduleName": "s",
        "MonitoringScheduleConfig": {
            "ScheduleConfig": {"ScheduleExpression": "cron(0 * ? * * *)"},
            "MonitoringJobDefinitionName": "base",
            "MonitoringType": "DataQuality",
        },
    },
    "AWS::SageMaker::Pipeline": {"PipelineName": "p", "RoleArn": ROLE, "PipelineDefinition": {"PipelineDefinitionBody": PIPELINE}},
    "AWS::Scheduler::Schedule": {
        "Name": "s",
        "ScheduleExpression": "rate(1 day)",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {"Arn": ARN.format("lambda", "function:base"), "RoleArn": ROLE},
    },
    **{f"AWS::SageMaker::{t}JobDefinition": definition(t) for t in ("DataQuality", "ModelQuality", "ModelBias", "ModelExplainability")},
}  # fmt: skip
# of those whose identity CloudFormation or the service makes, or which are a part of another
NAMELESS: dict[str, dict[str, Any]] = {
    "AWS::IAM::Policy": {"PolicyName": "p", "PolicyDocument": OWN_POLICY, "Roles": ["tester"]},
    "AWS::KMS::Key": {"KeyPolicy": POLICY},
    "AWS::Lambda::EventInvokeConfig": {"FunctionName": "base", "Qualifier": "$LATEST", "MaximumRetryAttempts": 0},
    "AWS::Lambda::EventSourceMapping": {"EventSourceArn": ARN.format("sqs", "base"), "FunctionName": "base"},
    "AWS::Lambda::Permission": {"FunctionName": "base", "Action": "lambda:InvokeFunction", "Principal": "events.amazonaws.com"},
    "AWS::SNS::Subscription": {"TopicArn": ARN.format("sns", "base"), "Protocol": "sqs", "Endpoint": ARN.format("sqs", "base")},
    "AWS::SNS::TopicPolicy": {"Topics": [ARN.format("sns", "base")], "PolicyDocument": POLICY},
    "AWS::SQS::QueuePolicy": {"Queues": [QUEUE_URL], "PolicyDocument": POLICY},
}  # fmt: skip
# nothing is behind them but the stack's own record, or a function of the user's
RECORDS = {t for t in HANDLERS if t.startswith("AWS::Chatbot::")} | {
    "AWS::Glue::SecurityConfiguration",
    "AWS::CloudFormation::CustomResource",
}


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAws]:
    """With what the resources refer to, each called ``base``."""
    with LocalAws(analyzer=Path(__file__).parent) as aws:
        conformance = Conformance(aws)
        furnish(aws)
        put(aws, "f.zip", zipped({"m.py": "def h(event, context): return 1"}))
        put(aws, "j.py", "pass")
        client = aws.client
        client("sns").create_topic(Name="base")
        client("sqs").create_queue(QueueName="base")
        client("glue").create_database(DatabaseInput={"Name": "base"})
        client("lambda").create_function(
            FunctionName="base", Role=ROLE, Handler="m.h", Runtime="python3.13", Code={"S3Bucket": "data", "S3Key": "f.zip"}
        )
        create(aws, "base", config(aws, "base-1", m=1) if model(aws, "m") else "")
        client("sagemaker").create_data_quality_job_definition(**{**definition("DataQuality"), "JobDefinitionName": "base"})
        client("application-autoscaling").register_scalable_target(
            **{**TARGET, "ResourceId": "endpoint/base/variant/scaled"}, MinCapacity=1, MaxCapacity=2
        )
        NAMED["AWS::KMS::Alias"]["TargetKeyId"] = client("kms").create_key()["KeyMetadata"]["KeyId"]
        container = client("sagemaker").describe_model(ModelName="m")["PrimaryContainer"]
        NAMED["AWS::SageMaker::Model"]["PrimaryContainer"] = {k: container[k] for k in ("Image", "ModelDataUrl")}
        yield aws
        conformance.check()
        assert not aws.background.failures


def test_every_type_is_tried() -> None:
    assert {*NAMED, *NAMELESS, *RECORDS} == set(HANDLERS)


def short(kind: str) -> str:
    return kind.split(":", 2)[2].replace("::", "-").lower()


def gone(aws: LocalAws, kind: str, id: str, properties: dict[str, Any]) -> None:
    """Somebody deletes it past the stack."""
    context = Context(aws.client, "nobody", "nobody", "R", lambda ready: None, kind=kind)
    handler_of(kind).delete(context, id, properties)


@pytest.mark.parametrize("kind", sorted(NAMED), ids=short)
def test_a_creation_refuses_a_name_that_is_taken_and_leaves_what_has_it(aws: LocalAws, kind: str) -> None:
    resource = {"Type": kind, "Properties": NAMED[kind]}
    mine, other = f"mine-{short(kind)}", f"other-{short(kind)}"
    named = {"Capabilities": ["CAPABILITY_NAMED_IAM"]}
    assert create_stack(aws, mine, {"R": {**resource, "DeletionPolicy": "Retain"}}, **named) == "CREATE_COMPLETE", reason(aws, mine)
    (id,) = [r["PhysicalResourceId"] for r in aws.client("cloudformation").describe_stack_resources(StackName=mine)["StackResources"]]
    assert delete(aws, mine) == "DELETE_COMPLETE"
    for attempt in (1, 2):  # the second finds it as the first did: the rollback has not deleted it
        assert create_stack(aws, other, {"R": resource}, **named) == "ROLLBACK_COMPLETE", attempt
        assert "exist" in reason(aws, other)
        assert ("R", "DELETE_COMPLETE") not in happened(aws, other)
        assert delete(aws, other) == "DELETE_COMPLETE"
    gone(aws, kind, id, NAMED[kind])


@pytest.mark.parametrize("kind", sorted(HANDLERS), ids=short)
def test_nothing_is_found_where_no_name_is_known(aws: LocalAws, kind: str) -> None:
    """As in a change set, when a name comes from a resource that is yet to be made."""
    assert handler_of(kind).find(Context(aws.client, "s", "s", "R", lambda ready: None, kind=kind), {}) is None


@pytest.mark.parametrize("kind", sorted({**NAMED, **NAMELESS}), ids=short)
def test_a_deletion_takes_what_is_gone_already_for_deleted(aws: LocalAws, kind: str) -> None:
    properties = {**NAMED, **NAMELESS}[kind]
    name = f"gone-{short(kind)}"
    resources = {"R": {"Type": kind, "Properties": properties}}
    assert create_stack(aws, name, resources, Capabilities=["CAPABILITY_NAMED_IAM"]) == "CREATE_COMPLETE", reason(aws, name)
    (id,) = [r["PhysicalResourceId"] for r in aws.client("cloudformation").describe_stack_resources(StackName=name)["StackResources"]]
    gone(aws, kind, id, properties)
    assert delete(aws, name) == "DELETE_COMPLETE"


def test_a_value_is_not_overwritten_and_the_refusal_names_it(aws: LocalAws) -> None:
    aws.client("ssm").put_parameter(Name="/mine", Type="String", Value="precious")
    assert create_stack(aws, "over", {"P": parameter("/mine", "theirs")}) == "ROLLBACK_COMPLETE"
    assert reason(aws, "over") == "/mine already exists"
    assert value(aws, "/mine") == "precious"


def test_what_another_stack_has_is_refused_with_its_name(aws: LocalAws) -> None:
    create_stack(aws, "first", {"T": topic("shared")})
    assert create_stack(aws, "second", {"T": topic("shared")}) == "ROLLBACK_COMPLETE"
    assert reason(aws, "second") == f"shared already exists in stack {described(aws, 'first')['StackId']}"


def test_a_name_cannot_move_to_another_resource_of_the_stack_in_one_update(aws: LocalAws) -> None:
    create_stack(aws, "moved", {"A": parameter("/moved")})
    assert update(aws, "moved", {"B": parameter("/moved", "new")}) == "UPDATE_ROLLBACK_COMPLETE"
    assert value(aws, "/moved") == "v"


def test_a_resource_of_a_fixed_name_is_not_replaced(aws: LocalAws) -> None:
    rule = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "plain.fifo", "FifoQueue": True}}
    create_stack(aws, "renamed", {"Q": rule})
    changed = {**rule, "Properties": {"QueueName": "plain.fifo", "FifoQueue": "true"}}
    assert update(aws, "renamed", {"Q": changed}) == "UPDATE_ROLLBACK_COMPLETE"
    assert "Rename plain.fifo and update the stack again." in reason(aws, "renamed")


def test_deleting_a_role_does_not_stop_at_a_policy_that_is_gone(aws: LocalAws) -> None:
    role = {"Type": "AWS::IAM::Role", "Properties": {**NAMED["AWS::IAM::Role"], "RoleName": "halfway"}}
    create_stack(aws, "half", {"R": role}, Capabilities=["CAPABILITY_NAMED_IAM"])
    aws.client("iam").delete_role_policy(RoleName="halfway", PolicyName="p")
    assert delete(aws, "half") == "DELETE_COMPLETE"
    assert refusal(lambda: aws.client("iam").get_role(RoleName="halfway"))[0] == "NoSuchEntity"


def test_what_cannot_be_deleted_is_given_up_when_a_failed_deletion_is_repeated(aws: LocalAws) -> None:
    cfn = aws.client("cloudformation")
    create_stack(aws, "stuck", {"B": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "stuck-bucket"}}, "P": parameter("/stuck")})
    code, message = refusal(lambda: cfn.delete_stack(StackName="stuck", RetainResources=["B"]))
    assert (code, "only when the stack is in the DELETE_FAILED state" in message) == ("ValidationError", True)
    aws.client("s3").put_object(Bucket="stuck-bucket", Key="x", Body=b"")
    assert delete(aws, "stuck") == "DELETE_FAILED"
    assert "[P]" in refusal(lambda: cfn.delete_stack(StackName="stuck", RetainResources=["B", "P"]))[1]
    id = described(aws, "stuck")["StackId"]
    cfn.delete_stack(StackName="stuck", RetainResources=["B"])
    assert described(aws, id)["StackStatus"] == "DELETE_COMPLETE"
    assert happened(aws, id, "DELETE_SKIPPED") == [("B", "DELETE_SKIPPED")]
    aws.client("s3").head_object(Bucket="stuck-bucket", Key="x")


def test_a_deletion_that_ignores_failures_is_refused_by_name(aws: LocalAws) -> None:
    create_stack(aws, "forced", {"P": parameter("/forced")})
    force = lambda: aws.client("cloudformation").delete_stack(StackName="forced", DeletionMode="FORCE_DELETE_STACK")  # noqa: E731
    assert "the deletion mode FORCE_DELETE_STACK" in refusal(force)[1]
