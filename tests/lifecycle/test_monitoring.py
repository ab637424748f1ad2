"""From captured traffic to an alarm and a message, with the real assets, on both engines."""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from policy_check import violations
from support import NAMES, ROOT, World
from traffic import HOUR, ROWS, ask, to_half_past
from windows import alarm, analyzer, figure, jobs, release, window

from cli.demo import loans
from cli.labels import put
from interfaces import layout
from local_aws.aws import LocalAws

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def refused(assembly: Path) -> Iterator[World]:
    """An account to which Model Monitor is closed."""
    with LocalAws(analyzer=analyzer(assembly), refuse_schedules=True) as aws:
        yield release(aws, assembly)
        aws.settle()
        assert not aws.background.failures


def test_a_refusal_makes_the_stack_take_the_other_engine_and_says_so(refused: World) -> None:
    assert refused.stack(NAMES.monitoring_stack)["Engine"] == "processing"
    (told,) = [m for m in refused.notifications() if "schedules were refused" in m]
    assert "AWS::SageMaker::" in told and "not available to this account" in told
    assert refused.aws.client("sagemaker").list_monitoring_schedules()["MonitoringScheduleSummaries"] == []


def test_baseline_and_data_version_travel_with_the_package(refused: World) -> None:
    stack = refused.stack(NAMES.monitoring_stack)
    assert stack["BaselineUri"].endswith("/baseline/output") and stack["DatasetVersion"] == refused.versions("first")[0]


def test_a_window_like_the_training_data_is_quiet(refused: World) -> None:
    to_half_past(refused)
    window(refused)
    assert figure(refused, "MonitoredRows")[-1] == ROWS
    assert figure(refused, "DriftedFeatures")[-1] == 0
    assert figure(refused, "FeatureDrift", Feature="income")[-1] < 0.1
    assert alarm(refused, "drift-data") != "ALARM"
    assert not [m for m in refused.notifications() if NAMES.alarm("") in m]  # nobody was paged, not even in passing


def test_two_drifted_windows_of_three_raise_the_alarm_and_name_the_features(refused: World) -> None:
    before = len(refused.notifications())
    for seed in (21, 22):
        window(refused, seed=seed, shift=2.0)
    assert figure(refused, "DriftedFeatures")[-2:] == pytest.approx([2, 2], abs=1)
    assert alarm(refused, "drift-data") == "ALARM"
    (told,) = [m for m in refused.notifications()[before:] if m.startswith(f"{NAMES.alarm('drift-data')} is in ALARM")]
    assert "income: distance 0." in told and "debt_ratio: distance 0." in told
    assert "docs/runbooks/drift-data.md" in told
    uri = next(line for line in told.splitlines() if line.startswith("Report: ")).removeprefix("Report: ")
    assert f"{layout.split_uri(uri)[1]}/statistics.json" in refused.keys("data", f"{layout.MONITORING}/")


def test_a_window_is_run_once_whatever_is_delivered_twice(refused: World) -> None:
    before = [j["ProcessingJobName"] for j in jobs(refused, "data-quality")]
    assert len(before) == len(set(before)) >= 3
    tick = json.dumps({"source": "mlops-loop", "detail-type": "Monitoring Tick"}).encode()
    for _ in range(2):
        refused.aws.client("lambda").invoke(FunctionName=NAMES.function("monitor"), Payload=tick)
    ended = [e for e in refused.events("SageMaker Processing Job State Change") if e["detail"]["ProcessingJobName"] in before]
    figures = len(figure(refused, "MonitoredRows"))
    refused.aws.events.deliver(ended[-1])
    refused.aws.settle()
    assert [j["ProcessingJobName"] for j in jobs(refused, "data-quality")] == before
    assert len(figure(refused, "MonitoredRows")) == figures


def test_labels_make_quality_and_too_few_keep_it_silent(refused: World) -> None:
    ids = ask(refused, seed=31, size=1, count=120)
    s3, bucket, now = refused.aws.client("s3"), refused.buckets["data"], refused.aws.clock.now()
    put(s3, bucket, [(id, "0") for id in ids[:5]], now)
    refused.aws.advance(HOUR)
    assert 0 < figure(refused, "LabelledShare")[-1] < 0.1 and figure(refused, "Quality", Metric="auc") == []
    ids = ask(refused, seed=32, size=1, count=120)
    truth = loans.generate(120, 32).rows["defaulted"].astype(str)
    put(s3, bucket, list(zip(ids, truth, strict=True)), refused.aws.clock.now())
    refused.aws.advance(HOUR)
    assert figure(refused, "LabelledShare")[-1] == 1.0
    assert 0.3 < figure(refused, "Quality", Metric="auc")[-1] <= 1.0


def batch(world: World, folder: Path, seed: int, shift: float) -> list[dict[str, str]]:
    """Rows with more columns than the model asks for, through the command line; the answers, row by row."""
    (folder / "rows.csv").write_text("".join(loans.csv_chunks(loans.generate(ROWS, seed, shift=shift))))
    command = ["-m", "cli.main", "batch", "rows.csv", "--environment", NAMES.prefix, "--output", "answers.csv"]
    env = {**os.environ, **world.aws.environment(), "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, *command], cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert f"rows.csv: {ROWS} rows" in done.stdout and "Completed" in done.stdout
    with (folder / "answers.csv").open() as stream:
        return list(csv.DictReader(stream))


def test_a_batch_is_monitored_as_the_endpoint_is(refused: World, tmp_path: Path) -> None:
    answered = batch(refused, tmp_path, 41, shift=2.0)
    assert len({a["inference_id"] for a in answered}) == ROWS and {a["label"] for a in answered} <= {"0", "1"}
    truth = loans.generate(ROWS, 41, shift=2.0).rows["defaulted"].astype(str)
    pairs = [(a["inference_id"], label) for a, label in zip(answered, truth, strict=True)]
    put(refused.aws.client("s3"), refused.buckets["data"], pairs, refused.aws.clock.now())
    refused.aws.advance(HOUR)
    assert figure(refused, "MonitoredRows")[-1] == ROWS
    assert figure(refused, "FeatureDrift", Feature="income")[-1] > 0.2
    assert figure(refused, "LabelledShare")[-1] == 1.0 and figure(refused, "FaultyShare")[-1] == 0.0
    assert 0.3 < figure(refused, "Quality", Metric="auc")[-1] <= 1.0


def test_a_batch_counts_beside_requests_in_the_window_in_which_it_ended(refused: World, tmp_path: Path) -> None:
    batch(refused, tmp_path, 42, shift=0.0)
    # as of a job that began the day before: what it captured lies there
    s3, data = refused.aws.client("s3"), refused.buckets["data"]
    for key in refused.keys("data", layout.batch_capture(NAMES.prefix)):
        if f"/{refused.aws.clock.now():%Y/%m/%d/%H}/" in key:
            body = refused.body("data", key)
            s3.delete_object(Bucket=data, Key=key)
            s3.put_object(Bucket=data, Key=f"{layout.batch_capture(NAMES.prefix)}{key.split('/')[2]}/{_the_day_before(key)}", Body=body)
    window(refused)
    assert figure(refused, "MonitoredRows")[-1] == 2 * ROWS


def _the_day_before(key: str) -> str:
    *day, hour, name = key.split("/")[3:]
    return f"{datetime(*map(int, day)) - timedelta(days=1):%Y/%m/%d}/{hour}/{name}"


def test_corrupt_records_are_left_out_counted_and_alarmed(refused: World) -> None:
    ask(refused)
    key = f"{layout.CAPTURE}/{NAMES.endpoint}/AllTraffic/{refused.aws.clock.now():%Y/%m/%d/%H}/59-59-000-corrupt.jsonl"
    refused.aws.client("s3").put_object(Bucket=refused.buckets["data"], Key=key, Body=b"{not json\n" * 5)
    refused.aws.advance(HOUR)
    assert figure(refused, "MonitoredRows")[-1] == ROWS
    assert figure(refused, "FaultyShare")[-1] == pytest.approx(5 / 8)
    assert alarm(refused, "monitor-corrupt-data") == alarm(refused, "monitoring-unhealthy") == "ALARM"


def test_an_empty_window_has_its_own_state_and_no_job(refused: World) -> None:
    before = len(jobs(refused, "data-quality"))
    refused.aws.advance(HOUR)
    assert len(jobs(refused, "data-quality")) == before
    assert figure(refused, "MonitorWithoutData")[-1] == 1.0
    assert alarm(refused, "monitor-without-data") == "ALARM"


@pytest.mark.parametrize(
    ("change", "figure_name", "alarm_name"),
    [("gone", "MonitorWithoutBaseline", "monitor-without-baseline"), ("other", "MonitorBaselineMismatch", "monitor-baseline-mismatch")],
)
def test_a_baseline_that_is_missing_or_of_another_schema(refused: World, change: str, figure_name: str, alarm_name: str) -> None:
    bucket, prefix = layout.split_uri(refused.stack(NAMES.monitoring_stack)["BaselineUri"])
    s3 = refused.aws.client("s3")
    kept = {k: s3.get_object(Bucket=bucket, Key=k)["Body"].read() for k in refused.keys("artefacts", f"{prefix}/")}
    for key, body in kept.items():
        s3.delete_object(Bucket=bucket, Key=key)
        if change == "other":
            s3.put_object(
                Bucket=bucket, Key=key, Body=body.replace(b'"name"', b'"name" : "was", "called"').replace(b'"income"', b'"salary"')
            )
    try:
        window(refused)
    finally:
        for key, body in kept.items():
            s3.put_object(Bucket=bucket, Key=key, Body=body)
    assert figure(refused, figure_name)[-1] == 1.0
    assert alarm(refused, alarm_name) == "ALARM"


def test_no_dead_letters_and_no_failed_function(refused: World) -> None:
    """Bad input never becomes a crash loop."""
    queue = f"https://sqs.us-east-1.amazonaws.com/123456789012/{NAMES.prefix}-dead-letters"
    waiting = refused.aws.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10, MessageAttributeNames=["All"])
    assert waiting.get("Messages", []) == []
    assert alarm(refused, "dead-letters") == alarm(refused, "function-errors") == "OK"


def test_every_call_is_one_that_a_policy_allows(refused: World) -> None:
    assert violations(refused.aws) == []
