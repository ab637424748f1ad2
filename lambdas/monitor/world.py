"""What the monitor function reads of the world, and what it sets going."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from interfaces import layout
from interfaces.function_env import MonitorEnv
from interfaces.monitors import Monitor
from interfaces.reports import BASELINES
from lambdas.monitor.figures import Figure
from lambdas.monitor.request import Sources, create_job, job_name, schedule_name
from lambdas.monitor.windows import Window
from lambdas.shared import batches, manifest

_HOUR = timedelta(hours=1)
_BATCH = 500  # PutMetricData takes at most 1,000


@dataclass(frozen=True)
class Served:
    """What the Monitoring stack follows: the package, its baseline and data, the engine, and since when.

    ``updating`` says that the stack is being changed: whether it stays with this package is not known yet.
    """

    package: str
    baseline: str
    version: str
    engine: str
    since: datetime
    updating: bool = False


@dataclass(frozen=True)
class Clients:
    """The services that monitoring speaks to."""

    cloudformation: Any
    cloudwatch: Any
    sagemaker: Any
    s3: Any


class World:
    """AWS as the monitor function sees it."""

    def __init__(self, clients: Clients, env: MonitorEnv, warn: Callable[..., None]) -> None:
        self._clients, self._env, self._warn = clients, env, warn

    def served(self) -> Served | None:
        """None before the first release. ``since`` is when the stack was last updated, for whatever reason."""
        try:
            stack = self._clients.cloudformation.describe_stacks(StackName=self._env.monitoring_stack)["Stacks"][0]
        except ClientError as error:
            if "does not exist" not in error.response["Error"]["Message"]:
                raise
            return None
        values = {p["ParameterKey"]: p["ParameterValue"] for p in stack.get("Parameters", [])}
        if not values.get("ModelPackageArn"):
            return None
        since = stack.get("LastUpdatedTime", stack["CreationTime"]).astimezone(UTC)
        return Served(
            package=values["ModelPackageArn"],
            baseline=values.get("BaselineUri", ""),
            version=values.get("DatasetVersion", ""),
            engine=values.get("Engine", ""),
            since=since,
            updating=stack["StackStatus"].endswith("_IN_PROGRESS"),
        )

    def in_service(self) -> bool:
        try:
            found = self._clients.sagemaker.describe_endpoint(EndpointName=self._env.endpoint_name)
        except ClientError as error:
            if "Could not find" not in error.response["Error"]["Message"]:
                raise
            return False
        return str(found["EndpointStatus"]) in ("InService", "Updating", "SystemUpdating")

    def start(self, monitor: Monitor, window: Window, served: Served) -> bool:
        """Start the window's job; False when nothing was captured in it. Asked twice, it runs once.

        A file is written a while after its records were: one that lies in the hour before or after may hold records of the window
        (see `_captured`). The analyzer goes by the time of each record.
        """
        name, data = job_name(self._env, monitor, window), f"s3://{self._env.data_bucket}/"
        capture = self._captured(window)
        batch = batches.find(self._clients.s3, self._env.data_bucket, self._env.prefix, window.start, window.end)
        if batch.elsewhere:
            self._warn("batches outside the data bucket are not monitored", window=name, files=batch.elsewhere[:20])
        if not capture and not batch.inputs:
            return False
        labels = self._files(layout.GROUND_TRUTH, window.start, window.due) if monitor.labels else []
        sources = Sources(
            capture=self._listed(name, "capture", capture),
            batch_input=self._listed(name, "batch-input", batch.inputs, layout.BATCH_INPUT),
            batch_output=self._listed(name, "batch-output", batch.outputs, layout.BATCH_OUTPUT),
            labels=self._listed(name, "ground-truth", labels),
            baseline=served.baseline if served.baseline and self._keys(*layout.split_uri(f"{served.baseline.rstrip('/')}/")) else "",
            manifest=f"{data}{layout.manifest_key(served.version)}" if served.version else "",
            model=self._model(served.package) if monitor.model else "",
        )
        try:
            self._clients.sagemaker.create_processing_job(**create_job(self._env, monitor, window, sources))
        except ClientError as error:
            answer = error.response["Error"]
            if answer["Code"] != "ResourceInUse" and "already exists" not in answer["Message"]:
                raise
        return True

    def job(self, name: str) -> dict[str, Any]:
        return dict(self._clients.sagemaker.describe_processing_job(ProcessingJobName=name))

    def executions(self, monitor: Monitor) -> list[dict[str, Any]]:
        """The last executions of a monitor's schedule, oldest first; none while there is no schedule."""
        try:
            listed = self._clients.sagemaker.list_monitoring_executions(
                MonitoringScheduleName=schedule_name(self._env, monitor), SortBy="ScheduledTime", SortOrder="Descending", MaxResults=20
            )
        except ClientError as error:
            if error.response["Error"]["Code"] not in ("ResourceNotFound", "ValidationException"):
                raise
            return []
        return list(reversed(listed["MonitoringExecutionSummaries"]))

    def files(self, uri: str) -> dict[str, dict[str, Any]]:
        """The JSON files right below an S3 URI, parsed, by name. What is not there is not an error."""
        bucket, prefix = layout.split_uri(f"{uri.rstrip('/')}/")
        found = {}
        for key in self._keys(bucket, prefix):
            name = key[len(prefix) :]
            if name.endswith(".json") and "/" not in name:
                found[name] = json.loads(self._clients.s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        return found

    def baseline(self, monitor: Monitor, served: Served) -> dict[str, dict[str, Any]]:
        return self.files(f"{served.baseline.rstrip('/')}/{BASELINES[monitor.analysis_type]}") if served.baseline else {}

    def measure(self, figures: Iterable[Figure], at: datetime) -> None:
        """Put figures, stamped with the moment that they are of."""
        data = [figure.datum(self._env.endpoint_name, at) for figure in figures]
        for i in range(0, len(data), _BATCH):
            self._clients.cloudwatch.put_metric_data(Namespace=self._env.prefix, MetricData=data[i : i + _BATCH])

    def _model(self, package: str) -> str:
        described = self._clients.sagemaker.describe_model_package(ModelPackageName=package)
        return str(described["InferenceSpecification"]["Containers"][0]["ModelDataUrl"])

    def _captured(self, window: Window) -> list[str]:
        """The files of the window's hours; of the hour before, those written since the window began, and of the hour after, those
        written while the window settled."""
        root, settled = f"{layout.CAPTURE}/{self._env.endpoint_name}/{self._env.variant}", timedelta(minutes=self._env.settle_minutes)
        before = layout.hour_prefixes(root, window.start - _HOUR, window.start)
        after = layout.hour_prefixes(root, window.end, window.end + _HOUR)
        return [
            *(key for prefix in before for key, at in self._objects(self._env.data_bucket, prefix) if at >= window.start),
            *self._files(root, window.start, window.end),
            *(key for prefix in after for key, at in self._objects(self._env.data_bucket, prefix) if at <= window.end + settled),
        ]

    def _files(self, root: str, start: datetime, end: datetime) -> list[str]:
        return [key for prefix in layout.hour_prefixes(root, start, end) for key in self._keys(self._env.data_bucket, prefix)]

    def _listed(self, job: str, kind: str, keys: Sequence[str], root: str = "") -> str:
        return manifest.write(self._clients.s3, self._env.data_bucket, f"{layout.MONITOR_INPUTS}{job}/{kind}.manifest", keys, root)

    def _keys(self, bucket: str, prefix: str) -> list[str]:
        return [key for key, _ in self._objects(bucket, prefix)]

    def _objects(self, bucket: str, prefix: str) -> list[tuple[str, datetime]]:
        """Keys, and when each was written."""
        pages = self._clients.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return [(item["Key"], item["LastModified"].astimezone(UTC)) for page in pages for item in page.get("Contents", [])]
