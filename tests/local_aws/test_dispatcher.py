"""Every call is attributed, journalled, checked by botocore's models, and answered by ours, by moto, or refused."""

import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from local_aws.aws import LocalAws
from local_aws.dispatcher import Call, Dispatcher, operation
from local_aws.journal import Entry
from local_aws.moto_seam import HttpRequest
from tests.local_aws.support import IMAGE, ROLE, put, refusal

ADMIN = "arn:aws:iam::123456789012:user/local-admin"


def entry(aws: LocalAws, call: Callable[[], Any]) -> Entry:
    """What the journal says of one call."""
    aws.journal.clear()
    call()
    return aws.journal.entries()[-1]


def test_a_call_is_recorded_with_principal_action_resource_and_result(aws: LocalAws) -> None:
    made = entry(aws, lambda: put(aws, "a/b", "x"))
    assert (made.principal, made.role, made.service, made.operation) == (ADMIN, None, "s3", "PutObject")
    assert [(a.action, a.resources) for a in made.accesses] == [("s3:PutObject", ("arn:aws:s3:::data/a/b",))]
    assert (made.status, made.error, made.emulated) == (200, None, False)
    failed = entry(aws, lambda: refusal(lambda: aws.client("sagemaker").describe_model(ModelName="none")))
    assert (failed.status, failed.error, failed.emulated) == (400, "ValidationException", True)
    assert entry(aws, lambda: refusal(lambda: aws.client("s3").get_object(Bucket="data", Key="none"))).error == "HTTP 404"


@pytest.mark.parametrize(
    ("service", "method", "params", "action", "resource"),
    [
        ("s3", "list_objects_v2", {"Bucket": "data", "Prefix": "x"}, "s3:ListBucket", "arn:aws:s3:::data"),
        ("s3", "head_bucket", {"Bucket": "data"}, "s3:ListBucket", "arn:aws:s3:::data"),
        (
            "sagemaker",
            "describe_endpoint",
            {"EndpointName": "e"},
            "sagemaker:DescribeEndpoint",
            "arn:aws:sagemaker:us-east-1:123456789012:endpoint/e",
        ),
        (
            "sagemaker-runtime",
            "invoke_endpoint",
            {"EndpointName": "e", "Body": b""},
            "sagemaker:InvokeEndpoint",
            "arn:aws:sagemaker:us-east-1:123456789012:endpoint/e",
        ),
        ("lambda", "invoke", {"FunctionName": "f"}, "lambda:InvokeFunction", "arn:aws:lambda:us-east-1:123456789012:function:f"),
        (
            "dynamodb",
            "get_item",
            {"TableName": "t", "Key": {"k": {"S": "v"}}},
            "dynamodb:GetItem",
            "arn:aws:dynamodb:us-east-1:123456789012:table/t",
        ),
        ("logs", "create_log_group", {"logGroupName": "/g"}, "logs:CreateLogGroup", "arn:aws:logs:us-east-1:123456789012:log-group:/g"),
        (
            "sns",
            "publish",
            {"TopicArn": "arn:aws:sns:us-east-1:123456789012:t", "Message": "m"},
            "sns:Publish",
            "arn:aws:sns:us-east-1:123456789012:t",
        ),
        (
            "s3",
            "delete_objects",
            {"Bucket": "data", "Delete": {"Objects": [{"Key": "a"}, {"Key": "b/c"}]}},
            "s3:DeleteObject",
            "arn:aws:s3:::data/b/c",
        ),
        ("glue", "get_table", {"DatabaseName": "d", "Name": "t"}, "glue:GetTable", "arn:aws:glue:us-east-1:123456789012:table/d/t"),
        (
            "cloudformation",
            "describe_stacks",
            {"StackName": "s"},
            "cloudformation:DescribeStacks",
            "arn:aws:cloudformation:us-east-1:123456789012:stack/s/*",
        ),
    ],
)
def test_actions_and_resources(aws: LocalAws, service: str, method: str, params: dict[str, Any], action: str, resource: str) -> None:
    from botocore.exceptions import ClientError

    def call() -> None:
        try:
            getattr(aws.client(service), method)(**params)
        except ClientError:
            pass  # most of these things do not exist

    access = entry(aws, call).accesses[0]
    assert access.action == action
    assert resource in access.resources


def test_a_copy_reads_its_source_and_a_prefix_is_a_condition(aws: LocalAws) -> None:
    put(aws, "from", "x")
    copied = entry(aws, lambda: aws.client("s3").copy_object(Bucket="data", Key="to", CopySource="data/from"))
    assert [(a.action, a.resources) for a in copied.accesses] == [
        ("s3:PutObject", ("arn:aws:s3:::data/to",)),
        ("s3:GetObject", ("arn:aws:s3:::data/from",)),
    ]
    listed = entry(aws, lambda: aws.client("s3").list_objects_v2(Bucket="data", Prefix="p/"))
    assert listed.accesses[0].context == {"s3:prefix": "p/"}


def test_passing_a_role_is_an_access_of_its_own(aws: LocalAws) -> None:
    put(aws, "m.tar.gz", b"x")
    container = {"Image": IMAGE, "ModelDataUrl": "s3://data/m.tar.gz"}
    aws.journal.clear()
    aws.client("sagemaker").create_model(ModelName="m", ExecutionRoleArn=ROLE, PrimaryContainer=container)
    (made,) = aws.journal.calls("sagemaker", "CreateModel")
    assert [(a.action, a.resources, a.context) for a in made.accesses[1:]] == [
        ("iam:PassRole", (ROLE,), {"iam:PassedToService": "sagemaker.amazonaws.com"})
    ]


def test_a_role_session_acts_as_its_role(aws: LocalAws) -> None:
    credentials = aws.client("sts").assume_role(RoleArn=ROLE, RoleSessionName="me")["Credentials"]
    session = boto3.Session(credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials["SessionToken"], "us-east-1")
    made = entry(aws, session.client("sts", endpoint_url=aws.url).get_caller_identity)
    assert (made.principal, made.role) == ("arn:aws:sts::123456789012:assumed-role/tester/me", "tester")
    assert aws.journal.of_role("tester") == [made]


def test_what_is_not_emulated_is_refused_by_name(aws: LocalAws) -> None:
    for call, name in (
        (lambda: aws.client("sagemaker").list_feature_groups(), "sagemaker:ListFeatureGroups"),
        (lambda: aws.client("cloudformation").list_stack_sets(), "cloudformation:ListStackSets"),
        (lambda: aws.client("ec2").describe_vpcs(), "ec2:DescribeVpcs"),
    ):
        code, message = refusal(call)
        assert code == "LocalAwsUnsupported"
        assert f"does not emulate {name}" in message


def test_input_is_checked_by_the_model(aws: LocalAws) -> None:
    body = json.dumps({"ModelName": 5}).encode()
    answer = aws.dispatcher.handle(request("SageMaker.DescribeModel", body))
    assert answer.status == 400
    assert b"Invalid type for parameter ModelName" in answer.body


def request(target: str, body: bytes, key: str = "AKIALOCALADMIN000000", **headers: str) -> HttpRequest:
    signed = {"Authorization": f"AWS4-HMAC-SHA256 Credential={key}/20260101/us-east-1/sagemaker/aws4_request, SignedHeaders=x, Signature=y"}
    given = {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.1", **signed, **headers}
    return HttpRequest("POST", "https://api.sagemaker.us-east-1.amazonaws.com/", {k: v for k, v in given.items() if v}, body)


def test_who_is_not_known_is_refused(aws: LocalAws) -> None:
    answer = aws.dispatcher.handle(request("SageMaker.ListModels", b"{}", key="AKIASTRANGER"))
    assert (answer.status, json.loads(answer.body)["__type"]) == (403, "UnrecognizedClientException")
    assert b"AKIASTRANGER" in answer.body
    unsigned = aws.dispatcher.handle(request("SageMaker.ListModels", b"{}", Authorization=""))
    assert (unsigned.status, json.loads(unsigned.body)["__type"]) == (403, "MissingAuthenticationToken")


def test_what_cannot_be_read_is_answered(aws: LocalAws) -> None:
    headers = {"Authorization": request("x", b"").headers["Authorization"].replace("/sagemaker/", "/s3/")}
    broken = HttpRequest("PUT", "https://s3.us-east-1.amazonaws.com/data?notification", headers, b"<broken")
    answer = aws.dispatcher.handle(broken)
    assert (answer.status, json.loads(answer.body)["__type"]) == (400, "SerializationException")
    unknown = aws.dispatcher.handle(request("SageMaker.NoSuchThing", b"{}"))
    assert (unknown.status, json.loads(unknown.body)["__type"]) == (404, "UnknownOperationException")


class Wrong:
    """A service with a response that botocore's model does not allow, and one that breaks."""

    @operation("sagemaker", "ListModels")
    def models(self, _: Call) -> dict[str, Any]:
        return {"Models": [{"ModelName": 5}]}

    @operation("sagemaker", "ListEndpoints")
    def endpoints(self, _: Call) -> dict[str, Any]:
        raise KeyError("a fault")


def test_a_wrong_response_of_ours_is_caught(aws: LocalAws, capsys: pytest.CaptureFixture[str]) -> None:
    dispatcher = Dispatcher(aws.principals, aws.journal, aws.clock)
    dispatcher.register(Wrong())
    answer = dispatcher.handle(request("SageMaker.ListModels", b"{}"))
    assert answer.status == 500
    assert "our sagemaker:ListModels broke its model" in json.loads(answer.body)["Message"]
    assert aws.journal.entries()[-1].error == "InternalFailure"
    broken = dispatcher.handle(request("SageMaker.ListEndpoints", b"{}"))
    assert "fault in the local AWS, sagemaker:ListEndpoints: KeyError('a fault')" in json.loads(broken.body)["Message"]
    assert "KeyError" in capsys.readouterr().err


def test_an_operation_is_implemented_once(aws: LocalAws) -> None:
    assert ("sagemaker", "CreateModel") in aws.dispatcher.implemented()
    with pytest.raises(ValueError, match="implemented twice"):
        aws.dispatcher.register(Wrong())
