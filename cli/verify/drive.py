"""One small run: a drop is landed and followed until its model answers and its answer is captured."""

import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from cli.collect import Client, steps_of
from cli.errors import CliError, RunFailed
from cli.inspect.runs import ingest_runs
from cli.progress import Progress
from cli.sample import row
from cli.target import identified, parameters, serving_endpoint
from cli.verify.listen import Listener
from interfaces import layout
from interfaces.contract import Contract, parse
from interfaces.names import Names

ROWS = 1500
_PENDING = "PendingManualApproval"
_ENDED = ("Succeeded", "Failed", "Stopped")


@dataclass
class Run:
    """What was driven, as far as it came. ``captured`` are (key, record); ``refusal`` is how a bad request was answered."""

    id: str
    drop: str
    started: float
    version: str = ""
    execution: str = ""
    steps: list[dict[str, Any]] = field(default_factory=list)
    package: str = ""
    captured: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    refusal: dict[str, Any] = field(default_factory=dict)
    stopped: str = ""


@dataclass
class Drive:
    """Drives a run stage by stage; between looks it waits and takes the events that have arrived."""

    client: Client
    names: Names
    listener: Listener
    progress: Progress
    timeout_s: float = 5400.0
    poll_s: float = 10.0

    @cached_property
    def endpoint(self) -> str:
        """The endpoint that serves."""
        return serving_endpoint(self.client, self.names)

    def run(self, run: Run, rows: bytes, contract: Contract) -> None:
        """Raises RunFailed when a stage does not end, or ends badly: what was seen until then is in ``run``."""
        self._land(run, rows)
        self._follow_pipeline(run)
        self._follow_release(run)
        self._invoke(run, contract)
        self.wait("capture", "the captured answer", lambda: self._captured(run))

    def _land(self, run: Run, rows: bytes) -> None:
        s3 = self.client("s3")
        bucket = self.bucket("landing")
        s3.put_object(Bucket=bucket, Key=f"{layout.drop_prefix(run.drop)}rows.csv", Body=rows)
        s3.put_object(Bucket=bucket, Key=f"{layout.drop_prefix(run.drop)}{layout.SUCCESS_MARKER}", Body=b"")
        self.progress.note("land", f"s3://{bucket}/{layout.drop_prefix(run.drop)}")

        def ended() -> dict[str, Any] | None:
            mine = [r for r in ingest_runs(self.client, self.names, 20) if r["drop"] == run.drop]
            return mine[0] if mine and mine[0]["seconds"] is not None else None

        ingested = self.wait("ingest", "the Glue job", ended)
        if ingested["status"] != "SUCCEEDED":
            raise RunFailed("ingest", f"{ingested['status']}: {ingested['reason'] or 'no reason given'}")

    def _follow_pipeline(self, run: Run) -> None:
        sagemaker = self.client("sagemaker")
        run.execution, run.version = self.wait("pipeline", "an execution on the new version", lambda: self._execution_of(run))

        def ended() -> str | None:
            status = str(sagemaker.describe_pipeline_execution(PipelineExecutionArn=run.execution)["PipelineExecutionStatus"])
            return status if status in _ENDED else None

        status = self.wait("pipeline", run.execution.rsplit("/", 1)[-1], ended)
        run.steps = steps_of(sagemaker, run.execution)
        if status != "Succeeded":
            failed = [f"{s['StepName']}: {s.get('FailureReason', '')}" for s in run.steps if s["StepStatus"] == "Failed"]
            raise RunFailed("pipeline", f"{status}: {'; '.join(failed) or 'no reason given'}")
        registered = [s["Metadata"]["RegisterModel"]["Arn"] for s in run.steps if "RegisterModel" in s.get("Metadata", {})]
        if not registered:
            raise RunFailed("register", "the pipeline succeeded and registered no model package")
        run.package = registered[0]

    def _follow_release(self, run: Run) -> None:
        sagemaker = self.client("sagemaker")

        def decision() -> str:
            status = str(sagemaker.describe_model_package(ModelPackageName=run.package)["ModelApprovalStatus"])
            return "" if status == _PENDING else status

        by_hand = f"loop approve {run.package.rsplit('/', 1)[-1]} --environment {self.names.prefix} --reason …"
        self.progress.note("register", f"{run.package}; where a person decides: {by_hand}")
        decided = self.wait("approve", "a decision", decision)
        if decided != "Approved":
            raise RunFailed("approve", f"the package is {decided}, so that there is no release to look at")

        for stack, what in ((self.names.serving_stack, "the endpoint"), (self.names.monitoring_stack, "its monitors")):
            self.wait("release", what, partial(self._follows, stack, run.package))

    def _follows(self, name: str, package: str) -> bool:
        """Whether a stack has settled on a package. Raises RunFailed when it settled otherwise."""
        stack = self.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
        if parameters(stack)["ModelPackageArn"] != package or stack["StackStatus"].endswith("_IN_PROGRESS"):
            return False
        if stack["StackStatus"] != "UPDATE_COMPLETE":
            raise RunFailed("release", f"{name} is {stack['StackStatus']}: {stack.get('StackStatusReason', 'no reason given')}")
        return True

    def _invoke(self, run: Run, contract: Contract) -> None:
        runtime = self.client("sagemaker-runtime")
        kind = {"EndpointName": self.endpoint, "ContentType": "application/json"}
        runtime.invoke_endpoint(**kind, Body=json.dumps([row(contract)]), **identified(self.names, self.endpoint, f"verify-{run.id}"))
        try:
            runtime.invoke_endpoint(**kind, Body="[{}]")
        except ClientError as error:
            run.refusal = {k: v for k, v in error.response.items() if k not in ("ResponseMetadata", "LogStreamArn")}
        self.progress.note("invoke", self.endpoint)

    def _captured(self, run: Run) -> bool:
        s3, bucket = self.client("s3"), self.bucket("data")
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{layout.CAPTURE}/")
        for key in [item["Key"] for page in pages for item in page.get("Contents", [])]:
            lines = s3.get_object(Bucket=bucket, Key=key)["Body"].read().splitlines()
            run.captured += [(key, json.loads(line)) for line in lines if run.id.encode() in line]
        return bool(run.captured)

    def _execution_of(self, run: Run) -> tuple[str, str] | None:
        """The execution on the version that came of our drop: its manifest names the drop."""
        sagemaker, s3, bucket = self.client("sagemaker"), self.client("s3"), self.bucket("data")
        listed = sagemaker.list_pipeline_executions(PipelineName=self.names.pipeline, SortBy="CreationTime", SortOrder="Descending")
        for summary in listed["PipelineExecutionSummaries"][:10]:
            arn = summary["PipelineExecutionArn"]
            given = sagemaker.list_pipeline_parameters_for_execution(PipelineExecutionArn=arn)["PipelineParameters"]
            version = next((p["Value"] for p in given if p["Name"] == "DatasetVersion"), "")
            try:
                manifest = json.loads(s3.get_object(Bucket=bucket, Key=layout.manifest_key(version))["Body"].read())
            except s3.exceptions.NoSuchKey:
                continue
            if manifest["drop"] == run.drop:
                return str(arn), str(version)
        return None

    def wait(self, stage: str, what: str, probe: Callable[[], Any]) -> Any:
        """The probe's first true value. Raises RunFailed."""
        end = time.monotonic() + self.timeout_s
        self.progress.waiting(stage, what)
        while not (found := probe()):
            if time.monotonic() > end:
                raise RunFailed(stage, f"{what}: not within {self.timeout_s / 60:g} minutes")
            time.sleep(self.poll_s)
            self.listener.hear()
        self.progress.note(stage, what)
        return found

    def bucket(self, role: str) -> str:
        account = self.client("sts").get_caller_identity()["Account"]
        return self.names.bucket(role, account, self.client("s3").meta.region_name)


def deployed_contract(client: Client, names: Names) -> Contract:
    """The contract that the ingest job of this environment holds rows to."""
    uri = client("glue").get_job(JobName=names.ingest_job)["Job"]["DefaultArguments"]["--contract"]
    bucket, key = layout.split_uri(uri)
    return parse(client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode(), uri)


def rows_for(contract: Contract, data: Path | None, seed: int) -> bytes:
    """Rows that no earlier run has landed, so that they are a new version. Raises CliError."""
    from cli.demo import loans

    if data is not None:
        header, *lines = data.read_text(encoding="utf-8").splitlines(keepends=True)
        kept = random.Random(seed).sample(lines, max(1, len(lines) * 9 // 10))  # noqa: S311
        return "".join([header, *kept]).encode()
    generated = loans.generate(ROWS, seed)
    if list(generated.rows.columns) != [column.name for column in contract.columns]:
        raise CliError(
            f"the contract {contract.name!r} is not that of the generated loans; give --data with a small CSV file that holds it"
        )
    return "".join(loans.csv_chunks(generated)).encode()
