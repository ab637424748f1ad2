"""Monitoring schedules run the analyzer that stands in for AWS's image, on the clock."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from textwrap import dedent

import pytest

from local_aws.aws import LocalAws
from local_aws.sagemaker.monitoring.cron import Cron, offset, window
from tests.local_aws.endpoints import config, create, model
from tests.local_aws.sagemaker.monitored import (
    ANALYZER,
    ANALYZER_IMAGE,
    CAPTURE,
    HOUR,
    HOURLY,
    capture,
    definition,
    executions,
    schedule,
    to_the_hour,
)
from tests.local_aws.support import BUCKET, emitted, furnish, get, put, refusal


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    analyzer = tmp_path_factory.mktemp("analyzer") / "steps.py"
    analyzer.write_text(dedent(ANALYZER))
    with LocalAws(analyzer=analyzer) as running:
        furnish(running)
        model(running, "m")
        create(running, "watched", config(running, "watched-1", CAPTURE, m=1))
        yield running
        assert not running.background.failures


def test_each_window_is_run_with_its_own_end(aws: LocalAws) -> None:
    sagemaker = aws.client("sagemaker")
    statistics = put(aws, "baseline/statistics.json", "{}")
    baseline = {"StatisticsResource": {"S3Uri": statistics}}
    sagemaker.create_data_quality_job_definition(JobDefinitionName="ends", **definition(DataQualityBaselineConfig=baseline))
    to_the_hour(aws)
    schedule(aws, "ends")
    capture(aws, "1,2")
    aws.advance(HOUR)
    capture(aws, "1,2", "3,4")
    aws.advance(HOUR)
    capture(aws, "poison")
    aws.advance(2 * HOUR)
    found = executions(aws, "ends")
    assert [e["MonitoringExecutionStatus"] for e in found] == ["Completed", "CompletedWithViolations", "Failed", "Failed"]
    assert found[3]["FailureReason"] == "Job inputs had no data" and "ProcessingJobArn" not in found[3]
    assert "exit code: 3" in found[2]["FailureReason"]
    at = found[0]["ScheduledTime"].astimezone(UTC)
    report = json.loads(get(aws, f"reports/watched/ends/{at:%Y/%m/%d/%H}/report.json"))
    assert (report["records"], report["argv"]) == (1, ["monitor"])
    told = report["settings"]
    assert (told["start_time"], told["end_time"]) == (f"{at - HOUR:%Y-%m-%dT%H:%M:%SZ}", f"{at:%Y-%m-%dT%H:%M:%SZ}")
    assert told["baseline_statistics"] == "/opt/ml/processing/baseline/stats/statistics.json"
    assert (told["analysis_type"], told["sagemaker_endpoint_name"], told["sagemaker_monitoring_schedule_name"]) == (
        "DATA_QUALITY",
        "watched",
        "ends",
    )
    job = found[1]["ProcessingJobArn"].rsplit("/", 1)[-1]
    described = sagemaker.describe_processing_job(ProcessingJobName=job)
    assert described["ExitMessage"].endswith("with 2 violations.") and described["MonitoringScheduleArn"].endswith("/ends")
    assert emitted(aws, "SageMaker Processing Job State Change", ProcessingJobName=job)
    sagemaker.delete_monitoring_schedule(MonitoringScheduleName="ends")


def test_what_the_analyzer_leaves_becomes_metrics_of_aws_own_namespace(aws: LocalAws) -> None:
    listed = aws.client("cloudwatch").list_metrics(Namespace="aws/sagemaker/Endpoints/data-metrics")["Metrics"]
    assert [m["MetricName"] for m in listed] == ["feature_baseline_drift_x"]


@pytest.mark.parametrize("title", ["ModelQuality", "ModelBias", "ModelExplainability"])
def test_the_other_kinds_bring_labels_configuration_and_model(aws: LocalAws, title: str) -> None:
    sagemaker = aws.client("sagemaker")
    given = definition(title)
    given[f"{title}BaselineConfig"] = {"ConstraintsResource": {"S3Uri": put(aws, "baseline/constraints.json", "{}")}}
    if title != "ModelExplainability":
        given[f"{title}JobInput"]["GroundTruthS3Input"] = {"S3Uri": f"s3://{BUCKET}/labels"}
    if title == "ModelQuality":
        given[f"{title}AppSpecification"]["ProblemType"] = "BinaryClassification"
        given[f"{title}JobInput"]["EndpointInput"]["ProbabilityThresholdAttribute"] = 0.4
    else:
        given[f"{title}AppSpecification"]["ConfigUri"] = put(aws, "baseline/analysis_config.json", "{}")
    snake = {"ModelQuality": "model_quality", "ModelBias": "model_bias", "ModelExplainability": "model_explainability"}[title]
    getattr(sagemaker, f"create_{snake}_job_definition")(JobDefinitionName=title, **given)
    assert getattr(sagemaker, f"describe_{snake}_job_definition")(JobDefinitionName=title)["JobDefinitionName"] == title
    to_the_hour(aws)
    schedule(aws, title, title)
    capture(aws, "1,2")
    put(aws, f"labels/{aws.clock.now():%Y/%m/%d/%H}/l.jsonl", "{}")
    aws.advance(HOUR)
    (execution,) = executions(aws, title)
    assert execution["MonitoringExecutionStatus"] == "Completed", execution
    at = execution["ScheduledTime"].astimezone(UTC)
    told = json.loads(get(aws, f"reports/watched/{title}/{at:%Y/%m/%d/%H}/report.json"))["settings"]
    assert told["analysis_type"] == {"ModelQuality": "MODEL_QUALITY", "ModelBias": "MODEL_BIAS"}.get(title, "MODEL_EXPLAINABILITY")
    assert ("ground_truth_source" in told, "model" in told) == (title != "ModelExplainability", title == "ModelExplainability")
    assert told.get("probability_threshold_attribute") == ("0.4" if title == "ModelQuality" else None)
    sagemaker.delete_monitoring_schedule(MonitoringScheduleName=title)


def test_a_schedule_with_a_pending_execution_cannot_be_deleted(aws: LocalAws) -> None:
    sagemaker = aws.client("sagemaker")
    sagemaker.create_data_quality_job_definition(JobDefinitionName="pends", **definition())
    schedule(aws, "pends")
    now = aws.clock.now()
    aws.advance(now.replace(minute=0, second=0, microsecond=0) + HOUR - now, settle=lambda: None)
    assert executions(aws, "pends")[0]["MonitoringExecutionStatus"] == "Pending"
    assert "an execution is Pending" in refusal(lambda: sagemaker.delete_monitoring_schedule(MonitoringScheduleName="pends"))[1]
    aws.advance(timedelta(minutes=21))
    sagemaker.delete_monitoring_schedule(MonitoringScheduleName="pends")
    assert "not found" in refusal(lambda: sagemaker.describe_monitoring_schedule(MonitoringScheduleName="pends"))[1]


def test_a_stopped_schedule_does_not_fire_until_it_is_started(aws: LocalAws) -> None:
    sagemaker = aws.client("sagemaker")
    sagemaker.create_data_quality_job_definition(JobDefinitionName="stops", **definition())
    schedule(aws, "stops")
    sagemaker.stop_monitoring_schedule(MonitoringScheduleName="stops")
    assert sagemaker.describe_monitoring_schedule(MonitoringScheduleName="stops")["MonitoringScheduleStatus"] == "Stopped"
    aws.advance(2 * HOUR)
    assert executions(aws, "stops") == []
    sagemaker.start_monitoring_schedule(MonitoringScheduleName="stops")
    aws.advance(HOUR)
    assert len(executions(aws, "stops")) == 1
    sagemaker.delete_monitoring_schedule(MonitoringScheduleName="stops")


def test_malformed_requests_are_refused(aws: LocalAws) -> None:
    sagemaker = aws.client("sagemaker")
    sagemaker.create_data_quality_job_definition(JobDefinitionName="base", **definition())
    assert "cron(0 * ? * * *)" in refusal(lambda: schedule(aws, "base", expression="rate(1 hour)"))[1]
    assert "NOW" in refusal(lambda: schedule(aws, "base", expression="NOW"))[1]
    assert "Could not find" in refusal(lambda: schedule(aws, "nowhere"))[1]
    assert "already exists" in refusal(lambda: sagemaker.create_data_quality_job_definition(JobDefinitionName="base", **definition()))[1]
    batch = definition()
    batch["DataQualityJobInput"] = {
        "BatchTransformInput": {
            "DataCapturedDestinationS3Uri": "s3://b/c",
            "DatasetFormat": {"Json": {}},
            "LocalPath": "/opt/ml/processing/i",
        }
    }
    assert "BatchTransformInput" in refusal(lambda: sagemaker.create_data_quality_job_definition(JobDefinitionName="b", **batch))[1]


def test_the_image_is_refused_by_name_without_an_analyzer(aws: LocalAws) -> None:
    kept, aws.processing.world = aws.processing.world, type(aws.processing.world)(**{**vars(aws.processing.world), "analyzer": None})
    try:
        _, message = refusal(lambda: aws.client("sagemaker").create_data_quality_job_definition(JobDefinitionName="bare", **definition()))
    finally:
        aws.processing.world = kept
    assert ANALYZER_IMAGE in message


@pytest.mark.parametrize(
    ("expression", "at", "after", "before"),
    [
        (HOURLY, 5, 6, 4),
        ("cron(0 2 ? * * *)", 2, 26, -22),
        ("cron(0 0/6 ? * * *)", 6, 12, 0),
        ("cron(0 3/12 ? * * *)", 15, 27, 3),
    ],
)
def test_expressions(expression: str, at: int, after: int, before: int) -> None:
    day = datetime(2026, 3, 1, tzinfo=UTC)
    cron = Cron(expression)
    assert cron.after(day + at * HOUR) == day + after * HOUR
    assert cron.before(day + at * HOUR) == day + before * HOUR


def test_offsets_move_the_window_back_for_late_labels() -> None:
    at = datetime(2026, 3, 3, 2, tzinfo=UTC)
    assert window(Cron(HOURLY), at, None, None) == (at - HOUR, at)
    assert window(Cron(HOURLY), at, "-P2D", "-PT1H") == (at - timedelta(days=2), at - HOUR)
    assert offset("-P1DT2H30M") == timedelta(days=1, hours=2, minutes=30)
