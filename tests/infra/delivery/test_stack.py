"""Who may take on which role, and that a role can do nothing but what it is for."""

import json
from pathlib import Path
from typing import Any

import pytest

from infra.delivery.app import build
from infra.delivery.settings import Delivery
from infra.delivery.stack import ISSUER
from infra.nag import flat
from infra.wildcards import DELIVERY
from local_aws.aws import LocalAws
from local_aws.deploy import deploy

ACCOUNT = "123456789012"


def roles(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found = [r["Properties"] for r in template["Resources"].values() if r["Type"] == "AWS::IAM::Role"]
    return {role["RoleName"]: role for role in found}


def test_each_environment_has_its_roles(template: dict[str, Any]) -> None:
    assert sorted(roles(template)) == [
        "loans-dev-github-deploy",
        "loans-dev-github-test",
        "loans-diff-github-read",
        "loans-sandbox-github-deploy",
        "loans-sandbox-github-operate",
        "loans-sandbox-github-test",
    ]


def test_trust_is_bound_to_repository_environment_branch_and_numbers(template: dict[str, Any]) -> None:
    for name, role in roles(template).items():
        environment = name.split("-")[1]
        (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert trust["Action"] == "sts:AssumeRoleWithWebIdentity"
        claims = {key.removeprefix(f"{ISSUER}:"): value for key, value in trust["Condition"]["StringEquals"].items()}
        assert list(trust["Condition"]) == ["StringEquals"]  # nothing that matches by pattern
        expected = {
            "aud": "sts.amazonaws.com",
            "sub": f"repo:octo-org@1234567/loans@123456789:environment:{environment}",
            "repository_id": "123456789",
            "environment": environment,
        }
        assert claims == expected | ({} if environment == "diff" else {"ref": "refs/heads/main"})


def test_a_deploy_role_may_take_on_the_bootstrap_roles_and_look_at_the_account_and_nothing_more(template: dict[str, Any]) -> None:
    statement, *looks = statements(roles(template)["loans-dev-github-deploy"])
    assert statement["Action"] == "sts:AssumeRole"
    kinds = [flat(r).split(":role/cdk-hnb659fds-")[1].split("-role-")[0] for r in statement["Resource"]]
    assert kinds == ["deploy", "file-publishing", "lookup"]
    actions = [action for s in looks for action in ([s["Action"]] if isinstance(s["Action"], str) else s["Action"])]
    assert all(action.split(":")[1].startswith(("Describe", "Get", "List", "BatchGet")) for action in actions)


def test_a_pull_request_can_only_read_templates(template: dict[str, Any]) -> None:
    (policy,) = roles(template)["loans-diff-github-read"]["Policies"]
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert statement["Action"] == ["cloudformation:DescribeStacks", "cloudformation:GetTemplate"]
    assert all(":stack/loans-" in flat(r) for r in statement["Resource"])


def statements(role: dict[str, Any]) -> list[dict[str, Any]]:
    return [statement for policy in role["Policies"] for statement in policy["PolicyDocument"]["Statement"]]


def resources(statement: dict[str, Any]) -> list[str]:
    named = statement["Resource"]
    return [flat(r) for r in (named if isinstance(named, list) else [named])]


def test_every_wildcard_has_a_reason_and_every_reason_a_wildcard(template: dict[str, Any]) -> None:
    every = [statement for role in roles(template).values() for statement in statements(role)]
    assert {s["Sid"] for s in every if any("*" in r for r in resources(s))} == set(DELIVERY)
    assert not [action for s in every for action in s["Action"] if "*" in action]


def test_the_operate_role_is_the_sandboxs_alone_and_fits_into_a_role(template: dict[str, Any]) -> None:
    role = roles(template)["loans-sandbox-github-operate"]
    elsewhere = {r for s in statements(role) for r in resources(s) if "sandbox" not in r}
    shared = ("cdk-hnb659fds", ":processing-job/pipelines-", ":training-job/pipelines-", ":key/", ":log-group:", ":alarm:*", ":catalog")
    assert {r for r in elsewhere if not any(part in r for part in shared)} == {"*"}
    assert role["MaxSessionDuration"] == 4 * 3600
    # with the longest names that there may be
    places = {"<AWS::AccountId>": ACCOUNT, "<AWS::Region>": "ap-southeast-1", "<AWS::Partition>": "aws", "loans-sandbox": "p" * 25}
    written = json.dumps([{**s, "Resource": resources(s)} for s in statements(role)], separators=(",", ":"))
    for token, value in places.items():
        written = written.replace(token, value)
    assert len(written) < 10_240  # all inline policies of a role, without white space (IAM quotas)


def test_a_boundary_and_a_provider_of_the_account(example: Delivery, tmp_path: Path) -> None:
    boundary = f"arn:aws:iam::{ACCOUNT}:policy/ci-boundary"
    settings = example.model_copy(update={"permissions_boundary": boundary, "create_provider": False})
    build(settings, outdir=str(tmp_path)).synth()
    template = json.loads((tmp_path / "Delivery.template.json").read_text())
    assert {role["PermissionsBoundary"] for role in roles(template).values()} == {boundary}
    assert not [r for r in template["Resources"].values() if r["Type"] == "AWS::IAM::OIDCProvider"]
    federated = {flat(r["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["Federated"]) for r in roles(template).values()}
    assert federated == {f"arn:<AWS::Partition>:iam::<AWS::AccountId>:oidc-provider/{ISSUER}"}


def test_it_deploys_changes_and_goes(example: Delivery, assembly: Path, tmp_path: Path) -> None:
    with LocalAws() as aws:
        assert deploy(aws.client, assembly) == {"loans-delivery": "CREATE_COMPLETE"}
        iam = aws.client("iam")
        (provider,) = [p["Arn"] for p in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]]
        assert provider == f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"
        assert iam.get_open_id_connect_provider(OpenIDConnectProviderArn=provider)["ClientIDList"] == ["sts.amazonaws.com"]
        trust = iam.get_role(RoleName="loans-dev-github-deploy")["Role"]["AssumeRolePolicyDocument"]
        assert trust["Statement"][0]["Principal"] == {"Federated": provider}
        build(example.model_copy(update={"environments": ["dev"], "sandbox": None}), outdir=str(tmp_path)).synth()
        assert deploy(aws.client, tmp_path) == {"loans-delivery": "UPDATE_COMPLETE"}
        names = {r["RoleName"] for r in iam.list_roles()["Roles"]}
        assert names == {"loans-dev-github-deploy", "loans-dev-github-test", "loans-diff-github-read"}
        cloudformation = aws.client("cloudformation")
        with pytest.raises(cloudformation.exceptions.ClientError, match=r"[Tt]ermination"):
            cloudformation.delete_stack(StackName="loans-delivery")
        cloudformation.update_termination_protection(StackName="loans-delivery", EnableTerminationProtection=False)
        cloudformation.delete_stack(StackName="loans-delivery")
        aws.settle()
        assert not iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
        assert not iam.list_roles()["Roles"]
