"""A job definition and a window → the processing job that Model Monitor would run. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from local_aws.sagemaker.monitoring.kinds import Kind

PROCESSING = "/opt/ml/processing"
ENDPOINT_INPUT = f"{PROCESSING}/input/endpoint"
CAPTURE_FORMAT = '{"sagemakerCaptureJson":{"captureIndexNames":["endpointInput","endpointOutput"]}}'


@dataclass(frozen=True)
class Run:
    """What one execution works on. ``hours`` are the S3 prefixes (with their place below the endpoint's prefix) that hold data."""

    name: str
    schedule: str
    schedule_arn: str
    endpoint: str
    scheduled: datetime
    start: datetime
    end: datetime
    capture: list[tuple[str, str]]
    labels: list[tuple[str, str]]
    model: str = ""


def processing_job(kind: Kind, definition: dict[str, Any], run: Run) -> dict[str, Any]:
    """The parameters of CreateProcessingJob."""
    app, source = kind.part(definition, "AppSpecification"), kind.part(definition, "JobInput")["EndpointInput"]
    output = kind.part(definition, "JobOutputConfig")
    inputs, paths = _inputs(kind, definition, run, source["LocalPath"])
    local = output["MonitoringOutputs"][0]["S3Output"]
    there = f"{local['S3Uri'].rstrip('/')}/{run.endpoint}/{run.schedule}/{run.scheduled:%Y/%m/%d/%H}"
    destination = {"S3Uri": there, "LocalPath": local["LocalPath"], "S3UploadMode": "EndOfJob"}
    environment = {
        "dataset_format": CAPTURE_FORMAT,
        "dataset_source": source["LocalPath"],
        "output_path": local["LocalPath"],
        "publish_cloudwatch_metrics": "Enabled",
        "analysis_type": kind.analysis_type,
        "start_time": f"{run.start:%Y-%m-%dT%H:%M:%SZ}",
        "end_time": f"{run.end:%Y-%m-%dT%H:%M:%SZ}",
        "sagemaker_endpoint_name": run.endpoint,
        "sagemaker_monitoring_schedule_name": run.schedule,
        **{k: v for k, v in _attributes(app, source).items() if v},
        **paths,
        **app.get("Environment", {}),
    }
    command = {k: app[k] for k in ("ContainerEntrypoint", "ContainerArguments") if k in app}
    optional: dict[str, Any] = {k: definition[k] for k in ("NetworkConfig", "StoppingCondition") if k in definition}
    kms = {"KmsKeyId": output["KmsKeyId"]} if "KmsKeyId" in output else {}
    return {
        "ProcessingJobName": run.name,
        "ProcessingInputs": inputs,
        "ProcessingOutputConfig": {"Outputs": [{"OutputName": "monitoring_output", "S3Output": destination}], **kms},
        "ProcessingResources": definition["JobResources"],
        "AppSpecification": {"ImageUri": app["ImageUri"], **command},
        "Environment": environment,
        "RoleArn": definition["RoleArn"],
        "MonitoringScheduleArn": run.schedule_arn,
        **optional,
    }


def _attributes(app: dict[str, Any], source: dict[str, Any]) -> dict[str, str]:
    threshold = source.get("ProbabilityThresholdAttribute")
    return {
        "problem_type": app.get("ProblemType", ""),
        "inference_attribute": source.get("InferenceAttribute", ""),
        "probability_attribute": source.get("ProbabilityAttribute", ""),
        "probability_threshold_attribute": "" if threshold is None else str(threshold),
    }


def _inputs(kind: Kind, definition: dict[str, Any], run: Run, local: str) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """Inputs of the job, and the variables that say where they lie."""
    inputs = [_input(f"endpoint_input_{i + 1}", uri, f"{local}/{tail}") for i, (uri, tail) in enumerate(run.capture)]
    paths: dict[str, str] = {}
    if run.labels:
        paths["ground_truth_source"] = f"{PROCESSING}/groundtruth"
        inputs += [_input(f"ground_truth_{i + 1}", uri, f"{PROCESSING}/groundtruth/{tail}") for i, (uri, tail) in enumerate(run.labels)]
    baseline = kind.part(definition, "BaselineConfig")
    named = (("ConstraintsResource", "constraints", "baseline_constraints"), ("StatisticsResource", "stats", "baseline_statistics"))
    for member, folder, variable in named:
        if uri := (baseline.get(member) or {}).get("S3Uri"):
            inputs.append(_input(folder, uri, f"{PROCESSING}/baseline/{folder}"))
            paths[variable] = f"{PROCESSING}/baseline/{folder}/{uri.rsplit('/', 1)[-1]}"
    if uri := kind.part(definition, "AppSpecification").get("ConfigUri"):
        inputs.append(_input("analysis_config", uri, f"{PROCESSING}/input/config"))
        paths["analysis_config"] = f"{PROCESSING}/input/config/{uri.rsplit('/', 1)[-1]}"
    if kind.analysis_type == "MODEL_EXPLAINABILITY" and run.model:
        inputs.append(_input("model", run.model, f"{PROCESSING}/input/model"))
        paths["model"] = f"{PROCESSING}/input/model"
    return inputs, paths


def _input(name: str, uri: str, local: str) -> dict[str, Any]:
    s3 = {"S3Uri": uri, "LocalPath": local, "S3DataType": "S3Prefix", "S3InputMode": "File"}
    return {"InputName": name, "S3Input": s3}
