"""From a landed drop to a served, captured prediction, and what releases do after that."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from policy_check import violations
from support import BROKEN, NAMES, ONE_LOAN, World, loan_rows

from cli.errors import CliError
from cli.releases import releases, render
from cli.rollback import roll_back, wait
from interfaces import events, layout
from interfaces.names import Names

ROWS = 1500


@pytest.fixture(scope="module")
def released(world: World) -> World:
    """One drop, landed and followed until its model serves."""
    world.land("first", ("a.csv", loan_rows(ROWS)))
    package = world.until(lambda: next((p for p in world.packages() if p["ModelApprovalStatus"] == "Approved"), None))
    world.until(lambda: world.serves(package["ModelPackageArn"]))
    return world


def test_the_drop_becomes_one_immutable_version(released: World) -> None:
    (version,) = set(released.versions("first"))
    manifest = json.loads(released.body("data", layout.manifest_key(version)))
    assert (manifest["rows"], manifest["quarantined"]) == (ROWS, 0)
    assert manifest["files"] == released.keys("data", layout.curated_prefix(version))
    partitions = released.aws.client("glue").get_partitions(DatabaseName=NAMES.glue_database, TableName="curated")["Partitions"]
    assert [p["Values"] for p in partitions] == [[version]]


def test_the_pipeline_ran_every_step_and_measured_with_intervals(released: World) -> None:
    execution = released.executions()[-1]["PipelineExecutionArn"]
    steps = released.steps(execution)
    assert set(steps) == {"Validate", "Features", "Train", "Baseline", "Evaluate", "ReachesThreshold", "Register"}
    assert {s["StepStatus"] for s in steps.values()} == {"Succeeded"}
    both = steps["Evaluate"], steps["Baseline"]
    assert max(step["StartTime"] for step in both) < min(step["EndTime"] for step in both)  # side by side
    run = execution.rsplit("/", 1)[-1]
    report = json.loads(released.body("artefacts", f"{layout.RUNS}/{run}/evaluate/output/evaluation.json"))
    auc = report["binary_classification_metrics"]["auc"]["value"]
    low, high = report["mlops_loop"]["confidence_intervals"]["auc"]
    assert 0.6 < low < auc < high < 1


def test_the_package_says_where_it_came_from_and_why_it_was_approved(released: World) -> None:
    package = released.packages()[0]
    metadata = package["CustomerMetadataProperties"]
    assert metadata["dataset_version"] == released.versions("first")[0]
    assert metadata["pipeline_execution_arn"] == released.executions()[-1]["PipelineExecutionArn"]
    assert re.fullmatch(r"[0-9a-f]{40}|unknown", metadata["git_commit"])
    assert metadata["verdict"] == "approved" and 0.6 < float(metadata["metric_auc"]) < 1
    assert package["ApprovalDescription"].startswith("approved automatically: threshold.auc: 0.")
    assert package["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"].endswith("evaluate/output/evaluation.json")
    baselines = {
        f"{kind} {role}": file["S3Uri"].partition("/baseline/output/")[2]
        for kind, files in package["DriftCheckBaselines"].items()
        for role, file in files.items()
    }
    assert baselines == {
        "ModelDataQuality Statistics": "statistics.json",
        "ModelDataQuality Constraints": "constraints.json",
        "ModelQuality Statistics": "model_quality/statistics.json",
        "ModelQuality Constraints": "model_quality/constraints.json",
        "Bias ConfigFile": "analysis_config.json",
        "Bias PreTrainingConstraints": "bias/analysis.json",
        "Bias PostTrainingConstraints": "bias/analysis.json",
        "Explainability Constraints": "explainability/analysis.json",
        "Explainability ConfigFile": "analysis_config.json",
    }


def test_monitoring_follows_what_serves(released: World) -> None:
    assert released.stack(NAMES.monitoring_stack)["ModelPackageArn"] == released.stack(NAMES.serving_stack)["ModelPackageArn"]


def test_a_prediction_is_made_and_captured_in_the_documented_layout(released: World) -> None:
    answer = released.invoke(json.dumps([ONE_LOAN]), InferenceId="loan-1")
    (prediction,) = answer["predictions"]
    assert prediction["label"] in ("0", "1") and 0 < prediction["probability"] < 1
    prefix = f"{layout.CAPTURE}/{NAMES.endpoint}/AllTraffic/"

    def records() -> list[dict[str, Any]]:
        return [json.loads(line) for key in released.keys("data", prefix) for line in released.body("data", key).splitlines()]

    # beside it, what the smoke test asked
    record = released.until(lambda: next((r for r in records() if r["eventMetadata"].get("inferenceId") == "loan-1"), None))
    keys = released.keys("data", prefix)
    assert re.fullmatch(prefix + r"\d{4}/\d\d/\d\d/\d\d/\d\d-\d\d-\d{3}-[0-9a-f-]{36}\.jsonl", keys[0])
    assert json.loads(record["captureData"]["endpointInput"]["data"]) == [ONE_LOAN]
    assert json.loads(record["captureData"]["endpointOutput"]["data"]) == answer


@pytest.mark.parametrize(
    ("body", "kind", "status", "words"),
    [
        ("a,b", "text/plain", 415, ["text/plain", "text/csv", "application/json"]),
        (json.dumps([{k: v for k, v in ONE_LOAN.items() if k != "income"}]), "application/json", 400, ["row 0", "income"]),
        (json.dumps([{**ONE_LOAN, "age": "forty"}]), "application/json", 400, ["row 0", "'age'", "'forty'", "a whole number"]),
        (" ", "text/csv", 400, ["empty"]),
    ],
)
def test_a_bad_request_is_a_4xx_that_names_the_fault(released: World, body: str, kind: str, status: int, words: list[str]) -> None:
    with pytest.raises(ClientError) as refused:
        released.invoke(body, kind)
    assert refused.value.response["Error"]["Code"] == "ModelError"
    assert refused.value.response["OriginalStatusCode"] == status
    assert all(word in refused.value.response["OriginalMessage"] for word in words)


def test_a_body_over_the_limit_is_refused_before_it_reaches_the_model(released: World) -> None:
    with pytest.raises(ClientError, match="exceeds the maximum of 6291456 bytes"):
        released.invoke("1," * 3_200_000, "text/csv")


def test_a_duplicate_event_starts_no_second_ingest_and_no_second_execution(released: World) -> None:
    before = len(released.executions())
    runs = len(released.aws.journal.calls("glue", "StartJobRun"))
    for kind in ("Object Created", events.DATASET_CREATED):
        mine = [e for e in released.events(kind) if e["source"] != "aws.s3" or e["detail"]["object"]["key"].endswith("first/_SUCCESS")]
        released.aws.events.deliver(mine[0])
    released.aws.settle()
    assert len(released.executions()) == before
    assert len(released.aws.journal.calls("glue", "StartJobRun")) == runs


def test_the_same_drop_landed_again_is_the_same_version(released: World) -> None:
    before = len(released.executions())
    released.finish("first")
    released.until(lambda: len(released.versions("first")) > 1 and released.aws.background.wait_idle(0.1))
    assert len(set(released.versions("first"))) == 1
    assert len(released.keys("data", layout.MANIFESTS)) == 1
    assert len(released.executions()) == before


def test_a_then_b_then_a_again_are_three_releases(released: World) -> None:
    sagemaker = released.aws.client("sagemaker")
    first = released.packages()[0]["ModelPackageArn"]
    generation = int(released.stack(NAMES.serving_stack)["Generation"])
    second = released.copy_package(first)
    released.until(lambda: released.serves(second))
    for status in ("Rejected", "Approved"):
        sagemaker.update_model_package(ModelPackageArn=first, ModelApprovalStatus=status, ApprovalDescription=f"by hand: {status}")
        released.aws.settle()
    released.until(lambda: released.serves(first))
    assert int(released.stack(NAMES.serving_stack)["Generation"]) == generation + 2
    assert released.invoke(json.dumps([ONE_LOAN]))["predictions"]


def test_a_duplicate_of_an_old_approval_releases_nothing(released: World) -> None:
    serving = released.stack(NAMES.serving_stack)
    old = [e for e in released.events(events.PACKAGE_STATE_CHANGE) if e["detail"]["ModelApprovalStatus"] == "Approved"]
    for event in old:
        released.aws.events.deliver(event)
    released.aws.settle()
    assert released.stack(NAMES.serving_stack) == serving


def test_a_release_that_cannot_start_rolls_back_and_pages(released: World) -> None:
    before = released.endpoint()["EndpointConfigName"]
    good = released.packages()[0]
    broken = _broken_artefact(released)
    specification = json.loads(json.dumps(good["InferenceSpecification"]))
    specification["Containers"][0]["ModelDataUrl"] = broken
    bad = released.copy_package(good["ModelPackageArn"], InferenceSpecification=specification)
    told = released.until(lambda: next((m for m in released.notifications() if "failed" in m and bad in m), None))
    assert "docs/runbooks/release-failed.md" in told
    released.aws.settle()
    assert released.stack(NAMES.serving_stack)["status"] == "UPDATE_ROLLBACK_COMPLETE"
    assert released.endpoint()["EndpointConfigName"] == before
    assert released.invoke(json.dumps([ONE_LOAN]))["predictions"]
    pages = len([m for m in released.notifications() if bad in m])
    released.aws.advance(timedelta(minutes=31))  # two reconciliations: the failure is not sent again
    assert len([m for m in released.notifications() if bad in m]) == pages


def test_the_reconciler_makes_up_for_a_lost_event(released: World) -> None:
    events_client = released.aws.client("events")
    rule = f"{NAMES.prefix}-package-decided"
    events_client.disable_rule(Name=rule)
    package = released.copy_package(released.packages()[0]["ModelPackageArn"])
    released.aws.settle()
    events_client.enable_rule(Name=rule)
    assert not released.serves(package)
    released.aws.advance(timedelta(minutes=16))
    released.until(lambda: released.serves(package))


def test_loop_rollback_returns_to_the_version_before_and_names_who_asked(released: World) -> None:
    package = released.stack(NAMES.serving_stack)["ModelPackageArn"]
    done = roll_back(released.aws.client, NAMES, None, "complaints since noon")
    back = wait(released.aws.client, NAMES, done["generation"], 60)
    released.until(lambda: released.serves(back))
    assert back != package and any("complaints since noon" in m and done["by"] in m for m in released.notifications())
    with pytest.raises(CliError, match="version 999 was never released well"):
        roll_back(released.aws.client, NAMES, 999, "no such version")


def test_loop_releases_tells_what_serves_and_what_became_of_the_others(released: World) -> None:
    found = releases(released.aws.client, NAMES, 60)
    (serving,) = [one for one in found if one["serves"]]
    assert released.stack(NAMES.serving_stack)["ModelPackageArn"].endswith(f"/{serving['version']}")
    assert (serving["kind"], serving["reason"], serving["outcome"]) == ("rollback", "complaints since noon", "good")
    assert [one["release"] for one in found] == sorted((one["release"] for one in found), reverse=True)
    (failed,) = [one for one in found if one["outcome"].startswith("failed: ")]
    text = render(found)
    assert f"{failed['release']:>4}  version {failed['version']}" in text and failed["outcome"] in text
    assert "serves  good\n" in text and " UTC  rollback by arn:aws:iam::123456789012:user/local-admin: complaints since noon" in text
    assert len(releases(released.aws.client, NAMES, 1)) == 1
    with pytest.raises(CliError, match="there is no table other-dev-state"):
        releases(released.aws.client, Names("other", "dev"), 1)


def test_every_call_of_a_role_is_one_that_its_policy_allows(released: World) -> None:
    """A first proof: actions and resources of each role's calls against its synthesized statements."""
    assert violations(released.aws) == []


def _broken_artefact(world: World) -> str:
    """A model whose code cannot be imported."""
    key = f"{layout.RUNS}/broken/model.tar.gz"
    world.aws.client("s3").put_object(Bucket=world.buckets["artefacts"], Key=key, Body=BROKEN)
    return f"s3://{world.buckets['artefacts']}/{key}"
