"""What SageMaker keeps that no stack owns: retained models and configs, packages, jobs, schedules, and what still runs."""

from typing import Any

from cli.collect import Client
from cli.destroy.kinds import Kind, missing, pages
from interfaces.names import Names

_ENDED = ("Completed", "Failed", "Stopped")
# How SageMaker Pipelines begins the names of the jobs that it starts
_OF_PIPELINES = "pipelines-"


def _endpoints(client: Client, names: Names) -> list[str]:
    found = pages(client("sagemaker"), "list_endpoints", "Endpoints", NameContains=names.prefix)
    return [e["EndpointName"] for e in found if e["EndpointName"].startswith(f"{names.prefix}-") and e["EndpointStatus"] != "Deleting"]


def _configs(client: Client, names: Names) -> list[str]:
    found = pages(client("sagemaker"), "list_endpoint_configs", "EndpointConfigs", NameContains=names.endpoint_config(""))
    return [c["EndpointConfigName"] for c in found if c["EndpointConfigName"].startswith(names.endpoint_config(""))]


def _models(client: Client, names: Names) -> list[str]:
    found = pages(client("sagemaker"), "list_models", "Models", NameContains=names.model(""))
    return [m["ModelName"] for m in found if m["ModelName"].startswith(names.model(""))]


def _packages(client: Client, names: Names) -> list[str]:
    sagemaker = client("sagemaker")
    try:
        found = pages(sagemaker, "list_model_packages", "ModelPackageSummaryList", ModelPackageGroupName=names.model_package_group)
    except sagemaker.exceptions.ClientError as error:
        if missing(error):
            return []
        raise
    return [p["ModelPackageArn"] for p in found]


def _groups(client: Client, names: Names) -> list[str]:
    found = pages(client("sagemaker"), "list_model_package_groups", "ModelPackageGroupSummaryList", NameContains=names.prefix)
    return [g["ModelPackageGroupName"] for g in found if g["ModelPackageGroupName"] == names.model_package_group]


def _running(client: Client, names: Names) -> list[str]:
    sagemaker = client("sagemaker")
    try:
        found = pages(sagemaker, "list_pipeline_executions", "PipelineExecutionSummaries", PipelineName=names.pipeline)
    except sagemaker.exceptions.ClientError as error:
        if missing(error):
            return []
        raise
    return [e["PipelineExecutionArn"] for e in found if e["PipelineExecutionStatus"] in ("Executing", "Stopping")]


def _schedules(client: Client, names: Names) -> list[str]:
    sagemaker = client("sagemaker")
    try:
        found = pages(sagemaker, "list_monitoring_schedules", "MonitoringScheduleSummaries", NameContains=names.prefix)
    except sagemaker.exceptions.ClientError:
        return []  # Model Monitor is closed to this account, so it has none
    return [s["MonitoringScheduleName"] for s in found if s["MonitoringScheduleName"].startswith(f"{names.prefix}-")]


def job_names(client: Client, names: Names, kind: str) -> list[str]:
    """Names of the ``Processing`` or ``Training`` jobs of this environment: by its prefix, or run as one of its roles."""
    sagemaker = client("sagemaker")
    listed = pages(sagemaker, f"list_{kind.lower()}_jobs", f"{kind}JobSummaries")
    found = [job[f"{kind}JobName"] for job in listed]
    ours = [name for name in found if name.startswith(f"{names.prefix}-")]
    for name in (n for n in found if n.startswith(_OF_PIPELINES)):
        described = getattr(sagemaker, f"describe_{kind.lower()}_job")(**{f"{kind}JobName": name})
        if described["RoleArn"].rsplit("/", 1)[-1].startswith(f"{names.prefix}-"):
            ours.append(name)
    return ours


def _remove_job(client: Client, kind: str, name: str) -> None:
    """A job that runs is stopped first; until it has stopped it cannot be deleted, and the next look finds it again."""
    sagemaker: Any = client("sagemaker")
    key = {f"{kind}JobName": name}
    status = getattr(sagemaker, f"describe_{kind.lower()}_job")(**key)[f"{kind}JobStatus"]
    if status in _ENDED:
        getattr(sagemaker, f"delete_{kind.lower()}_job")(**key)
    elif status != "Stopping":
        getattr(sagemaker, f"stop_{kind.lower()}_job")(**key)


def _stop(client: Client, arn: str) -> None:
    sagemaker = client("sagemaker")
    if sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)["PipelineExecutionStatus"] == "Executing":
        sagemaker.stop_pipeline_execution(PipelineExecutionArn=arn)


RUNNING = Kind("pipeline executions", _running, _stop)
SCHEDULES = Kind("monitoring schedules", _schedules, lambda c, n: c("sagemaker").delete_monitoring_schedule(MonitoringScheduleName=n))
ENDPOINTS = Kind("endpoints", _endpoints, lambda c, n: c("sagemaker").delete_endpoint(EndpointName=n))
CONFIGS = Kind("endpoint configs", _configs, lambda c, n: c("sagemaker").delete_endpoint_config(EndpointConfigName=n))
MODELS = Kind("models", _models, lambda c, n: c("sagemaker").delete_model(ModelName=n))
PACKAGES = Kind("model packages", _packages, lambda c, n: c("sagemaker").delete_model_package(ModelPackageName=n))
GROUPS = Kind("model package groups", _groups, lambda c, n: c("sagemaker").delete_model_package_group(ModelPackageGroupName=n))
PROCESSING_JOBS = Kind("processing jobs", lambda c, n: job_names(c, n, "Processing"), lambda c, n: _remove_job(c, "Processing", n))
TRAINING_JOBS = Kind("training jobs", lambda c, n: job_names(c, n, "Training"), lambda c, n: _remove_job(c, "Training", n))
