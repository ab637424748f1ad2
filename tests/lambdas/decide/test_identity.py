"""STS answers whose signature it is; nothing else does."""

from collections.abc import Iterator

import boto3
import pytest

from cli.proof import sign
from lambdas.decide.errors import Refused
from lambdas.decide.identity import who_signed
from local_aws.aws import LocalAws

ARN = "arn:aws:sagemaker:us-east-1:123456789012:model-package/loans-prod-models/7"


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAws]:
    with LocalAws() as running:
        yield running


def client(aws: LocalAws, **credentials: str):
    given = {"aws_access_key_id": "AKIAUNKNOWN000000000", "aws_secret_access_key": "x", **credentials}
    return boto3.client("sts", endpoint_url=aws.url, region_name="us-east-1", **given)


def test_the_signer_is_named_by_sts(aws: LocalAws):
    role = aws.client("iam").create_role(RoleName="reviewer", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    given = aws.client("sts").assume_role(RoleArn=role, RoleSessionName="ann")["Credentials"]
    session = boto3.Session(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], region_name="us-east-1")
    proof = sign(session, aws.url, ARN, "approve", "good")
    found = who_signed(client(aws), proof)
    assert (found.arn, found.account) == ("arn:aws:sts::123456789012:assumed-role/reviewer/ann", "123456789012")


def test_an_unknown_key_is_nobodys(aws: LocalAws):
    session = boto3.Session("AKIASOMEBODY00000000", "secret", region_name="us-east-1")
    with pytest.raises(Refused, match="STS does not vouch for the signature"):
        who_signed(client(aws), sign(session, aws.url, ARN, "approve", "good"))
