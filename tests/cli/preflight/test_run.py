"""Preflight on the local AWS: an empty account, a good one, and each fault planted."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import app  # noqa: F401  (tells jsii where Node is, before aws_cdk is imported)
from cli.errors import CliError
from cli.preflight.finding import ERROR, OK, UNKNOWN, WARNING, Finding
from cli.preflight.run import preflight
from infra.app import build
from infra.environment import load
from local_aws.aws import LocalAws
from local_aws.deploy import deploy
from local_aws.principals import ACCOUNT

pytestmark = pytest.mark.slow

REGION = "us-east-1"


@pytest.fixture(scope="module")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("preflight")
    environment, contract = load("dev")
    build(environment, contract, outdir=str(folder), git_commit="0" * 40).synth()
    return folder


@pytest.fixture
def aws() -> Iterator[LocalAws]:
    with LocalAws() as running:
        yield running


def bootstrapped(aws: LocalAws, version: str = "30") -> LocalAws:
    """What ``cdk bootstrap`` leaves, as far as preflight looks."""
    aws.client("ssm").put_parameter(Name="/cdk-bootstrap/hnb659fds/version", Type="String", Value=version, Overwrite=True)
    for role in ("deploy-role", "file-publishing-role", "cfn-exec-role"):
        aws.client("iam").create_role(RoleName=f"cdk-hnb659fds-{role}-{ACCOUNT}-{REGION}", AssumeRolePolicyDocument="{}")
    return aws


def findings(aws: LocalAws, assembly: Path, check: str) -> list[Finding]:
    return [f for f in preflight(aws.client, assembly, REGION) if f.check == check]


def bad(aws: LocalAws, assembly: Path) -> dict[str, list[Finding]]:
    """Findings that are no OK, by check; the engine's sign is always unknown in an account without schedules."""
    found: dict[str, list[Finding]] = {}
    for finding in preflight(aws.client, assembly, REGION):
        if finding.status != OK and finding.check != "engine":
            found.setdefault(finding.check, []).append(finding)
    return found


def test_an_empty_account_needs_the_bootstrap_and_nothing_else(aws: LocalAws, assembly: Path) -> None:
    faults = bad(aws, assembly)
    assert set(faults) == {"bootstrap"}
    (only,) = faults["bootstrap"]
    assert (only.status, only.fix) == (ERROR, f"cdk bootstrap aws://{ACCOUNT}/{REGION}")


BEFORE: dict[str, tuple[str, Callable[[LocalAws], Any], str, str]] = {
    "old bootstrap": (
        "bootstrap",
        lambda a: a.client("ssm").put_parameter(Name="/cdk-bootstrap/hnb659fds/version", Type="String", Value="5", Overwrite=True),
        "bootstrap version 5, at least 6",
        "cdk bootstrap",
    ),
    "role of the bootstrap gone": (
        "bootstrap",
        lambda a: a.client("iam").delete_role(RoleName=f"cdk-hnb659fds-deploy-role-{ACCOUNT}-{REGION}"),
        f"the role cdk-hnb659fds-deploy-role-{ACCOUNT}-{REGION} is gone",
        "cdk bootstrap",
    ),
    "role in the way": (
        "roles",
        lambda a: a.client("iam").create_role(RoleName="loans-dev-approve", AssumeRolePolicyDocument="{}"),
        "loans-dev-approve exists, and loans-dev-platform does not",
        "delete the role loans-dev-approve",
    ),
    "quota": (
        "quotas",
        lambda a: a.quotas.values.update({"ml.m5.large for endpoint usage": 1.0}),
        "ml.m5.large for endpoint usage: 1, needed: 4",
        "ask Service Quotas for more",
    ),
    "alias in the way": (
        "keys",
        lambda a: a.client("kms").create_alias(
            AliasName="alias/loans-dev", TargetKeyId=a.client("kms").create_key()["KeyMetadata"]["KeyId"]
        ),
        "alias/loans-dev exists, and loans-dev-platform does not",
        "aws kms delete-alias --alias-name alias/loans-dev",
    ),
    "bucket in the way": (
        "buckets",
        lambda a: a.client("s3").create_bucket(Bucket=f"loans-dev-data-{ACCOUNT}-{REGION}"),
        f"loans-dev-data-{ACCOUNT}-{REGION} exists, and loans-dev-platform does not",
        "empty and delete it",
    ),
}


@pytest.mark.parametrize(("check", "plant", "found", "fix"), BEFORE.values(), ids=BEFORE.keys())
def test_a_fault_before_the_first_deployment(aws: LocalAws, assembly: Path, check: str, plant: Any, found: str, fix: str) -> None:
    plant(bootstrapped(aws))
    faults = bad(aws, assembly)
    assert set(faults) == {check}
    (fault,) = faults[check]
    assert fault.status == ERROR and fault.found.startswith(found) and fault.fix.startswith(fix)


def _policy(aws: LocalAws, change: Callable[[list[dict[str, Any]]], Any]) -> None:
    bucket = f"loans-dev-artefacts-{ACCOUNT}-{REGION}"
    policy = json.loads(aws.client("s3").get_bucket_policy(Bucket=bucket)["Policy"])
    statements = policy["Statement"] if isinstance(policy["Statement"], list) else [policy["Statement"]]
    change(statements)
    aws.client("s3").put_bucket_policy(Bucket=bucket, Policy=json.dumps({**policy, "Statement": statements}))


def _key(aws: LocalAws) -> str:
    return str(aws.client("kms").describe_key(KeyId="alias/loans-dev")["KeyMetadata"]["KeyId"])


AFTER: dict[str, tuple[str, Callable[[LocalAws], Any], str]] = {
    "key to be deleted": ("keys", lambda a: a.client("kms").schedule_key_deletion(KeyId=_key(a)), "is PendingDeletion"),
    "key without rotation": ("keys", lambda a: a.client("kms").disable_key_rotation(KeyId=_key(a)), "is not rotated"),
    "alias gone": (
        "keys",
        lambda a: a.client("kms").delete_alias(AliasName="alias/loans-dev"),
        "alias/loans-dev of loans-dev-platform is gone",
    ),
    "plain HTTP": (
        "buckets",
        lambda a: _policy(a, lambda s: s[0]["Condition"]["Bool"].update({"aws:SecureTransport": "true"})),
        "its policy does not deny plain HTTP",
    ),
    "everyone kept out": (
        "buckets",
        lambda a: _policy(
            a,
            lambda s: s.append(
                {
                    "Sid": "OnlyVpce",
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "s3:*",
                    "Resource": "*",
                    "Condition": {"StringNotEquals": {"aws:sourceVpce": "vpce-1"}},
                }
            ),
        ),
        "statement OnlyVpce denies everyone, our roles included",
    ),
    "everyone let in": (
        "buckets",
        lambda a: _policy(
            a, lambda s: s.append({"Sid": "Open", "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "s3:GetObject", "Resource": "*"})
        ),
        "statement Open allows everyone",
    ),
    "trust changed": (
        "roles",
        lambda a: a.client("iam").update_assume_role_policy(
            RoleName="loans-dev-pipeline",
            PolicyDocument=json.dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"},
                }
            ),
        ),
        "loans-dev-pipeline does not trust sagemaker.amazonaws.com",
    ),
}


def _good(aws: LocalAws, assembly: Path) -> None:
    """No fault, quotas and image as needed."""
    assert bad(aws, assembly) == {}
    assert {f.found for f in findings(aws, assembly, "quotas")} == {
        "ml.m5.large for endpoint usage: 20, needed: 4",
        "ml.m5.large for processing job usage: 20, needed: 1",
        "ml.m5.large for training job usage: 20, needed: 1",
    }
    (image,) = findings(aws, assembly, "image")
    assert image.status == OK and image.found.endswith("sagemaker-scikit-learn:1.9-0-cpu-py3 can be pulled")


def test_a_good_deployment_and_each_fault_of_one_that_was_changed_by_hand(assembly: Path) -> None:
    """One deployment each would take long: the faults are planted one after the other, and all of them are found."""
    with LocalAws() as aws:
        _good(bootstrapped(aws), assembly)
        deploy(aws.client, assembly)
        _good(aws, assembly)
        for name, (check, plant, words) in AFTER.items():
            if name.startswith("alias"):
                continue
            plant(aws)
            assert any(words in f.found and f.fix for f in findings(aws, assembly, check)), name
            if check == "keys":
                _restore_key(aws)
        AFTER["alias gone"][1](aws)
        (gone,) = findings(aws, assembly, "keys")
        assert gone.status == ERROR and gone.found == AFTER["alias gone"][2]


def _restore_key(aws: LocalAws) -> None:
    kms = aws.client("kms")
    if kms.describe_key(KeyId=_key(aws))["KeyMetadata"]["KeyState"] == "PendingDeletion":
        kms.cancel_key_deletion(KeyId=_key(aws))
        kms.enable_key(KeyId=_key(aws))


def test_what_may_not_be_looked_at_is_said_and_the_rest_goes_on(aws: LocalAws, assembly: Path) -> None:
    from botocore.exceptions import ClientError

    class Denied:
        def get_paginator(self, _: str) -> Any:
            raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "ListServiceQuotas")

    client = lambda service: Denied() if service == "service-quotas" else bootstrapped_client(service)  # noqa: E731
    bootstrapped_client = bootstrapped(aws).client
    found = preflight(client, assembly, REGION)
    (quotas,) = [f for f in found if f.check == "quotas"]
    assert (quotas.status, quotas.found) == (UNKNOWN, "may not be looked at: ListServiceQuotas (AccessDeniedException)")
    assert {"roles", "keys", "buckets", "image", "engine"} <= {f.check for f in found}


def test_a_region_without_the_image_or_without_schedules_is_said(aws: LocalAws, assembly: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from cli.preflight import checks

    (nowhere,) = [f for f in preflight(aws.client, assembly, "xx-nowhere-1") if f.check == "image"]
    assert nowhere.status == ERROR and "no registry of the image in xx-nowhere-1" in nowhere.found
    (engine,) = findings(aws, assembly, "engine")
    assert engine.status == UNKNOWN and "closed to new customers" in engine.found
    account = checks.Account(_without_schedules(aws), ACCOUNT, REGION, frozenset())
    (missing,) = checks.engine(account, None)  # type: ignore[arg-type]
    assert missing.status == WARNING and 'monitoring.engine = "processing"' in missing.fix


def _without_schedules(aws: LocalAws) -> Callable[[str], Any]:
    """The local CloudFormation, asked for a type that the region lacks."""

    class Other:
        def describe_type(self, **given: str) -> Any:
            return aws.client("cloudformation").describe_type(**{**given, "TypeName": "AWS::SageMaker::NoSuchType"})

    return lambda service: Other() if service == "cloudformation" else aws.client(service)


def test_a_folder_without_an_assembly_is_refused(aws: LocalAws, tmp_path: Path) -> None:
    with pytest.raises(CliError, match="holds no cloud assembly; make one with: make synth"):
        preflight(aws.client, tmp_path, REGION)


def test_the_command_ends_with_one_where_the_deployment_would_fail(aws: LocalAws, assembly: Path) -> None:
    from tests.cli.test_main import loop

    with pytest.MonkeyPatch.context() as patch:
        for name, value in aws.environment().items():
            patch.setenv(name, value)
        failed = loop("preflight", "--app", str(assembly), "--json", cwd=assembly)
        bootstrapped(aws)
        good = loop("preflight", "--app", str(assembly), cwd=assembly)
    assert failed.returncode == 1 and json.loads(failed.stdout)["errors"] == 1
    assert good.returncode == 0, good.stdout + good.stderr
    assert "ok       image" in good.stdout
