"""What retraining reads of the world, and what it sets going."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from interfaces import layout
from interfaces.function_env import RetrainEnv
from interfaces.monitors import progress_key
from interfaces.releases import GOOD, LEFT, history_key
from lambdas.retrain import collection
from lambdas.retrain.decision import WITHOUT_LABELS, Trigger, episode, reason_of
from lambdas.retrain.flow import Champion
from lambdas.retrain.ledger import Run
from lambdas.shared import batches, manifest
from lambdas.shared.table import Table


@dataclass(frozen=True)
class Clients:
    """The services that retraining speaks to."""

    cloudformation: Any
    cloudwatch: Any
    sagemaker: Any
    s3: Any


class Aws:
    """AWS as the retrain function sees it."""

    def __init__(self, clients: Clients, env: RetrainEnv, table: Table) -> None:
        self._clients, self._env, self._table = clients, env, table

    def champion(self) -> Champion | None:
        """The package that serves, or None before the first release. How its release went stands in the release ledger."""
        stack = self._clients.cloudformation.describe_stacks(StackName=self._env.serving_stack)["Stacks"][0]
        values = {p["ParameterKey"]: p["ParameterValue"] for p in stack.get("Parameters", [])}
        arn = values.get("ModelPackageArn", "")
        if not arn:
            return None
        package = self._clients.sagemaker.describe_model_package(ModelPackageName=arn)
        version = package.get("CustomerMetadataProperties", {}).get("dataset_version", "")
        updated = stack.get("LastUpdatedTime", stack["CreationTime"]).astimezone(UTC)
        outcome = self._table.get(history_key(int(values.get("Generation", "0")))).get("outcome")
        return Champion(arn, package["CreationTime"].astimezone(UTC), updated, version, good=outcome in (GOOD, LEFT))

    def alarms(self) -> list[Trigger]:
        """A trigger for each of our alarms that is in ALARM, its key the moment at which it went there."""
        kinds = {self._env.drift_alarm: ("drift", "data-quality"), self._env.quality_alarm: ("quality", "model-quality")}
        answer = self._clients.cloudwatch.describe_alarms(AlarmNames=list(kinds), StateValue="ALARM")
        found = []
        for alarm in (*answer.get("MetricAlarms", []), *answer.get("CompositeAlarms", [])):
            since = alarm.get("StateTransitionedTimestamp") or alarm["StateUpdatedTimestamp"]
            key = f"alarm/{alarm['AlarmName']}/{since.astimezone(UTC):%Y%m%dT%H%M%S}"
            began = episode(since, window_hours=self._env.window_hours, windows=self._env.windows_to_alarm)
            kind, monitor = kinds[alarm["AlarmName"]]
            summary = str(self._table.get(progress_key(monitor)).get("summary", ""))
            found.append(Trigger(kind, key, reason_of(kind, summary, alarm.get("StateReason", "")), began))
        return sorted(found, key=lambda t: t.kind)

    def in_flight(self) -> str:
        """An execution of the pipeline that runs, or nothing."""
        listed = self._clients.sagemaker.list_pipeline_executions(
            PipelineName=self._env.pipeline_name, SortBy="CreationTime", SortOrder="Descending", MaxResults=20
        )
        for summary in listed["PipelineExecutionSummaries"]:
            if summary["PipelineExecutionStatus"] in ("Executing", "Stopping"):
                return str(summary["PipelineExecutionArn"])
        return ""

    def labels(self, since: datetime, enough: int) -> int:
        """Labels of rows from ``since`` on, counted up to ``enough``: more than that need not be read.

        A label is put at least the configured delay after its row, so what was put before that belongs to older rows.
        """
        count, since = 0, since + timedelta(hours=self._env.label_delay_hours)
        pages = self._clients.s3.get_paginator("list_objects_v2").paginate(Bucket=self._env.data_bucket, Prefix=f"{layout.GROUND_TRUTH}/")
        for item in (item for page in pages for item in page.get("Contents", [])):
            if item["LastModified"].astimezone(UTC) < since:
                continue
            body = self._clients.s3.get_object(Bucket=self._env.data_bucket, Key=item["Key"])["Body"]
            for line in body.iter_lines():
                count += collection.labels_in(line)
                if count >= enough:
                    return count
        return count

    def collect(self, run: Run, champion: Champion) -> str:
        """Start the job that joins labelled production rows to the newest dataset version; its name. Asked twice, it runs once.

        Where what asked can do without them and they are few, the version is taken whole.
        """
        name = collection.job_name(self._env.prefix, run.id)
        first = max(run.since, run.started - timedelta(days=self._env.history_days))
        sources = {"capture": self._env.capture_prefix, "labels": f"{layout.GROUND_TRUTH}/"}
        manifests = {kind: self._manifest(run, kind, list(self._keys(prefix, first))) for kind, prefix in sources.items()}
        batch = batches.find(self._clients.s3, self._env.data_bucket, self._env.prefix, first, run.started)
        manifests["batch-input"] = self._manifest(run, "batch-input", batch.inputs, layout.BATCH_INPUT)
        manifests["batch-output"] = self._manifest(run, "batch-output", batch.outputs, layout.BATCH_OUTPUT)
        minimum = int(self._env.minimum_labels)
        whole = run.kind in WITHOUT_LABELS and self.labels(run.since, minimum) < minimum
        version = self._newest() or champion.version
        try:
            self._clients.sagemaker.create_processing_job(**collection.request(self._env, name, run.id, version, manifests, whole=whole))
        except ClientError as error:
            if not _exists_already(error):
                raise
        return name

    def is_older(self, version: str, moment: datetime) -> bool:
        """Whether a dataset version was there before a moment."""
        return any(at < moment for key, at in self._versions(layout.manifest_key(version)) if key == layout.manifest_key(version))

    def collected(self, run: Run) -> dict[str, Any]:
        """The job's description."""
        name = collection.job_name(self._env.prefix, run.id)
        return dict(self._clients.sagemaker.describe_processing_job(ProcessingJobName=name))

    def finish_drop(self, run_id: str) -> None:
        """The collected drop is complete: say so, as whoever lands data does."""
        key = f"{layout.drop_prefix(collection.drop(run_id))}{layout.SUCCESS_MARKER}"
        self._clients.s3.put_object(Bucket=self._env.landing_bucket, Key=key, Body=b"")

    def package_of(self, execution: str) -> str:
        """The package that an execution registered, or nothing."""
        pages = self._clients.sagemaker.get_paginator("list_pipeline_execution_steps").paginate(PipelineExecutionArn=execution)
        for step in (step for page in pages for step in page["PipelineExecutionSteps"]):
            if "RegisterModel" in step.get("Metadata", {}):
                return str(step["Metadata"]["RegisterModel"]["Arn"])
        return ""

    def write_on(self, package: str, metadata: dict[str, str]) -> None:
        self._clients.sagemaker.update_model_package(ModelPackageArn=package, CustomerMetadataProperties=metadata)

    def _newest(self) -> str:
        """The dataset version that was committed last, or nothing."""
        key, _ = max(self._versions(layout.MANIFESTS), key=lambda found: found[1], default=("", None))
        return key.removeprefix(layout.MANIFESTS).removesuffix(".json")

    def _versions(self, prefix: str) -> Iterator[tuple[str, datetime]]:
        """Manifests of dataset versions, and when each was written: that commits the version, once."""
        pages = self._clients.s3.get_paginator("list_objects_v2").paginate(Bucket=self._env.data_bucket, Prefix=prefix)
        for item in (item for page in pages for item in page.get("Contents", [])):
            if item["Key"].endswith(".json"):
                yield item["Key"], item["LastModified"].astimezone(UTC)

    def _keys(self, prefix: str, since: datetime) -> Iterator[str]:
        """Keys of the hours from ``since`` on: both layouts end in yyyy/mm/dd/hh/file, in UTC."""
        first = f"{since:%Y/%m/%d/%H}"
        pages = self._clients.s3.get_paginator("list_objects_v2").paginate(Bucket=self._env.data_bucket, Prefix=prefix)
        for item in (item for page in pages for item in page.get("Contents", [])):
            if "/".join(item["Key"].split("/")[-5:-1]) >= first:
                yield item["Key"]

    def _manifest(self, run: Run, kind: str, keys: Sequence[str], root: str = "") -> str:
        return manifest.write(self._clients.s3, self._env.data_bucket, f"{layout.COLLECTED}{run.id}/{kind}.manifest", keys, root)


def _exists_already(error: ClientError) -> bool:
    answer = error.response["Error"]
    return answer["Code"] == "ResourceInUse" or "already exists" in answer["Message"]
