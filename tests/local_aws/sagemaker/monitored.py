"""What a monitored endpoint of the local AWS is made of: an analyzer, capture, definitions and schedules."""

from datetime import timedelta
from typing import Any

from local_aws.aws import LocalAws
from tests.local_aws.endpoints import config, create, invoke, model
from tests.local_aws.support import BUCKET, CLUSTER, ROLE, keys, until

ANALYZER_IMAGE = "156813124566.dkr.ecr.us-east-1.amazonaws.com/sagemaker-model-monitor-analyzer"
HOURLY = "cron(0 * ? * * *)"
HOUR = timedelta(hours=1)
# Counts captured records and violates as often; what it was told goes into its report
ANALYZER = """
    import json, os, pathlib, sys
    settings = {k: os.environ[k] for k in sorted(os.environ) if k.islower()}
    lines = [l for p in pathlib.Path(settings["dataset_source"]).rglob("*.jsonl") for l in p.read_text().splitlines()]
    out = pathlib.Path(settings["output_path"])
    report = {"settings": settings, "records": len(lines), "argv": sys.argv[1:]}
    for name in ("ground_truth_source", "analysis_config", "model", "baseline_constraints"):
        if name in settings:
            assert pathlib.Path(settings[name]).exists(), name
    (out / "report.json").write_text(json.dumps(report))
    metric = {"MetricName": "feature_baseline_drift_x", "Timestamp": settings["end_time"], "Value": 0.5, "Unit": "None",
              "Dimensions": [{"Name": "Endpoint", "Value": settings["sagemaker_endpoint_name"]}]}
    folder = pathlib.Path("/opt/ml/output/metrics/cloudwatch")
    folder.mkdir(parents=True)
    (folder / "m.jsonl").write_text(json.dumps(metric) + "\\n")
    if any("poison" in line for line in lines):
        sys.exit(3)
    many = len(lines) > 1
    pathlib.Path("/opt/ml/output/message").write_text(
        "CompletedWithViolations: Job completed successfully with 2 violations." if many else "Completed: Job completed successfully."
    )
"""
CAPTURE = {
    "EnableCapture": True,
    "InitialSamplingPercentage": 100,
    "DestinationS3Uri": f"s3://{BUCKET}/capture",
    "CaptureOptions": [{"CaptureMode": m} for m in ("Input", "Output")],
    "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"]},
}


def definition(title: str = "DataQuality", **extra: Any) -> dict[str, Any]:
    """The parameters of a job definition, without its name."""
    source: dict[str, Any] = {"EndpointInput": {"EndpointName": "watched", "LocalPath": "/opt/ml/processing/input/endpoint"}}
    output = {"S3Output": {"S3Uri": f"s3://{BUCKET}/reports", "LocalPath": "/opt/ml/processing/output"}}
    given: dict[str, Any] = {
        f"{title}AppSpecification": {"ImageUri": ANALYZER_IMAGE},
        f"{title}JobInput": source,
        f"{title}JobOutputConfig": {"MonitoringOutputs": [output]},
        "JobResources": {"ClusterConfig": CLUSTER},
        "RoleArn": ROLE,
    }
    return {**given, **extra}


def schedule(aws: LocalAws, name: str, title: str = "DataQuality", expression: str = HOURLY) -> None:
    aws.client("sagemaker").create_monitoring_schedule(
        MonitoringScheduleName=name,
        MonitoringScheduleConfig={
            "ScheduleConfig": {"ScheduleExpression": expression},
            "MonitoringJobDefinitionName": name,
            "MonitoringType": title,
        },
    )


def watch(aws: LocalAws, name: str) -> None:
    """An endpoint whose captured hour has begun, and a schedule of a definition of its own."""
    model(aws, "m")
    create(aws, "watched", config(aws, "watched-1", CAPTURE, m=1))
    to_the_hour(aws)
    aws.client("sagemaker").create_data_quality_job_definition(JobDefinitionName=name, **definition())
    schedule(aws, name)
    capture(aws, "1,2")


def executions(aws: LocalAws, name: str) -> list[dict[str, Any]]:
    """Oldest first."""
    listed = aws.client("sagemaker").list_monitoring_executions(MonitoringScheduleName=name, SortOrder="Ascending")
    return list(listed["MonitoringExecutionSummaries"])


def to_the_hour(aws: LocalAws) -> None:
    """To half past the next hour: what is captured then belongs to the hour that has begun, and its run is over an hour later."""
    now = aws.clock.now()
    aws.advance(now.replace(minute=30, second=0, microsecond=0) + HOUR - now)


def capture(aws: LocalAws, *bodies: str) -> None:
    before = len(keys(aws, "capture"))
    for body in bodies:
        invoke(aws, "watched", body)
    until(lambda: len(keys(aws, "capture")) > before)
