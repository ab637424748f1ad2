"""Small builders that the tests of the local AWS share: roles, archives, and waiting."""

import io
import json
import os
import tarfile
import time
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

from local_aws.aws import LocalAws

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.9-0-cpu-py3"
ROLE = "arn:aws:iam::123456789012:role/tester"
BUCKET = "data"
CLUSTER = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}


def furnish(aws: LocalAws) -> None:
    """A role and a bucket, which nearly every test needs."""
    aws.client("iam").create_role(RoleName="tester", AssumeRolePolicyDocument="{}")
    aws.client("s3").create_bucket(Bucket=BUCKET)


def until(what: Callable[[], Any], seconds: float = 30.0) -> Any:
    """Poll until something is truthy, and return it."""
    end = time.monotonic() + seconds
    while not (value := what()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)
    return value


def source(text: str) -> bytes:
    return dedent(text).encode()


def zipped(files: Mapping[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, dedent(text))
    return buffer.getvalue()


def tarred(files: Mapping[str, str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, text in files.items():
            content = dedent(text).encode()
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def put(aws: LocalAws, key: str, body: bytes | str) -> str:
    """Store an object in the common bucket; its URI."""
    aws.client("s3").put_object(Bucket=BUCKET, Key=key, Body=body if isinstance(body, bytes) else body.encode())
    return f"s3://{BUCKET}/{key}"


def get(aws: LocalAws, key: str) -> bytes:
    return bytes(aws.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read())


def keys(aws: LocalAws, prefix: str) -> list[str]:
    return [o["Key"] for o in aws.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])]


def sent(aws: LocalAws, url: str) -> list[dict[str, Any]]:
    """Everything that waits in a queue, taken out of it."""
    found = aws.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]).get("Messages", [])
    for message in found:
        aws.client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return list(found)


def queue(aws: LocalAws, name: str, **attributes: str) -> tuple[str, str]:
    """A new queue: (URL, ARN)."""
    url = aws.client("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    return url, f"arn:aws:sqs:us-east-1:123456789012:{name}"


def function(aws: LocalAws, name: str, handler: str, **extra: Any) -> str:
    """A Lambda function of one file, with its log group; its ARN."""
    aws.client("logs").create_log_group(logGroupName=f"/aws/lambda/{name}")
    created = aws.client("lambda").create_function(
        FunctionName=name, Role=ROLE, Runtime="python3.13", Handler="app.handler", Code={"ZipFile": zipped({"app.py": handler})}, **extra
    )
    return str(created["FunctionArn"])


def forwarder(url: str) -> str:
    """A handler that puts the events that it is invoked with into a queue."""
    return dedent(f"""
        import json, boto3

        def handler(event, context):
            boto3.client("sqs").send_message(QueueUrl={url!r}, MessageBody=json.dumps(event))
    """)


def emitted(aws: LocalAws, detail_type: str, **detail: Any) -> list[dict[str, Any]]:
    """Details of the events of a type that have been on the bus, with these values."""
    found = [e["detail"] for e in aws.events.history if e["detail-type"] == detail_type]
    return [d for d in found if all(d.get(k) == v for k, v in detail.items())]


def refusal(call: Callable[[], Any]) -> tuple[str, str]:
    """(code, message) of the error that a boto3 call ends in."""
    from botocore.exceptions import ClientError

    try:
        answer = call()
    except ClientError as error:
        return error.response["Error"]["Code"], error.response["Error"]["Message"]
    raise AssertionError(f"it was not refused: {json.dumps(answer, default=str)[:300]}")


def children() -> set[int]:
    """Every process below this one."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        try:
            parents[int(entry.name)] = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except (ValueError, OSError):
            continue  # not a process, or gone
    found: set[int] = {os.getpid()}
    before: set[int] = set()
    while found != before:
        before, found = found, found | {pid for pid, parent in parents.items() if parent in found}
    return found - {os.getpid()}
