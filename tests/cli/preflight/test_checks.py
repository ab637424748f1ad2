"""What preflight says of answers that the local AWS does not give, without an account."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cli.preflight import checks
from cli.preflight.assembly import Needs, read
from cli.preflight.finding import ERROR, OK, UNKNOWN, WARNING
from cli.preflight.run import preflight
from local_aws.servicequotas.service import ServiceQuotas

REGION, BUCKET, STACK = "us-east-1", "loans-dev-data-1-us-east-1", "loans-dev-platform"


def refused(operation: str, code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, operation)


def assembly(folder: Path, resources: dict[str, Any]) -> Path:
    properties = {"templateFile": "t.json", "stackName": STACK}
    manifest = {"artifacts": {"S": {"type": "aws:cloudformation:stack", "properties": properties}}}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "t.json").write_text(json.dumps({"Resources": resources}))
    return folder


class Blind:
    """Nothing may be looked at."""

    def __init__(self, _: str) -> None:
        self.exceptions = type("E", (), {"NoSuchEntityException": KeyError, "NotFoundException": KeyError})

    def get_caller_identity(self) -> dict[str, str]:
        return {"Account": "1"}

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(*_: Any, **__: Any) -> Any:
            raise refused(operation, "AccessDenied")

        return call


def test_without_any_permission_everything_is_unknown_and_nothing_aborts(tmp_path: Path) -> None:
    found = preflight(Blind, assembly(tmp_path, {}), REGION)
    assert {f.check: f.status for f in found if f.check not in ("image", "quotas")} == dict.fromkeys(
        ("bootstrap", "roles", "keys", "buckets", "engine"), UNKNOWN
    )
    assert all(f.fix for f in found)
    assert next(f.found for f in found if f.check == "roles") == "what is deployed may not be looked at: describe_stacks (AccessDenied)"


class Heads:
    """A bucket that answers with an error."""

    def __init__(self, code: str) -> None:
        self._code = code

    def head_bucket(self, **_: str) -> None:
        raise refused("HeadBucket", self._code)


@pytest.mark.parametrize(
    ("code", "deployed", "status", "words"),
    [
        ("403", True, UNKNOWN, "may not be looked at: HeadBucket (403)"),
        ("403", False, ERROR, "another account may own the name"),
        ("404", True, WARNING, "is not there"),
        ("404", False, OK, "1 buckets are free"),
    ],
)
def test_a_bucket_that_cannot_be_seen(code: str, deployed: bool, status: str, words: str) -> None:
    account = checks.Account(lambda _: Heads(code), "1", REGION, frozenset({STACK} if deployed else ()))
    (found,) = checks.buckets(account, Needs(buckets={BUCKET: STACK}))
    assert found.status == status and words in found.found and (found.fix or status == OK)


class Roles:
    """One role, or none."""

    exceptions = type("E", (), {"NoSuchEntityException": KeyError})

    def __init__(self, principal: Any) -> None:
        self._principal = principal

    def get_role(self, **_: str) -> dict[str, Any]:
        if self._principal is None:
            raise KeyError
        document = {"Statement": [{"Effect": "Allow", "Principal": self._principal, "Action": "sts:AssumeRole"}]}
        return {"Role": {"AssumeRolePolicyDocument": document}}


@pytest.mark.parametrize(
    ("principal", "status", "fix"),
    [
        ({"Service": ["lambda.amazonaws.com"]}, OK, ""),
        ("*", ERROR, "aws iam update-assume-role-policy --role-name loans-dev-approve"),
        ({"AWS": "*"}, ERROR, "aws iam update-assume-role-policy --role-name loans-dev-approve"),
        (None, WARNING, "nothing if it is new; deleted by hand: make it again"),
    ],
)
def test_a_role_that_is_not_as_deployed(principal: Any, status: str, fix: str) -> None:
    account = checks.Account(lambda _: Roles(principal), "1", REGION, frozenset({STACK}))
    (found,) = checks.roles(account, Needs(roles={"loans-dev-approve": (STACK, "lambda.amazonaws.com")}))
    assert found.status == status and found.fix.startswith(fix)


def test_an_update_may_meet_a_fleet_that_has_scaled_out(tmp_path: Path) -> None:
    variant = {"InstanceType": "ml.m5.large", "InitialInstanceCount": 2}
    config = {"Type": "AWS::SageMaker::EndpointConfig", "Properties": {"ProductionVariants": [variant]}}
    target = {"Type": "AWS::ApplicationAutoScaling::ScalableTarget", "Properties": {"MaxCapacity": 5}}
    use = ("ml.m5.large", "endpoint usage")
    assert read(assembly(tmp_path, {"C": config, "T": target}), "1", REGION).instances[use] == 10
    assert read(assembly(tmp_path, {"C": config}), "1", REGION).instances[use] == 4


class Quotas:
    """The local Service Quotas, without its pages."""

    def __init__(self) -> None:
        self.kept, self.asked = ServiceQuotas(), list[str]()

    def get_paginator(self, operation: str) -> "Quotas":
        self.asked.append(operation)
        return self

    def paginate(self, **_: str) -> list[dict[str, Any]]:
        values = self.kept.values if self.asked[-1] == "list_service_quotas" else self.kept.defaults
        return [{"Quotas": [{"QuotaName": n, "Value": v} for n, v in values.items()]}]


def test_a_quota_without_a_value_of_its_own_has_its_default() -> None:
    quotas, name = Quotas(), "ml.m5.large for endpoint usage"
    account = checks.Account(lambda _: quotas, "1", REGION, frozenset())
    needs = Needs(instances={("ml.m5.large", "endpoint usage"): 4})
    quotas.kept.values[name], quotas.kept.defaults[name] = 8.0, 2.0
    (found,) = checks.quotas(account, needs)
    assert (found.status, quotas.asked) == (OK, ["list_service_quotas"]), "what was raised for the account counts"
    del quotas.kept.values[name]
    (found,) = checks.quotas(account, needs)
    assert (found.status, found.found) == (ERROR, f"{name}: 2, needed: 4")
    del quotas.kept.defaults[name]
    (found,) = checks.quotas(account, needs)
    assert found.status == UNKNOWN
