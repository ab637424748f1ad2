"""Where data lies: encrypted, versioned, over TLS only, closed to the public, and told of to EventBridge."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra.app import build

CLOSED = {"BlockPublicAcls": True, "BlockPublicPolicy": True, "IgnorePublicAcls": True, "RestrictPublicBuckets": True}


@pytest.fixture
def buckets(dev: Any) -> dict[str, dict[str, Any]]:
    """Properties by the word after the prefix in the bucket's name."""
    return {p["BucketName"]["Fn::Join"][1][0].split("-")[2]: p for p in dev.properties("AWS::S3::Bucket")}


def test_there_are_four_buckets(buckets: dict[str, Any]) -> None:
    assert set(buckets) == {"landing", "data", "artefacts", "logs"}


def test_buckets_are_versioned_closed_and_tidied_up(buckets: dict[str, Any], dev: Any) -> None:
    for bucket in buckets.values():
        assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
        assert bucket["PublicAccessBlockConfiguration"] == CLOSED
        assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
        (rule,) = bucket["LifecycleConfiguration"]["Rules"]
        assert rule["Status"] == "Enabled"
        assert rule["NoncurrentVersionExpiration"]["NoncurrentDays"] == dev.environment.operations.noncurrent_version_days
        assert rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"] == 7


def test_data_is_encrypted_with_the_key_access_logs_as_s3_delivers_them(buckets: dict[str, Any], dev: Any) -> None:
    (key,) = dev.of_type("AWS::KMS::Key")
    for name, bucket in buckets.items():
        (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        if name == "logs":
            assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
        else:
            assert rule["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": {"Fn::GetAtt": [key, "Arn"]}}
            assert rule["BucketKeyEnabled"] is True


def test_every_bucket_refuses_plain_http(dev: Any) -> None:
    policies = {p["Bucket"]["Ref"]: p["PolicyDocument"]["Statement"] for p in dev.properties("AWS::S3::BucketPolicy")}
    assert set(policies) == set(dev.of_type("AWS::S3::Bucket"))
    for bucket, statements in policies.items():
        denial = statements if isinstance(statements, dict) else statements[0]
        assert (denial["Effect"], denial["Action"], denial["Principal"]) == ("Deny", "s3:*", "*")
        assert denial["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        arn = ["arn:", {"Ref": "AWS::Partition"}, ":s3:::", {"Ref": bucket}]
        assert denial["Resource"] == [{"Fn::Join": ["", arn]}, {"Fn::Join": ["", [*arn, "/*"]]}]


def test_eventbridge_hears_of_objects_and_reads_are_logged(buckets: dict[str, Any]) -> None:
    for name in ("landing", "data", "artefacts"):
        assert buckets[name]["NotificationConfiguration"] == {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
        assert buckets[name]["LoggingConfiguration"]["LogFilePrefix"] == f"{name}/"


def test_data_outlives_the_stack_where_it_should(dev: Any, prod: Any) -> None:
    kept = ("AWS::S3::Bucket", "AWS::KMS::Key", "AWS::DynamoDB::Table")
    assert {r["DeletionPolicy"] for r in dev.of_type(*kept).values()} == {"Delete"}
    # a first deployment that fails leaves no names taken
    assert {r["DeletionPolicy"] for r in prod.of_type(*kept).values()} == {"RetainExceptOnCreate"}
    assert {r["UpdateReplacePolicy"] for r in prod.of_type(*kept).values()} == {"Retain"}


def test_key_table_topic_and_queue_are_encrypted(dev: Any) -> None:
    (key_id,) = dev.of_type("AWS::KMS::Key")
    key = {"Fn::GetAtt": [key_id, "Arn"]}
    assert dev.properties("AWS::KMS::Key")[0]["EnableKeyRotation"] is True
    for table in dev.properties("AWS::DynamoDB::Table"):
        assert table["SSESpecification"] == {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": key}
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert dev.properties("AWS::SNS::Topic")[0]["KmsMasterKeyId"] == key
    assert dev.properties("AWS::SQS::Queue")[0]["SqsManagedSseEnabled"] is True


def test_eventbridge_may_publish_without_naming_a_source(dev: Any) -> None:
    """It does not name one to SNS, so that a condition would drop every message."""
    topic = dev.properties("AWS::SNS::TopicPolicy")[0]["PolicyDocument"]["Statement"]
    key = dev.properties("AWS::KMS::Key")[0]["KeyPolicy"]["Statement"]
    for statements in (topic, key):
        (events,) = [s for s in statements if s["Principal"] == {"Service": "events.amazonaws.com"}]
        assert "Condition" not in events
        (alarms,) = [s for s in statements if s["Principal"] == {"Service": "cloudwatch.amazonaws.com"}]
        assert alarms["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def test_people_are_told_by_mail_where_an_address_is_given(dev: Any, tmp_path: Path) -> None:
    operations = dev.environment.operations.model_copy(update={"email": "team@example.com"})
    environment = dev.environment.model_copy(update={"operations": operations})
    build(environment, dev.contract, outdir=str(tmp_path), git_commit="0" * 40).synth()
    resources = json.loads((tmp_path / "Platform.template.json").read_text())["Resources"].values()
    (subscription,) = [r["Properties"] for r in resources if r["Type"] == "AWS::SNS::Subscription"]
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", "team@example.com")
    assert not dev.of_type("AWS::SNS::Subscription")
