"""SQS as an event source: batches, failure and its retry after the visibility timeout, a full dead-letter queue."""

import json
from datetime import timedelta
from typing import Any

from local_aws.aws import LocalAws
from tests.local_aws.support import function, get, put, queue, refusal, sent

# keeps what it received in S3 and fails while the object data/broken exists
HANDLER = """
    import json
    import boto3

    def handler(event, context):
        s3 = boto3.client("s3")
        name = context.function_name
        old = json.loads(s3.get_object(Bucket="data", Key=f"seen/{name}")["Body"].read())
        s3.put_object(Bucket="data", Key=f"seen/{name}", Body=json.dumps(old + [[r["body"] for r in event["Records"]]]))
        if "Contents" in s3.list_objects_v2(Bucket="data", Prefix="broken"):
            raise RuntimeError("broken")
"""


def consumer(aws: LocalAws, name: str, source: str, **extra: Any) -> str:
    put(aws, f"seen/{name}", "[]")
    function(aws, name, HANDLER, Timeout=10)
    return str(aws.client("lambda").create_event_source_mapping(EventSourceArn=source, FunctionName=name, **extra)["UUID"])


def seen(aws: LocalAws, name: str) -> list[list[str]]:
    return list(json.loads(get(aws, f"seen/{name}")))


def depth(aws: LocalAws, url: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    return sum(int(v) for v in aws.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"].values())


def test_messages_are_handed_over_and_deleted(aws: LocalAws) -> None:
    url, arn = queue(aws, "plain")
    aws.client("sqs").send_message(QueueUrl=url, MessageBody="before")
    mapping = consumer(aws, "plain", arn)
    aws.settle()
    aws.client("sqs").send_message(QueueUrl=url, MessageBody="one")
    aws.settle()
    aws.client("sqs").send_message_batch(QueueUrl=url, Entries=[{"Id": i, "MessageBody": i} for i in ("two", "three")])
    aws.settle()
    assert sorted(m for batch in seen(aws, "plain") for m in batch) == ["before", "one", "three", "two"]
    assert depth(aws, url) == 0
    aws.client("lambda").delete_event_source_mapping(UUID=mapping)
    aws.client("sqs").send_message(QueueUrl=url, MessageBody="late")
    aws.settle()
    assert [m["Body"] for m in sent(aws, url)] == ["late"]


def test_a_failed_batch_comes_back_after_the_visibility_timeout(aws: LocalAws) -> None:
    url, arn = queue(aws, "again", VisibilityTimeout="300")
    consumer(aws, "again", arn)
    put(aws, "broken", "")
    aws.client("sqs").send_message(QueueUrl=url, MessageBody="m")
    aws.settle()
    assert seen(aws, "again") == [["m"]]
    aws.advance(timedelta(seconds=200))
    assert seen(aws, "again") == [["m"]]
    aws.client("s3").delete_object(Bucket="data", Key="broken")
    aws.advance(timedelta(seconds=200))
    assert seen(aws, "again") == [["m"], ["m"]]
    assert depth(aws, url) == 0


def test_a_message_that_keeps_failing_goes_to_the_dead_letter_queue(aws: LocalAws) -> None:
    dead_url, dead_arn = queue(aws, "dead")
    policy = json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 2})
    url, arn = queue(aws, "poisoned", VisibilityTimeout="60", RedrivePolicy=policy)
    consumer(aws, "poisoned", arn)
    put(aws, "broken", "")
    aws.client("sqs").send_message(QueueUrl=url, MessageBody="poison")
    aws.settle()
    for _ in range(3):
        aws.advance(timedelta(seconds=61))
    aws.client("s3").delete_object(Bucket="data", Key="broken")
    assert seen(aws, "poisoned") == [["poison"]] * 2
    assert [m["Body"] for m in sent(aws, dead_url)] == ["poison"]
    assert depth(aws, url) == 0


def test_other_sources_are_refused(aws: LocalAws) -> None:
    arn = "arn:aws:kinesis:us-east-1:123456789012:stream/s"
    code, message = refusal(lambda: aws.client("lambda").create_event_source_mapping(EventSourceArn=arn, FunctionName="plain"))
    assert (code, arn in message) == ("LocalAwsUnsupported", True)
