"""A prod-like gate: a person decides, records are asked for, and what cannot be evaluated is never approved."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from gated import BEHAVIOUR, HEAD, POLICY, QUIET, copy_with, evidence, judged_copy, outcomes, package, serving_artefact, verdict
from policy_check import violations
from support import NAMES, ROOT, World, build_assembly, loan_rows

from cli.decide import decide
from cli.errors import CliError
from cli.target import serving_contract
from interfaces.contract import from_dict, parse
from local_aws.aws import LocalAws
from local_aws.principals import ACCOUNT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("gated")
    environment = HEAD + "reconcile_minutes = 1440\n\n[retrain]\ntick_minutes = 1440\n" + QUIET
    assembly = build_assembly(folder, environment, policy=POLICY, behaviour=BEHAVIOUR)
    with LocalAws() as aws:
        yield World(aws, assembly)
        aws.settle()
        assert not aws.background.failures


@pytest.fixture(scope="module")
def pending(world: World) -> World:
    """A first model, judged and waiting for a person."""
    world.land("first", ("a.csv", loan_rows(1200)))
    world.until(lambda: verdict(world, 1))
    return world


@pytest.fixture
def reviewer(world: World, monkeypatch: pytest.MonkeyPatch) -> boto3.Session:
    """A session of the reviewers' role, as a shell has it."""
    return session(world, monkeypatch, "ml-reviewer", "ann")


def session(world: World, monkeypatch: pytest.MonkeyPatch, role: str, name: str) -> boto3.Session:
    iam = world.aws.client("iam")
    if role not in {r["RoleName"] for r in iam.list_roles()["Roles"]}:
        iam.create_role(RoleName=role, AssumeRolePolicyDocument="{}")
    arn = f"arn:aws:iam::{ACCOUNT}:role/{role}"
    given = world.aws.client("sts").assume_role(RoleArn=arn, RoleSessionName=name)["Credentials"]
    monkeypatch.setenv("AWS_ENDPOINT_URL", world.aws.url)
    return boto3.Session(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], region_name="us-east-1")


def test_evidence_has_every_check_with_number_limit_and_outcome(pending: World) -> None:
    found = evidence(pending, 1)
    assert found.verdict == package(pending, 1)["CustomerMetadataProperties"]["verdict"] == "needs-a-person"
    assert outcomes(found) == {
        "threshold.auc": "passed",
        "champion.auc": "not applicable",
        "slices.auc": "passed",
        "behaviour.late payments raise the risk": "passed",
        "artefact.size_mb": "passed",
        "data.age_days": "passed",
        "reviewers": "waiting",
    }
    auc = next(c for c in found.checks if c.check == "threshold.auc")
    assert auc.limit == "at least 0.6" and auc.number == found.metrics["auc"]
    assert found.model_package_arn.endswith("/1") and found.evaluation["uri"].endswith("evaluate/output/evaluation.json")
    assert len(found.evaluation["sha256"]) == len(found.policy["sha256"]) == 64


def test_people_are_told_with_evidence_and_commands(pending: World) -> None:
    told = pending.until(lambda: next((m for m in pending.notifications() if "waits for a decision" in m), None))
    assert package(pending, 1)["CustomerMetadataProperties"]["evidence_uri"] in told
    assert 'loop approve 1 --environment test-local --reason "…"' in told


def test_a_status_change_is_noted_with_who_made_it_and_held_without_a_record(pending: World) -> None:
    arn = package(pending, 1)["ModelPackageArn"]
    pending.aws.client("sagemaker").update_model_package(
        ModelPackageArn=arn, ModelApprovalStatus="Approved", ApprovalDescription="in Studio"
    )
    pending.until(lambda: package(pending, 1)["CustomerMetadataProperties"].get("decided_via") == "status change")
    metadata = package(pending, 1)["CustomerMetadataProperties"]
    assert metadata["decided_by"] == f"arn:aws:iam::{ACCOUNT}:user/local-admin"
    told = pending.until(lambda: next((m for m in pending.notifications() if "is approved and is not released" in m), None))
    assert "no authenticated caller has decided on it" in told and "loop approve 1" in told
    pending.aws.settle()
    assert pending.stack(NAMES.serving_stack)["ModelPackageArn"] == ""


def test_somebody_who_is_no_reviewer_is_refused(pending: World, monkeypatch: pytest.MonkeyPatch) -> None:
    other = session(pending, monkeypatch, "developer", "bob")
    with pytest.raises(CliError, match=r"assumed-role/developer/bob is none of the policy's reviewers"):
        decide(other, NAMES, 1, "approve", "let me in")
    assert pending.stack(NAMES.serving_stack)["ModelPackageArn"] == ""


def test_a_recorded_decision_releases_and_says_who_when_and_why(pending: World, reviewer: boto3.Session) -> None:
    answer = decide(reviewer, NAMES, 1, "approve", "numbers look right")
    arn = package(pending, 1)["ModelPackageArn"]
    pending.until(lambda: pending.serves(arn))
    found = package(pending, 1)
    ann = f"arn:aws:sts::{ACCOUNT}:assumed-role/ml-reviewer/ann"
    assert found["ApprovalDescription"] == f"approved by {ann}: numbers look right"
    metadata = found["CustomerMetadataProperties"]
    assert (metadata["decided_by"], metadata["decided_via"], metadata["decided_at"]) == (ann, "loop", answer["at"])
    (item,) = pending.aws.client("dynamodb").scan(TableName=NAMES.decisions_table)["Items"]
    assert (item["caller"]["S"], item["decision"]["S"], item["reason"]["S"]) == (ann, "approve", "numbers look right")


def test_the_endpoint_is_described_by_the_contract_of_what_serves(pending: World) -> None:
    found = from_dict(serving_contract(pending.aws.client, NAMES))
    assert found.fingerprint() == parse((ROOT / "contract.toml").read_text()).fingerprint()


def test_an_overheard_proof_changes_nothing(pending: World, reviewer: boto3.Session, monkeypatch: pytest.MonkeyPatch) -> None:
    proofs: list[Any] = []
    from cli import decide as module

    real = module.sign
    monkeypatch.setattr(module, "sign", lambda *given: proofs.append(real(*given)) or proofs[0])
    version = judged_copy(pending, lambda report: None)
    decide(reviewer, NAMES, version, "reject", "not this one")
    with pytest.raises(CliError, match="recorded before"):
        decide(reviewer, NAMES, version, "reject", "not this one")
    with pytest.raises(CliError, match="another decision than this one"):
        decide(reviewer, NAMES, version, "approve", "not this one")
    assert package(pending, version)["ModelApprovalStatus"] == "Rejected"


def test_too_weak_is_rejected_and_a_person_may_still_release_it_with_a_reason(pending: World, reviewer: boto3.Session) -> None:
    def weaken(report: dict[str, Any]) -> None:
        report["binary_classification_metrics"]["auc"]["value"] = 0.59

    version = judged_copy(pending, weaken)
    found = package(pending, version)
    assert found["ModelApprovalStatus"] == "Rejected" and "threshold.auc: 0.59, at least 0.6: failed" in found["ApprovalDescription"]
    assert outcomes(evidence(pending, version))["threshold.auc"] == "failed"
    decide(reviewer, NAMES, version, "approve", "the old model is worse in production")
    pending.until(lambda: pending.serves(found["ModelPackageArn"]))


def test_a_model_that_was_not_compared_with_what_serves_is_left_for_a_person(pending: World) -> None:
    """Its evaluation is that of the first model: nothing served then."""
    version = judged_copy(pending, lambda _: None)
    check = next(c for c in evidence(pending, version).checks if c.check == "champion.auc")
    assert check.outcome == "unknown" and "told of nothing to compare with" in check.detail
    assert package(pending, version)["ModelApprovalStatus"] == "PendingManualApproval"
    decided = {"ModelApprovalStatus": "Rejected", "ApprovalDescription": "not needed"}
    pending.aws.client("sagemaker").update_model_package(ModelPackageArn=package(pending, version)["ModelPackageArn"], **decided)


def test_a_challenger_worse_than_the_champion_is_rejected_with_the_numbers(pending: World) -> None:
    def beaten(report: dict[str, Any]) -> None:
        report["mlops_loop"]["champion"] = {
            "artefact": serving_artefact(pending),
            "status": "compared", "metric": "auc", "significance": 0.05, "challenger": 0.65, "champion": 0.75, "difference": -0.1,
            "lower": -0.15, "upper": -0.05, "p_value": 0.001, "test": "DeLong", "rows": 180,
        }  # fmt: skip

    version = judged_copy(pending, beaten)
    assert package(pending, version)["ModelApprovalStatus"] == "Rejected"
    check = next(c for c in evidence(pending, version).checks if c.check == "champion.auc")
    assert (check.number, check.outcome) == (-0.05, "failed") and "DeLong on 180 rows" in check.detail


def test_an_evaluation_that_is_gone_or_broken_never_approves(pending: World) -> None:
    gone = copy_with(pending, f"s3://{pending.buckets['artefacts']}/runs/none/evaluate/output/evaluation.json")
    assert package(pending, gone)["ModelApprovalStatus"] == "PendingManualApproval"
    assert set(outcomes(evidence(pending, gone)).values()) == {"unknown", "waiting"}
    pending.copied = gone  # type: ignore[attr-defined]


def test_the_next_model_is_compared_with_what_serves_on_its_own_test_rows(pending: World) -> None:
    serving = pending.stack(NAMES.serving_stack)["ModelPackageArn"]
    before = len(pending.packages())
    pending.land("second", ("b.csv", loan_rows(1200, 8)))
    version = pending.until(lambda: len(pending.packages()) > before and pending.packages()[-1]["ModelPackageVersion"])
    pending.until(lambda: verdict(pending, version))
    execution = package(pending, version)["CustomerMetadataProperties"]["pipeline_execution_arn"]
    parameters = pending.aws.client("sagemaker").list_pipeline_parameters_for_execution(PipelineExecutionArn=execution)
    given = {p["Name"]: p["Value"] for p in parameters["PipelineParameters"]}
    champion = pending.aws.client("sagemaker").describe_model_package(ModelPackageName=serving)
    assert given["ChampionModelUri"] == champion["InferenceSpecification"]["Containers"][0]["ModelDataUrl"]
    found = evidence(pending, version).champion
    assert found["artefact"] == given["ChampionModelUri"]
    assert outcomes(evidence(pending, version))["champion.auc"] != "unknown"
    assert found["status"] == "compared" and found["test"] == "DeLong" and found["rows"] == 180
    assert found["challenger"] == evidence(pending, version).metrics["auc"]


def test_what_waits_is_brought_to_mind_and_expires(pending: World) -> None:
    waiting = pending.copied  # type: ignore[attr-defined]
    pending.aws.advance(timedelta(hours=25))
    reminded = [m for m in pending.notifications() if f"/{waiting} has waited for" in m]
    assert len(reminded) == 1 and f"loop reject {waiting}" in reminded[0]
    pending.aws.advance(timedelta(hours=24))
    found = package(pending, waiting)
    assert found["ModelApprovalStatus"] == "Rejected" and found["ApprovalDescription"].startswith("expired: nobody decided within 2 days")
    assert found["CustomerMetadataProperties"]["decided_via"] == "expiry"
    assert len([m for m in pending.notifications() if f"/{waiting} has waited for" in m]) == 1


def test_a_missed_event_is_made_up_for_by_the_schedule(pending: World) -> None:
    rule = f"{NAMES.prefix}-package-pending"
    pending.aws.client("events").disable_rule(Name=rule)
    version = int(pending.copy_package(package(pending, 1)["ModelPackageArn"]).rsplit("/", 1)[-1])
    pending.aws.settle()
    pending.aws.client("events").enable_rule(Name=rule)
    assert not verdict(pending, version)
    pending.aws.advance(timedelta(minutes=61))
    assert verdict(pending, version) == "needs-a-person"


def test_every_call_of_a_role_is_one_that_its_policy_allows(pending: World) -> None:
    people = ("ml-reviewer made ", "developer made ")
    assert [v for v in violations(pending.aws) if not v.startswith(people)] == []


def test_the_command_line_says_what_was_recorded(pending: World, tmp_path: Path) -> None:
    from tests.cli.test_main import loop

    with pytest.MonkeyPatch.context() as patch:
        for name, value in pending.aws.environment().items():
            patch.setenv(name, value)
        refused = loop("approve", "1", "--reason", "again", "--environment", "test-local", cwd=tmp_path)
        absent = loop("reject", "99", "--reason", "no", "--environment", "test-local", cwd=tmp_path)
    assert refused.returncode == 2 and "user/local-admin is none of the policy's reviewers" in refused.stderr
    assert absent.returncode == 2 and "version 99" in absent.stderr
