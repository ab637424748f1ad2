"""Roles and ARNs: one role per Lambda and per kind of job, trust bound to this account."""

from collections.abc import Sequence

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from constructs import Construct

# Lambda's own role trust is the one that must not carry aws:SourceAccount (facts: it breaks the function).
_WITHOUT_SOURCE_ACCOUNT = {"lambda.amazonaws.com"}


def arn(service: str, resource: str) -> str:
    """An ARN in this account and region."""
    return f"arn:{Aws.PARTITION}:{service}:{Aws.REGION}:{Aws.ACCOUNT_ID}:{resource}"


def s3_arn(bucket: str, key: str = "") -> str:
    return f"arn:{Aws.PARTITION}:s3:::{bucket}" + (f"/{key}" if key else "")


def role_arn(name: str) -> str:
    return f"arn:{Aws.PARTITION}:iam::{Aws.ACCOUNT_ID}:role/{name}"


def role(scope: Construct, id: str, *, name: str, service: str, purpose: str, statements: Sequence[iam.PolicyStatement]) -> iam.Role:
    """A role for one service principal of this account, with exactly these statements."""
    principal: iam.IPrincipal = iam.ServicePrincipal(service)
    if service not in _WITHOUT_SOURCE_ACCOUNT:
        principal = iam.PrincipalWithConditions(principal, {"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}})
    return iam.Role(
        scope,
        id,
        role_name=name,
        description=purpose,
        assumed_by=principal,
        inline_policies={"least-privilege": iam.PolicyDocument(statements=list(statements))},
    )


def allow(sid: str, actions: Sequence[str], resources: Sequence[str], conditions: dict[str, object] | None = None) -> iam.PolicyStatement:
    """An Allow statement; the Sid says what it is for."""
    return iam.PolicyStatement(sid=sid, actions=list(actions), resources=list(resources), conditions=conditions)


def pass_role(sid: str, role: str, service: str) -> iam.PolicyStatement:
    """iam:PassRole to one service only."""
    return allow(sid, ["iam:PassRole"], [role], {"StringEquals": {"iam:PassedToService": service}})


def use_key(key_arn: str, *, write: bool = True) -> iam.PolicyStatement:
    """Use of the project's KMS key: Decrypt, and GenerateDataKey where something is written."""
    return allow("UseKey", ["kms:Decrypt", *(["kms:GenerateDataKey"] if write else [])], [key_arn])
