"""S3 object events reach the bus from buckets that have EventBridge switched on, and only from those."""

from typing import Any

import pytest

from local_aws.aws import LocalAws
from tests.local_aws.support import emitted, refusal


@pytest.fixture(scope="module", autouse=True)
def bucket(aws: LocalAws) -> str:
    s3 = aws.client("s3")
    for name in ("loud", "silent"):
        s3.create_bucket(Bucket=name)
    s3.put_bucket_notification_configuration(Bucket="loud", NotificationConfiguration={"EventBridgeConfiguration": {}})
    return "loud"


def created(aws: LocalAws, key: str) -> list[dict[str, Any]]:
    return [d for d in emitted(aws, "Object Created") if d["object"]["key"] == key]


def test_a_put_is_an_event_with_size_tag_and_order(aws: LocalAws) -> None:
    etags = [aws.client("s3").put_object(Bucket="loud", Key="in/a b.csv", Body=body)["ETag"].strip('"') for body in (b"12345", b"")]
    first, second = created(aws, "in/a b.csv")
    assert [(d["object"]["size"], d["object"]["etag"]) for d in (first, second)] == [(5, etags[0]), (0, etags[1])]
    assert first["object"]["sequencer"] < second["object"]["sequencer"]
    assert (first["bucket"], first["reason"]) == ({"name": "loud"}, "PutObject")
    event = next(e for e in aws.events.history if e["detail"] is first)
    assert (event["source"], event["resources"]) == ("aws.s3", ["arn:aws:s3:::loud"])


def test_a_multipart_upload_is_one_event_with_the_whole_size(aws: LocalAws) -> None:
    s3 = aws.client("s3")
    upload = s3.create_multipart_upload(Bucket="loud", Key="big")["UploadId"]
    sizes = (5 << 20, 100)
    parts = [
        {"PartNumber": n, "ETag": s3.upload_part(Bucket="loud", Key="big", UploadId=upload, PartNumber=n, Body=b"x" * size)["ETag"]}
        for n, size in enumerate(sizes, 1)
    ]
    assert created(aws, "big") == []
    s3.complete_multipart_upload(Bucket="loud", Key="big", UploadId=upload, MultipartUpload={"Parts": parts})
    (detail,) = created(aws, "big")
    assert (detail["object"]["size"], detail["reason"]) == (sum(sizes), "CompleteMultipartUpload")
    assert detail["object"]["etag"].endswith("-2")


def test_a_copy_is_an_event_of_its_target(aws: LocalAws) -> None:
    s3 = aws.client("s3")
    s3.put_object(Bucket="silent", Key="source", Body=b"123")
    s3.copy_object(Bucket="loud", Key="copy", CopySource={"Bucket": "silent", "Key": "source"})
    (detail,) = created(aws, "copy")
    assert (detail["object"]["size"], detail["reason"]) == (3, "CopyObject")
    assert created(aws, "source") == []


def test_a_bucket_without_eventbridge_and_a_failed_put_send_nothing(aws: LocalAws) -> None:
    s3 = aws.client("s3")
    s3.put_object(Bucket="silent", Key="quiet", Body=b"1")
    s3.put_object(Bucket="loud", Key="only-once", Body=b"1")
    refusal(lambda: s3.put_object(Bucket="loud", Key="only-once", Body=b"2", IfNoneMatch="*"))
    assert created(aws, "quiet") == []
    assert len(created(aws, "only-once")) == 1
    s3.put_bucket_notification_configuration(Bucket="silent", NotificationConfiguration={"EventBridgeConfiguration": {}})
    assert "EventBridgeConfiguration" in s3.get_bucket_notification_configuration(Bucket="silent")
    s3.put_bucket_notification_configuration(Bucket="silent", NotificationConfiguration={})
    s3.put_object(Bucket="silent", Key="quiet", Body=b"1")
    assert created(aws, "quiet") == []


def test_deletion_says_whether_something_is_left(aws: LocalAws) -> None:
    s3 = aws.client("s3")
    s3.put_object(Bucket="loud", Key="gone", Body=b"")
    s3.delete_object(Bucket="loud", Key="gone")
    assert emitted(aws, "Object Deleted")[-1]["deletion-type"] == "Permanently Deleted"
    s3.put_bucket_versioning(Bucket="loud", VersioningConfiguration={"Status": "Enabled"})
    version = s3.put_object(Bucket="loud", Key="marked", Body=b"")["VersionId"]
    assert created(aws, "marked")[0]["object"]["version-id"] == version
    s3.delete_object(Bucket="loud", Key="marked")
    assert emitted(aws, "Object Deleted")[-1]["deletion-type"] == "Delete Marker Created"
    s3.put_bucket_versioning(Bucket="loud", VersioningConfiguration={"Status": "Suspended"})


def test_a_bucket_that_is_made_again_starts_afresh(aws: LocalAws) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="again")
    s3.put_bucket_notification_configuration(Bucket="again", NotificationConfiguration={"EventBridgeConfiguration": {}})
    s3.put_bucket_policy(Bucket="again", Policy='{"Statement": []}')
    assert s3.get_bucket_policy(Bucket="again")["Policy"] == '{"Statement": []}'
    s3.delete_bucket(Bucket="again")
    s3.create_bucket(Bucket="again")
    s3.put_object(Bucket="again", Key="fresh", Body=b"")
    assert created(aws, "fresh") == []
    assert refusal(lambda: s3.get_bucket_policy(Bucket="again"))[0] == "NoSuchBucketPolicy"


def test_direct_targets_are_refused(aws: LocalAws) -> None:
    configuration = {"QueueConfigurations": [{"QueueArn": "arn:aws:sqs:us-east-1:123456789012:q", "Events": ["s3:ObjectCreated:*"]}]}
    put = lambda: aws.client("s3").put_bucket_notification_configuration(Bucket="loud", NotificationConfiguration=configuration)  # noqa: E731
    assert "QueueConfigurations; use EventBridge" in refusal(put)[1]
