"""From labelled production rows to a retrained model, what starts it, and what holds it back."""

import json
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from policy_check import violations
from support import NAMES, World, loan_rows
from traffic import answer_batch

from cli.demo import loans
from interfaces import events, layout
from interfaces.contract import parse as parse_contract
from lambdas.retrain import collection

pytestmark = pytest.mark.slow
ROWS, PER_REQUEST = 900, 60


@pytest.fixture(scope="module")
def served(world: World, tmp_path_factory: pytest.TempPathFactory) -> World:
    """A released model and a day of labelled traffic with another concept: requests, and a batch."""
    world.land("first", ("a.csv", loan_rows(1500)))
    package = world.until(lambda: next((p for p in world.packages() if p["ModelApprovalStatus"] == "Approved"), None))
    world.until(lambda: world.serves(package["ModelPackageArn"]))
    world.aws.advance(timedelta(hours=2))
    send_labelled(world, loans.generate(ROWS, seed=40, concept=1.0).rows, tmp_path_factory.mktemp("batch"))
    return world


def send_labelled(world: World, rows: pd.DataFrame, folder: Path | None = None) -> None:
    """Requests of headerless CSV, a few minutes apart, and their outcomes an hour later; with a folder, the second half as a batch."""
    contract = parse_contract(world.aws_contract())
    runtime, lines = world.aws.client("sagemaker-runtime"), []
    whole = len(rows)
    if folder is not None:
        whole //= 2
        answered = answer_batch(world, rows.iloc[whole:], folder, "labelled")
        lines += [_truth(a["inference_id"], truth) for a, truth in zip(answered, rows["defaulted"].iloc[whole:], strict=True)]
    for first in range(0, whole, PER_REQUEST):
        batch = rows.iloc[first : min(first + PER_REQUEST, whole)]
        body = batch[[c.name for c in contract.features]].to_csv(index=False, header=False)
        id = f"r-{uuid.uuid4().hex[:8]}"
        world.aws.advance(timedelta(minutes=5))
        runtime.invoke_endpoint(EndpointName=NAMES.endpoint, ContentType="text/csv", Accept="text/csv", InferenceId=id, Body=body)
        lines.append(_truth(id, "\n".join(batch["defaulted"])))
    world.aws.advance(timedelta(hours=1))
    key = f"{layout.GROUND_TRUTH}/{world.aws.clock.now():%Y/%m/%d/%H}/{uuid.uuid4()}.jsonl"
    world.aws.client("s3").put_object(Bucket=world.buckets["data"], Key=key, Body="\n".join(lines).encode())


def _truth(id: str, labels: str) -> str:
    truth = {"data": labels, "encoding": "CSV"}
    return json.dumps({"groundTruthData": truth, "eventMetadata": {"eventId": id}, "eventVersion": "0"})


def ask(world: World, kind: str, **detail: Any) -> dict[str, Any]:
    payload = json.dumps({"source": events.SOURCE, "detail-type": kind, "detail": detail})
    answer = world.aws.client("lambda").invoke(FunctionName=NAMES.function("retrain"), Payload=payload.encode())
    assert "FunctionError" not in answer, answer["Payload"].read()
    return dict(json.loads(answer["Payload"].read()))


def jobs(world: World) -> list[dict[str, Any]]:
    listed = world.aws.client("sagemaker").list_processing_jobs(NameContains=collection.job_name(NAMES.prefix, ""), SortOrder="Descending")
    return list(listed["ProcessingJobSummaries"])


def raise_alarm(world: World, reason: str) -> None:
    cloudwatch = world.aws.client("cloudwatch")
    name = NAMES.alarm("drift-data")
    if not cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]:
        cloudwatch.put_metric_alarm(
            AlarmName=name, Namespace="test", MetricName="none", Statistic="Sum", Period=86400, EvaluationPeriods=1, Threshold=1,
            ComparisonOperator="GreaterThanThreshold", TreatMissingData="ignore",
        )  # fmt: skip
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason=reason)


def test_a_quiet_tick_asks_for_nothing(served: World) -> None:
    assert ask(served, events.RETRAIN_TICK) == {"decision": "none"}


def test_an_alarm_retrains_on_labelled_production_rows_and_the_package_says_why(served: World) -> None:
    raise_alarm(served, "income drifted by 0.4")
    run = served.until(lambda: jobs(served))[0]["ProcessingJobName"].removeprefix(collection.job_name(NAMES.prefix, ""))
    drop = collection.drop(run)
    (version,) = served.until(lambda: served.versions(drop))
    manifest = json.loads(served.body("data", layout.manifest_key(version)))
    assert (manifest["rows"], manifest["quarantined"]) == (1.5 * ROWS, 0)  # half as many rows of the past
    package = served.until(lambda: next((p for p in served.packages() if "retrain_run" in p.get("CustomerMetadataProperties", {})), None))
    metadata = package["CustomerMetadataProperties"]
    assert (metadata["dataset_version"], metadata["retrain_run"], metadata["retrain_trigger"]) == (version, run, "drift")
    assert "income drifted by 0.4" in metadata["retrain_reason"]
    assert any("retraining: drift alarm" in text and "income drifted by 0.4" in text for text in served.notifications())


def test_the_same_alarm_delivered_again_starts_no_second_run(served: World) -> None:
    before = len(jobs(served))
    alarm = next(e for e in served.aws.events.history if e["detail-type"] == events.ALARM_STATE_CHANGE)
    served.aws.events.deliver(alarm)
    served.aws.settle()
    assert len(jobs(served)) == before == 1


def drift_on(world: World, hours: int) -> None:
    """Windows that drift, as the monitor function would report them."""
    dimensions = [{"Name": "Endpoint", "Value": NAMES.endpoint}]
    for _ in range(hours):
        datum = {"MetricName": "DriftedFeatures", "Value": 2.0, "Dimensions": dimensions, "Timestamp": world.aws.clock.now()}
        world.aws.client("cloudwatch").put_metric_data(Namespace=NAMES.prefix, MetricData=[datum])
        world.aws.advance(timedelta(hours=1))


def test_a_new_episode_in_the_cooldown_waits_and_says_so_once(served: World) -> None:
    drift_on(served, 2)
    assert not said(served, "not retraining")  # it may still be about the predecessor's windows
    drift_on(served, 4)
    first = said(served, "cooldown of 24 h until")
    assert len(first) == 1 and len(jobs(served)) == 1
    drift_on(served, 3)
    assert said(served, "cooldown of 24 h until") == first


def said(world: World, words: str) -> list[str]:
    return [text for text in world.notifications() if text.startswith("not retraining") and words in text]


def test_a_person_skips_the_cooldown_but_not_the_daily_cap(served: World) -> None:
    answer = ask(served, events.RETRAIN_COMMAND, id="c1", by="arn:aws:iam::123456789012:user/ann", reason="labels were late")
    assert answer["decision"] == "wait" and "one run a day at most" in answer["reason"]
    assert "asked for by arn:aws:iam::123456789012:user/ann: labels were late" in answer["reason"]


def test_every_call_of_a_role_is_one_that_its_policy_allows(served: World) -> None:
    assert violations(served.aws) == []
