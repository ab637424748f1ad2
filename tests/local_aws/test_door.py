"""The loopback door serves unmodified boto3: odd keys, empty bodies, and refusals that clients understand."""

import urllib.error
import urllib.request
from typing import Any

import boto3
import pytest
from botocore.config import Config

from local_aws.aws import LocalAws
from tests.local_aws.support import refusal

KEYS = ["plain", "with space", "a=b/c+d", "größe/日本", "per%cent", "q?x&y#z", "a//b", "dot/./x", "tilde~(1)'!*", "trailing/"]


@pytest.fixture(scope="module")
def client(aws: LocalAws) -> Any:
    """Makes clients that know nothing but the environment of the local AWS."""
    env = aws.environment()

    def make(service: str, key: str = env["AWS_ACCESS_KEY_ID"]) -> Any:
        session = boto3.Session(key, env["AWS_SECRET_ACCESS_KEY"], region_name=env["AWS_DEFAULT_REGION"])
        return session.client(service, endpoint_url=env["AWS_ENDPOINT_URL"], config=Config(retries={"total_max_attempts": 1}))

    return make


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("body", [b"", b"text", bytes(range(256))])
def test_objects_of_any_name_and_content_come_back(aws: LocalAws, client: Any, key: str, body: bytes) -> None:
    s3 = client("s3")
    s3.put_object(Bucket="data", Key=f"door/{key}", Body=body)
    assert s3.get_object(Bucket="data", Key=f"door/{key}")["Body"].read() == body
    assert s3.head_object(Bucket="data", Key=f"door/{key}")["ContentLength"] == len(body)
    assert f"door/{key}" in [o["Key"] for o in s3.list_objects_v2(Bucket="data", Prefix="door/")["Contents"]]
    assert aws.client("s3").get_object(Bucket="data", Key=f"door/{key}")["Body"].read() == body  # the same world inside
    s3.delete_object(Bucket="data", Key=f"door/{key}")
    assert "Contents" not in s3.list_objects_v2(Bucket="data", Prefix=f"door/{key}")


def test_every_kind_of_service_answers(client: Any) -> None:
    assert client("sts").get_caller_identity()["Arn"].endswith("user/local-admin")
    assert client("sagemaker").list_models()["Models"] == []
    assert client("sqs").list_queues().get("QueueUrls", []) == []
    assert client("lambda").list_functions()["Functions"] == []
    assert client("cloudwatch").describe_alarms()["MetricAlarms"] == []
    assert client("cloudformation").describe_stacks()["Stacks"] == []
    assert client("scheduler").list_schedules()["Schedules"] == []
    assert "not found" in refusal(lambda: client("sagemaker-runtime").invoke_endpoint(EndpointName="none", Body=b""))[1]


def test_errors_arrive_as_their_own_exceptions(client: Any) -> None:
    s3 = client("s3")
    with pytest.raises(s3.exceptions.NoSuchKey):
        s3.get_object(Bucket="data", Key="none")
    events = client("events")
    with pytest.raises(events.exceptions.ResourceNotFoundException):
        events.describe_rule(Name="none")
    functions, scheduler = client("lambda"), client("scheduler")  # which name the code in a header
    with pytest.raises(functions.exceptions.ResourceNotFoundException):
        functions.get_function(FunctionName="none")
    with pytest.raises(scheduler.exceptions.ResourceNotFoundException):
        scheduler.get_schedule(Name="none")


def test_strangers_and_unsigned_requests_are_refused(aws: LocalAws, client: Any) -> None:
    assert refusal(lambda: client("sagemaker", key="AKIASTRANGER").list_models())[0] == "UnrecognizedClientException"
    assert refusal(lambda: client("s3", key="AKIASTRANGER").list_buckets())[0] == "UnrecognizedClientException"
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(aws.url)
    with caught.value as answer:
        assert answer.code == 403
        assert b"not signed" in answer.read()


def test_what_is_not_emulated_is_refused_by_name_however_it_comes(client: Any) -> None:
    # two that sign by other names than their clients have, in either protocol
    for service, method, name in (("stepfunctions", "list_state_machines", "states"), ("elbv2", "describe_rules", "elasticloadbalancing")):
        code, message = refusal(getattr(client(service), method))
        assert (code, f"the service that signs as {name};" in message) == ("LocalAwsUnsupported", True)
    s3 = client("s3")
    s3.put_object(Bucket="data", Key="selected", Body=b"a,b")
    select = lambda: s3.select_object_content(  # noqa: E731
        Bucket="data", Key="selected", ExpressionType="SQL", Expression="select * from s3object",
        InputSerialization={"CSV": {}}, OutputSerialization={"CSV": {}},
    )  # fmt: skip
    assert "s3:SelectObjectContent" in refusal(select)[1]
    form = s3.generate_presigned_post("data", "formed")
    parts = [f'--x\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in {**form["fields"], "file": "abc"}.items()]
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(urllib.request.Request(form["url"], "".join([*parts, "--x--\r\n"]).encode(), headers))
    assert (refused.value.code, "generate_presigned_post" in refused.value.read().decode()) == (501, True)
