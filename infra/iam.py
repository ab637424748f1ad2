"""Roles and ARNs: one role per Lambda and per kind of job, trust bound to this account.

Policies are written out as documents and nothing adds to them later: what is read here is what is deployed.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import Aws
from constructs import Construct

from infra.stack import att, resource

Statement = dict[str, Any]

# Reading one of these is a call to Node, and every ARN holds three.
PARTITION, REGION, ACCOUNT = Aws.PARTITION, Aws.REGION, Aws.ACCOUNT_ID

# Lambda's own role trust is the one that must not carry aws:SourceAccount (facts: it breaks the function).
_WITHOUT_SOURCE_ACCOUNT = {"lambda.amazonaws.com"}


def arn(service: str, what: str) -> str:
    """An ARN in this account and region."""
    return f"arn:{PARTITION}:{service}:{REGION}:{ACCOUNT}:{what}"


def s3_arn(bucket: str, key: str = "") -> str:
    return f"arn:{PARTITION}:s3:::{bucket}" + (f"/{key}" if key else "")


def role_arn(name: str) -> str:
    return f"arn:{PARTITION}:iam::{ACCOUNT}:role/{name}"


def role(scope: Construct, id: str, *, name: str, service: str, purpose: str, statements: Sequence[Statement]) -> str:
    """A role for one service principal of this account, with exactly these statements; returns its ARN."""
    trust: Statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    if service not in _WITHOUT_SOURCE_ACCOUNT:
        trust["Condition"] = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    policy = {"PolicyName": "least-privilege", "PolicyDocument": document(*statements)}
    made = resource(
        scope, id, "AWS::IAM::Role", RoleName=name, Description=purpose, AssumeRolePolicyDocument=document(trust), Policies=[policy]
    )
    return att(made, "Arn")


def allow(sid: str, actions: Sequence[str], resources: Sequence[str], conditions: Mapping[str, object] | None = None) -> Statement:
    """An Allow statement; the Sid says what it is for."""
    statement: Statement = {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": list(resources)}
    return {**statement, "Condition": dict(conditions)} if conditions else statement


def pass_role(sid: str, role: str, service: str) -> Statement:
    """iam:PassRole to one service only."""
    return allow(sid, ["iam:PassRole"], [role], {"StringEquals": {"iam:PassedToService": service}})


def use_key(key_arn: str, *, write: bool = True) -> Statement:
    """Use of the project's KMS key: Decrypt, and GenerateDataKey where something is written."""
    return allow("UseKey", ["kms:Decrypt", *(["kms:GenerateDataKey"] if write else [])], [key_arn])


def document(*statements: Statement) -> dict[str, Any]:
    """A policy document; lists of one are written as their element, which is quicker to validate and shorter to read."""
    return {"Version": "2012-10-17", "Statement": [{k: _unpacked(v) for k, v in s.items()} for s in statements]}


def _unpacked(value: Any) -> Any:
    return value[0] if isinstance(value, list) and len(value) == 1 else value
