"""A window → the processing job that runs the analyzer on it. Pure."""

from dataclasses import dataclass
from typing import Any

from interfaces import layout
from interfaces.analyzer import MODEL_QUALITY, AnalyzerSettings
from interfaces.function_env import MonitorEnv
from interfaces.monitors import Monitor
from interfaces.names import moment
from interfaces.reports import ANALYSIS_CONFIG_FILE, ANALYSIS_FILE, BASELINES, CONSTRAINTS_FILE, STATISTICS_FILE
from lambdas.monitor.windows import Window

_INPUT = "/opt/ml/processing/input"
_OUTPUT = "/opt/ml/processing/output"


@dataclass(frozen=True)
class Sources:
    """S3 URIs of what the job reads; empty where there is nothing. Up to ``labels``, they are lists of files."""

    capture: str = ""
    batch_input: str = ""
    batch_output: str = ""
    labels: str = ""
    baseline: str = ""
    manifest: str = ""
    model: str = ""


def job_name(env: MonitorEnv, monitor: Monitor, window: Window) -> str:
    """One name per window: asked twice, SageMaker runs it once."""
    return f"{env.prefix}-monitor-{monitor.name}-{window.due:%Y%m%d%H}"


def schedule_name(env: MonitorEnv, monitor: Monitor) -> str:
    return f"{env.prefix}-{monitor.name}"


def create_job(env: MonitorEnv, monitor: Monitor, window: Window, sources: Sources) -> dict[str, Any]:
    """CreateProcessingJob: one instance, isolated, encrypted; reports go where a schedule would put them."""
    inputs = {
        "code": (env.steps_uri, "S3Prefix"),
        "endpoint": (sources.capture, "ManifestFile"),
        "batch/input": (sources.batch_input, "ManifestFile"),
        "batch/output": (sources.batch_output, "ManifestFile"),
        "ground-truth": (sources.labels, "ManifestFile"),
        "baseline": (sources.baseline, "S3Prefix"),
        "manifest": (sources.manifest, "S3Prefix"),
        "model": (sources.model, "S3Prefix"),
    }
    prefix = layout.report_prefix(env.endpoint_name, schedule_name(env, monitor), window.due)
    destination = {"S3Uri": f"s3://{env.data_bucket}/{prefix.rstrip('/')}", "LocalPath": _OUTPUT, "S3UploadMode": "EndOfJob"}
    cluster = {"InstanceCount": 1, "InstanceType": env.instance_type, "VolumeSizeInGB": int(env.volume_gb), "VolumeKmsKeyId": env.key_arn}
    return {
        "ProcessingJobName": job_name(env, monitor, window),
        "RoleArn": env.job_role_arn,
        "AppSpecification": {
            "ImageUri": env.image_uri,
            "ContainerEntrypoint": ["python3", f"{_INPUT}/code/{env.steps_uri.rsplit('/', 1)[-1]}"],
            "ContainerArguments": ["monitor"],
        },
        "Environment": settings(env, monitor, window, sources).environment(),
        "ProcessingInputs": [_input(name, uri, kind) for name, (uri, kind) in inputs.items() if uri],
        "ProcessingOutputConfig": {"KmsKeyId": env.key_arn, "Outputs": [{"OutputName": "monitoring_output", "S3Output": destination}]},
        "ProcessingResources": {"ClusterConfig": cluster},
        "NetworkConfig": _network(env),
        "StoppingCondition": {"MaxRuntimeInSeconds": int(env.max_runtime_s)},
    }


def settings(env: MonitorEnv, monitor: Monitor, window: Window, sources: Sources) -> AnalyzerSettings:
    """What the analyzer is told, by the contract of Model Monitor's containers and our additions."""
    kind = monitor.analysis_type
    folder = f"{_INPUT}/baseline/{BASELINES[kind]}"
    has, data_quality = bool(sources.baseline), monitor.name == "data-quality"
    constraints = ANALYSIS_FILE if monitor.configured else CONSTRAINTS_FILE
    return AnalyzerSettings(
        analysis_type=kind,
        dataset_source=f"{_INPUT}/endpoint",
        batch_source=f"{_INPUT}/batch" if sources.batch_input else "",
        output_path=_OUTPUT,
        start_time=moment(window.start),
        end_time=moment(window.end),
        baseline_constraints=f"{folder}{constraints}" if has else "",
        baseline_statistics=f"{folder}{STATISTICS_FILE}" if has and data_quality else "",
        problem_type=env.problem_type if kind == MODEL_QUALITY else "",
        sagemaker_endpoint_name=env.endpoint_name,
        sagemaker_monitoring_schedule_name=schedule_name(env, monitor),
        ground_truth_source=f"{_INPUT}/ground-truth" if monitor.labels else "",
        contract=f"{_INPUT}/manifest" if sources.manifest else "",
        model=f"{_INPUT}/model" if sources.model else "",
        analysis_config=f"{_INPUT}/baseline/{ANALYSIS_CONFIG_FILE}" if has and monitor.configured else "",
        distance=env.distance,
        minimum_rows=int(env.minimum_rows),
        minimum_labels=int(env.minimum_labels),
    )


def _network(env: MonitorEnv) -> dict[str, Any]:
    vpc = {"SecurityGroupIds": env.security_groups.split(","), "Subnets": env.subnets.split(",")} if env.subnets else {}
    return {"EnableNetworkIsolation": True, **({"VpcConfig": vpc} if vpc else {})}


def _input(name: str, uri: str, kind: str) -> dict[str, Any]:
    source = {"S3Uri": uri, "LocalPath": f"{_INPUT}/{name}", "S3DataType": kind, "S3InputMode": "File"}
    return {"InputName": name.replace("/", "-"), "S3Input": source}
