"""Provider schemas and stack policies: unknown properties at any depth, create-only ones, what a policy denies."""

from typing import Any

import pytest

from local_aws.cloudformation import policy
from local_aws.cloudformation.check import check
from local_aws.cloudformation.schema import create_only, faults, schema
from local_aws.cloudformation.template import parse
from local_aws.errors import AwsError, Unsupported
from tests.local_aws.stacks import parameter, template


def test_unknown_and_missing_properties_are_named_by_path() -> None:
    properties = {
        "BucketName": "b",
        "Colour": "red",
        "BucketEncryption": {"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"Algorithm": "x"}}]},
    }
    found = faults("AWS::S3::Bucket", properties)
    assert any(f.startswith("/Colour is not a property; allowed: ") and "BucketName" in f for f in found)
    deep = "/BucketEncryption/ServerSideEncryptionConfiguration[]/ServerSideEncryptionByDefault"
    assert any(f.startswith(f"{deep}/Algorithm is not a property") for f in found)
    assert f"{deep}/SSEAlgorithm is required" in found


def test_values_that_are_computed_are_not_looked_into() -> None:
    assert faults("AWS::S3::Bucket", {"BucketEncryption": {"Fn::If": ["C", {}, {"Ref": "AWS::NoValue"}]}, "BucketName": {"Ref": "X"}}) == []


def test_create_only_properties_come_from_the_schema() -> None:
    assert "TopicName" in create_only("AWS::SNS::Topic")
    assert "EndpointName" in create_only("AWS::SageMaker::Endpoint")
    assert "Value" not in create_only("AWS::SSM::Parameter")


def test_a_type_that_aws_does_not_have_is_named() -> None:
    with pytest.raises(Unsupported, match="AWS::S3::Bukkit: CloudFormation has no such type in us-east-1"):
        schema("AWS::S3::Bukkit")


@pytest.mark.parametrize(
    ("resource", "words"),
    [
        ({"Type": "AWS::EC2::VPC"}, "the resource type AWS::EC2::VPC (A; it does AWS::ApplicationAutoScaling::ScalableTarget, "),
        ({"Type": "AWS::S3::Bukkit"}, "CloudFormation has no such type"),
        (
            {"Type": "AWS::S3::Bucket", "Properties": {"CorsConfiguration": {"CorsRules": []}}},
            "the property CorsConfiguration of AWS::S3::Bucket (A)",
        ),
        (parameter("/a", Properties={"Type": "String", "Value": "v", "Colour": 1}), "A (AWS::SSM::Parameter): /Colour is not a property"),
        ({"Type": "AWS::SSM::Parameter"}, "A (AWS::SSM::Parameter): /Value is required"),
    ],
)
def test_a_resource_that_is_not_known_or_not_emulated_is_refused(resource: dict[str, Any], words: str) -> None:
    with pytest.raises(AwsError) as caught:
        check(parse(template({"A": resource})))
    assert words in caught.value.message


ALLOW = {"Effect": "Allow", "Action": "Update:*", "Resource": "*"}


@pytest.mark.parametrize(
    ("statements", "denied"),
    [
        ([ALLOW], set()),
        ([], {"modify", "replace", "delete"}),
        (
            [ALLOW, {"Effect": "Deny", "Action": ["Update:Replace", "Update:Delete"], "Resource": "LogicalResourceId/Endpoint"}],
            {"replace", "delete"},
        ),
        ([ALLOW, {"Effect": "Deny", "Action": "Update:Delete", "Resource": "LogicalResourceId/End*"}], {"delete"}),
        ([ALLOW, {"Effect": "Deny", "Action": "Update:*", "Resource": "LogicalResourceId/Other"}], set()),
        (
            [
                ALLOW,
                {
                    "Effect": "Deny",
                    "Action": "Update:Modify",
                    "Resource": "*",
                    "Condition": {"StringEquals": {"ResourceType": ["AWS::SageMaker::Endpoint"]}},
                },
            ],
            {"modify"},
        ),
        (
            [
                ALLOW,
                {"Effect": "Deny", "Action": "Update:*", "Resource": "*", "Condition": {"StringLike": {"ResourceType": "AWS::SNS::*"}}},
            ],
            set(),
        ),
    ],
)
def test_a_stack_policy_denies(statements: list[dict[str, Any]], denied: set[str]) -> None:
    judge = lambda change: policy.denied({"Statement": statements}, "Endpoint", "AWS::SageMaker::Endpoint", change)  # noqa: E731
    assert {change for change in ("modify", "replace", "delete") if judge(change)} == denied


def test_without_a_policy_nothing_is_denied() -> None:
    assert not policy.denied(None, "A", "AWS::SNS::Topic", "delete")
