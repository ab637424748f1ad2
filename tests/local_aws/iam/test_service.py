"""SimulatePrincipalPolicy judges a role by its inline and managed policies, within its boundary."""

import json
from typing import Any

import pytest

from local_aws.aws import LocalAws

TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})
ROLE = "arn:aws:iam::123456789012:role/judged"


def policy(*actions: str) -> str:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def simulate(aws: LocalAws, *actions: str, **extra: Any) -> dict[str, str]:
    answer = aws.client("iam").simulate_principal_policy(PolicySourceArn=ROLE, ActionNames=list(actions), **extra)
    return {r["EvalActionName"]: r["EvalDecision"] for r in answer["EvaluationResults"]}


def test_inline_and_managed_policies_count_and_a_boundary_limits(aws: LocalAws) -> None:
    iam = aws.client("iam")
    iam.create_role(RoleName="judged", AssumeRolePolicyDocument=TRUST)
    iam.put_role_policy(RoleName="judged", PolicyName="p", PolicyDocument=policy("s3:GetObject"))
    managed = iam.create_policy(PolicyName="m", PolicyDocument=policy("sqs:SendMessage"))["Policy"]["Arn"]
    assert simulate(aws, "s3:GetObject", "sqs:SendMessage") == {"s3:GetObject": "allowed", "sqs:SendMessage": "implicitDeny"}
    iam.attach_role_policy(RoleName="judged", PolicyArn=managed)
    assert simulate(aws, "sqs:SendMessage") == {"sqs:SendMessage": "allowed"}
    iam.put_role_permissions_boundary(RoleName="judged", PermissionsBoundary=managed)
    assert simulate(aws, "s3:GetObject", "sqs:SendMessage") == {"s3:GetObject": "implicitDeny", "sqs:SendMessage": "allowed"}


def test_resources_are_judged_one_by_one(aws: LocalAws) -> None:
    answer = aws.client("iam").simulate_principal_policy(PolicySourceArn=ROLE, ActionNames=["sqs:SendMessage"], ResourceArns=["a:1", "a:2"])
    assert [r["EvalResourceName"] for r in answer["EvaluationResults"]] == ["a:1", "a:2"]


def test_what_it_cannot_judge_is_refused_by_name(aws: LocalAws) -> None:
    with pytest.raises(aws.client("iam").exceptions.ClientError, match="ResourcePolicy"):
        simulate(aws, "s3:GetObject", ResourcePolicy=policy("s3:*"))


def test_an_unknown_role_is_not_found(aws: LocalAws) -> None:
    iam = aws.client("iam")
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.simulate_principal_policy(PolicySourceArn="arn:aws:iam::123456789012:role/nobody", ActionNames=["s3:GetObject"])
