"""``loop demo``: the whole life of a model on the local AWS, followed live."""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import boto3
import pandas as pd
from botocore.config import Config

from cli.collect import collect, count_captured, failure_of, steps_of
from cli.demo import setup
from cli.demo.narrate import Narrator
from cli.errors import RunFailed
from cli.progress import Progress
from interfaces import layout
from interfaces.contract import Contract
from interfaces.reports import KIND, METRICS

SINGLE_ROWS, BATCH_ROWS = 40, 60
STAGE_LIMIT_S = 600.0
POLL_S = 0.1


class Demo:
    """One run. ``table`` is landed as it is; the local AWS lives as long as the run."""

    def __init__(self, table: setup.Table, progress: Progress, work: Path, threshold: float | None) -> None:
        self._table, self._progress, self._work = table, progress, work
        self._environment, self._names = setup.write_environment(work, table.contract, threshold)
        self._clients: dict[str, Any] = {}
        self._settings: dict[str, str] = {}

    def run(self) -> dict[str, Any]:
        """Run the loop; what `collect` found, with the summary. Raises RunFailed or CliError."""
        from local_aws.aws import LocalAws
        from local_aws.deploy import deploy

        started = time.monotonic()
        with ThreadPoolExecutor(1) as pool, LocalAws() as aws:
            assembly = self._work / "cdk.out"
            synthesis = pool.submit(setup.synthesize, self._environment, assembly)
            self._settings = aws.environment()
            self._progress.note("local aws", f"up at {aws.url} (no account, no Docker, no network)")
            aws.warm()
            self._progress.waiting("synth", "three CloudFormation templates, one pipeline definition, the assets")
            synthesis.result()
            self._progress.note("synth", "templates, pipeline definition and assets synthesized")
            deploy(self._client, assembly, lambda line: self._progress.note("deploy", line))
            narrator = Narrator(self._progress, self._names)
            aws.events.listen(narrator)
            self._land()
            found = self._follow(narrator)
        found["summary"]["duration_s"] = round(time.monotonic() - started, 2)
        return found

    def _follow(self, narrator: Narrator) -> dict[str, Any]:
        version = self._await("ingest", lambda: self._version(narrator))
        execution = self._await("pipeline", lambda: self._finished_execution(version))
        package = self._await("approve", lambda: self._decided_package(execution))
        endpoint = self._await("release", lambda: self._released(package, narrator))
        self._progress.note("serve", f"endpoint {self._names.endpoint} is InService on {endpoint['EndpointConfigName']}")
        predictions = self._invoke(execution)
        captured = self._captured()
        self._progress.note("capture", f"{captured} requests captured in the data bucket")
        found = collect(self._client, self._names, execution)
        found["summary"] = {
            "dataset_version": version,
            "rows": found["manifest"]["rows"],
            "quarantined": found["manifest"]["quarantined"],
            "pipeline_execution_arn": execution,
            "pipeline_status": found["execution"]["status"],
            "model_package_arn": package,
            "approval_status": found["package"]["approval"],
            "endpoint_status": found["endpoint"]["status"],
            "endpoint_config_name": found["endpoint"]["config"],
            "predictions": predictions,
            "captured_records": captured,
            "metrics": _headline(found["evaluation"], self._table.contract),
        }
        return found

    # stages

    def _land(self) -> None:
        """Upload the files, then _SUCCESS: only its arrival makes the drop finished."""
        s3 = self._client("s3")
        bucket = self._bucket("landing")
        for path in self._table.files:
            s3.upload_file(str(path), bucket, f"{layout.drop_prefix('demo')}{path.name}")
        s3.put_object(Bucket=bucket, Key=f"{layout.drop_prefix('demo')}{layout.SUCCESS_MARKER}", Body=b"")
        names = ", ".join(p.name for p in self._table.files)
        self._progress.note("land", f"{names} landed in s3://{bucket}/{layout.drop_prefix('demo')}")

    def _version(self, narrator: Narrator) -> str | None:
        if narrator.refused:
            raise RunFailed("ingest", f"the drop was refused: {narrator.refused}")
        if narrator.glue_failure:
            raise RunFailed("ingest", f"the ingest job failed: {narrator.glue_failure}")
        return narrator.version

    def _finished_execution(self, version: str) -> str | None:
        sagemaker = self._client("sagemaker")
        for summary in sagemaker.list_pipeline_executions(PipelineName=self._names.pipeline)["PipelineExecutionSummaries"]:
            if summary["PipelineExecutionDisplayName"] != f"dataset-{version}" or summary["PipelineExecutionStatus"] == "Executing":
                continue
            arn = str(summary["PipelineExecutionArn"])
            if summary["PipelineExecutionStatus"] != "Succeeded":
                raise RunFailed("pipeline", failure_of(steps_of(sagemaker, arn)))
            return arn
        return None

    def _decided_package(self, execution: str) -> str | None:
        sagemaker = self._client("sagemaker")
        registered = [
            s["Metadata"]["RegisterModel"]["Arn"] for s in steps_of(sagemaker, execution) if "RegisterModel" in s.get("Metadata", {})
        ]
        if not registered:
            raise RunFailed("register", "the pipeline registered no model")
        package = sagemaker.describe_model_package(ModelPackageName=registered[0])
        if package["ModelApprovalStatus"] == "Approved":
            return str(registered[0])
        reason = package.get("CustomerMetadataProperties", {}).get("verdict_reason")
        if reason:
            raise RunFailed("approve", reason)
        return None

    def _released(self, package: str, narrator: Narrator) -> dict[str, Any] | None:
        stack = self._client("cloudformation").describe_stacks(StackName=self._names.serving_stack)["Stacks"][0]
        status = stack["StackStatus"]
        if status.startswith("UPDATE_ROLLBACK") and status.endswith(("COMPLETE", "FAILED")):
            raise RunFailed(
                "release", f"{self._names.serving_stack} is {status}: {narrator.resource_failure or stack.get('StackStatusReason', '')}"
            )
        parameters = {p["ParameterKey"]: p["ParameterValue"] for p in stack["Parameters"]}
        if status != "UPDATE_COMPLETE" or parameters["ModelPackageArn"] != package:
            return None
        endpoint: dict[str, Any] = self._client("sagemaker").describe_endpoint(EndpointName=self._names.endpoint)
        monitoring = self._client("cloudformation").describe_stacks(StackName=self._names.monitoring_stack)["Stacks"][0]
        follows = {p["ParameterKey"]: p["ParameterValue"] for p in monitoring["Parameters"]}["ModelPackageArn"] == package
        return (
            endpoint if endpoint["EndpointStatus"] == "InService" and follows and monitoring["StackStatus"] == "UPDATE_COMPLETE" else None
        )

    def _invoke(self, execution: str) -> int:
        """Held-out rows: the pipeline's own test part, one by one as JSON and then together as CSV."""
        runtime = self._client("sagemaker-runtime")
        rows = self._held_out(execution)
        singles, batch = rows.iloc[:SINGLE_ROWS], rows.iloc[SINGLE_ROWS : SINGLE_ROWS + BATCH_ROWS]
        made = 0
        for number, row in enumerate(json.loads(singles.to_json(orient="records", date_format="iso"))):
            answer = runtime.invoke_endpoint(
                EndpointName=self._names.endpoint,
                ContentType="application/json",
                Accept="application/json",
                InferenceId=f"demo-{number}",
                Body=json.dumps([row]),
            )
            made += len(json.loads(answer["Body"].read())["predictions"])
        if len(batch):
            body = batch.to_csv(index=False, header=False)
            answer = runtime.invoke_endpoint(EndpointName=self._names.endpoint, ContentType="text/csv", Accept="text/csv", Body=body)
            made += len(answer["Body"].read().decode().splitlines())
        self._progress.note("invoke", f"{made} predictions for held-out rows, through boto3")
        return made

    def _held_out(self, execution: str) -> pd.DataFrame:
        s3 = self._client("s3")
        prefix = f"{layout.RUNS}/{execution.rsplit('/', 1)[-1]}/features/test/"
        bucket = self._bucket("artefacts")
        keys = [item["Key"] for item in s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]]
        rows = pd.concat([pd.read_parquet(BytesIO(s3.get_object(Bucket=bucket, Key=k)["Body"].read())) for k in keys])
        return rows[[c.name for c in self._table.contract.features]].head(SINGLE_ROWS + BATCH_ROWS)

    def _captured(self) -> int:
        """Capture is flushed a moment after the requests."""
        expected = SINGLE_ROWS + 1

        def count() -> int | None:
            found = count_captured(self._client("s3"), self._bucket("data"), self._names.endpoint)
            return found if found >= expected or time.monotonic() > end else None

        end = time.monotonic() + 5
        return int(self._await("capture", count))

    # helpers

    def _await(self, stage: str, probe: Callable[[], Any]) -> Any:
        """Poll until the probe has something. Raises RunFailed when a stage takes too long."""
        self._progress.waiting(stage, "under way")
        end = time.monotonic() + STAGE_LIMIT_S
        while True:
            found = probe()
            if found is not None:
                return found
            if time.monotonic() > end:
                raise RunFailed(stage, f"nothing happened for {STAGE_LIMIT_S:g} s")
            time.sleep(POLL_S)

    def _client(self, service: str) -> Any:
        if service not in self._clients:
            settings = self._settings
            self._clients[service] = boto3.client(
                service,
                endpoint_url=settings["AWS_ENDPOINT_URL"],
                region_name=settings["AWS_REGION"],
                aws_access_key_id=settings["AWS_ACCESS_KEY_ID"],
                aws_secret_access_key=settings["AWS_SECRET_ACCESS_KEY"],
                config=Config(request_checksum_calculation="when_required", response_checksum_validation="when_required"),
            )
        return self._clients[service]

    def _bucket(self, role: str) -> str:
        account = self._client("sts").get_caller_identity()["Account"]
        return self._names.bucket(role, account, self._settings["AWS_REGION"])


def _headline(evaluation: dict[str, Any], contract: Contract) -> dict[str, float]:
    block = evaluation[f"{KIND[contract.problem_type]}_metrics"]
    return {name: block[name]["value"] for name in METRICS[contract.problem_type] if name in block}
