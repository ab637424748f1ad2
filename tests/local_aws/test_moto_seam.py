"""Contracts with the pinned moto: its version, its parsers of every protocol, its backends, and who imports it."""

import ast
import re
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from local_aws import moto_seam
from local_aws.aws import LocalAws
from local_aws.dispatcher import MOTO, OURS
from local_aws.errors import AwsError
from local_aws.moto_seam import HttpRequest

ROOT = Path(__file__).resolve().parents[2]


def test_moto_is_the_version_that_is_pinned() -> None:
    (pinned,) = re.findall(r"^moto(?:\[[^]]*\])?==([\d.]+)", (ROOT / "requirements" / "dev.txt").read_text(), re.MULTILINE)
    assert version("moto") == pinned


def test_the_seam_alone_imports_moto() -> None:
    importers = set()
    for path in (ROOT / "local_aws").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = (
                [a.name for a in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            if any(name.split(".")[0] == "moto" for name in names):
                importers.add(path.name)
    assert importers == {"moto_seam.py", "moto_instances.py", "moto_backends.py"}


def signed(service: str, method: str, host: str, path: str = "/", body: bytes = b"", **headers: str) -> HttpRequest:
    authorization = f"AWS4-HMAC-SHA256 Credential=KEY/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
    given = {"Authorization": authorization, "Host": host, **{k.replace("_", "-"): v for k, v in headers.items()}}
    return HttpRequest(method, f"https://{host}{path}", given, body)


@pytest.mark.parametrize(
    ("http", "service", "operation", "params"),
    [
        (
            signed(
                "sagemaker",
                "POST",
                "api.sagemaker.us-east-1.amazonaws.com",
                body=b'{"ModelName": "m"}',
                X_Amz_Target="SageMaker.DescribeModel",
                Content_Type="application/x-amz-json-1.1",
            ),
            "sagemaker",
            "DescribeModel",
            {"ModelName": "m"},
        ),
        (
            signed(
                "sns",
                "POST",
                "sns.us-east-1.amazonaws.com",
                body=b"Action=Publish&Version=2010-03-31&TopicArn=t&Message=a%20b",
                Content_Type="application/x-www-form-urlencoded",
            ),
            "sns",
            "Publish",
            {"TopicArn": "t", "Message": "a b"},
        ),
        (
            signed(
                "lambda",
                "POST",
                "lambda.us-east-1.amazonaws.com",
                "/2015-03-31/functions/f/invocations",
                b"{}",
                X_Amz_Invocation_Type="Event",
            ),
            "lambda",
            "Invoke",
            {"FunctionName": "f", "InvocationType": "Event"},
        ),
        (
            signed("s3", "PUT", "s3.us-east-1.amazonaws.com", "/bucket/a%20b/c", b"x", Content_Type="text/csv"),
            "s3",
            "PutObject",
            {"Bucket": "bucket", "Key": "a b/c", "ContentType": "text/csv"},
        ),
        (
            signed(
                "sagemaker", "POST", "runtime.sagemaker.us-east-1.amazonaws.com", "/endpoints/e/invocations", b"1", Content_Type="text/csv"
            ),
            "sagemaker-runtime",
            "InvokeEndpoint",
            {"EndpointName": "e", "ContentType": "text/csv"},
        ),
    ],
)
def test_requests_of_every_protocol_are_understood(http: HttpRequest, service: str, operation: str, params: dict[str, Any]) -> None:
    parsed = moto_seam.parse(http)
    assert (parsed.service, parsed.operation.name, parsed.access_key) == (service, operation, "KEY")
    assert {k: parsed.params.get(k) for k in params} == params


def test_a_request_without_signature_is_refused() -> None:
    with pytest.raises(AwsError, match="not signed"):
        moto_seam.parse(HttpRequest("GET", "https://s3.amazonaws.com/", {}, b""))


def test_moto_keeps_the_state_of_its_services(aws: LocalAws) -> None:
    """A write and a read of every service that is moto's."""
    c = aws.client
    c("s3").put_object(Bucket="data", Key="k", Body=b"v")
    assert c("s3").get_object(Bucket="data", Key="k")["Body"].read() == b"v"
    schema = {
        "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
    }
    c("dynamodb").create_table(TableName="t", BillingMode="PAY_PER_REQUEST", **schema)
    c("dynamodb").put_item(TableName="t", Item={"k": {"S": "x"}})
    with pytest.raises(c("dynamodb").exceptions.ConditionalCheckFailedException):
        c("dynamodb").put_item(TableName="t", Item={"k": {"S": "x"}}, ConditionExpression="attribute_not_exists(k)")
    url = c("sqs").create_queue(QueueName="q")["QueueUrl"]
    c("sqs").send_message(QueueUrl=url, MessageBody="m")
    assert c("sqs").receive_message(QueueUrl=url)["Messages"][0]["Body"] == "m"
    c("logs").create_log_group(logGroupName="g")
    assert c("logs").describe_log_groups(logGroupNamePrefix="g")["logGroups"][0]["logGroupName"] == "g"
    key = c("kms").create_key()["KeyMetadata"]["KeyId"]
    assert c("kms").decrypt(CiphertextBlob=c("kms").encrypt(KeyId=key, Plaintext=b"p")["CiphertextBlob"])["Plaintext"] == b"p"
    assert c("iam").get_role(RoleName="tester")["Role"]["Arn"].endswith(":role/tester")
    c("ssm").put_parameter(Name="/p", Value="v", Type="String")
    assert c("ssm").get_parameter(Name="/p")["Parameter"]["Value"] == "v"
    c("glue").create_database(DatabaseInput={"Name": "d"})
    assert c("glue").get_database(Name="d")["Database"]["Name"] == "d"
    c("cloudwatch").put_metric_data(Namespace="n", MetricData=[{"MetricName": "m", "Value": 1}])
    assert c("cloudwatch").list_metrics(Namespace="n")["Metrics"][0]["MetricName"] == "m"
    target = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": "endpoint/e/variant/v",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }
    c("application-autoscaling").register_scalable_target(**target, MinCapacity=1, MaxCapacity=2)
    assert c("application-autoscaling").describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"][0]["MaxCapacity"] == 2
    assert aws.journal.entries(lambda e: e.service in MOTO and e.error == "InternalFailure") == []


def test_services_are_ours_or_motos() -> None:
    assert not OURS & MOTO
    for service in OURS | MOTO:
        assert moto_seam.operations(service)
