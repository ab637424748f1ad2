"""Batch transform: a model's container answers every object under a prefix, line by line or whole."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from local_aws.dispatcher import Call, operation
from local_aws.sagemaker import batch_capture, transfer
from local_aws.sagemaker.jobs import Job, JobFailed, Jobs, Stopped, World
from local_aws.sagemaker.models import Models
from local_aws.sagemaker.server import Server, StartFailed

_DEFAULT_PAYLOAD_MIB = 6


class TransformJobs(Jobs):
    """CreateTransformJob and its kin. The model's role reads and writes."""

    kind, order = "transform", "Descending"
    untold = ("DataCaptureConfig",)

    def __init__(self, world: World, models: Models) -> None:
        super().__init__(world)
        self._models = models

    @operation("sagemaker", "CreateTransformJob")
    def create(self, call: Call) -> dict[str, Any]:
        params = call.params
        self.check(params)
        batch_capture.check(params)
        model = self._models.model(params["ModelName"])
        role = {"RoleArn": model["ExecutionRoleArn"]}
        job = self.create_job({**params, **role}, model["_container"].image)
        return {"TransformJobArn": job.description["TransformJobArn"]}

    @operation("sagemaker", "DescribeTransformJob")
    def describe(self, call: Call) -> dict[str, Any]:
        hidden = ("RoleArn", "LastModifiedTime")
        return {k: v for k, v in self.describe_job(call.params["TransformJobName"]).items() if k not in hidden}

    @operation("sagemaker", "StopTransformJob")
    def stop(self, call: Call) -> None:
        self.stop_job(call.params["TransformJobName"])

    @operation("sagemaker", "ListTransformJobs")
    def list(self, call: Call) -> dict[str, Any]:
        return self.list_jobs(call.params)

    def carry_out(self, job: Job, work: Path, s3: Any, log: Callable[[str], None]) -> None:
        description = job.description
        source = description["TransformInput"]
        uri = source["DataSource"]["S3DataSource"]["S3Uri"]
        transfer.download(s3, uri, work / "in")
        description["TransformStartTime"] = started = self.world.clock.now()
        capture, output = description.get("DataCaptureConfig", {}), description["TransformOutput"]
        names = sorted(p.relative_to(work / "in").as_posix() for p in (work / "in").rglob("*") if p.is_file())
        server = self._serve(job)
        try:
            for name in names:
                answer = b"".join(self._answers(job, server, work / "in" / name))
                if capture.get("GenerateInferenceId"):
                    answer = batch_capture.identified(answer, output["Accept"], started)
                target = work / "out" / f"{name}.out"
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(answer)
        finally:
            server.close()
        transfer.upload(s3, work / "out", output["S3OutputPath"])
        if capture:
            given = uri if names != [uri.rsplit("/", 1)[-1]] else uri.rsplit("/", 1)[0]  # a prefix may be one object itself
            made = (output["S3OutputPath"], [f"{name}.out" for name in names])
            batch_capture.write(s3, capture, started, (given, names), made)

    def _serve(self, job: Job) -> Server:
        model = self._models.model(job.description["ModelName"])
        role = job.description["RoleArn"]
        container = replace(model["_container"], environment={**model["_container"].environment, **_environment(job.description)})
        log = self.log(job, job.name)
        try:
            return Server(self.world, container, role, job.name, "transform", isolated=model.get("EnableNetworkIsolation", False), log=log)
        except StartFailed as error:
            raise JobFailed(f"AlgorithmError: {error}") from None

    def _answers(self, job: Job, server: Server, path: Path) -> Iterator[bytes]:
        """The answers to a file, request by request."""
        description = job.description
        source, output = description["TransformInput"], description["TransformOutput"]
        kind = source.get("ContentType", "application/octet-stream")
        lines = output.get("AssembleWith") == "Line"
        for body in _requests(path.read_bytes(), description):
            if job.stop_requested:
                raise Stopped
            answer = server.invoke(body, kind, output.get("Accept", "*/*"), {})
            if answer.status >= 400:
                said = answer.body.decode(errors="replace")[:500]
                raise JobFailed(f"AlgorithmError: See job logs for more information; {path.name}: HTTP {answer.status}: {said}")
            yield answer.body + (b"\n" if lines and not answer.body.endswith(b"\n") else b"")

    def finish(self, job: Job, status: str) -> None:
        job.description.setdefault("TransformStartTime", job.description["CreationTime"])


def _environment(description: dict[str, Any]) -> dict[str, str]:
    """What a batch transform adds to the container's environment (docs: your-algorithms-batch-code)."""
    return {
        **description.get("Environment", {}),
        "SAGEMAKER_BATCH": "true",
        "SAGEMAKER_MAX_PAYLOAD_IN_MB": str(description.get("MaxPayloadInMB", _DEFAULT_PAYLOAD_MIB)),
        "SAGEMAKER_BATCH_STRATEGY": "SINGLE_RECORD" if description.get("BatchStrategy") == "SingleRecord" else "MULTI_RECORD",
        "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS": str(description.get("MaxConcurrentTransforms", 1)),
    }


def _requests(content: bytes, description: dict[str, Any]) -> Iterator[bytes]:
    """The file whole; or its lines, one each (SingleRecord) or as many as a payload holds (MultiRecord)."""
    if description["TransformInput"].get("SplitType", "None") == "None":
        yield content
        return
    lines = content.splitlines(keepends=True)
    if description.get("BatchStrategy", "MultiRecord") == "SingleRecord":
        yield from lines
        return
    limit = description.get("MaxPayloadInMB", _DEFAULT_PAYLOAD_MIB) << 20
    batch: list[bytes] = []
    for line in lines:
        if batch and sum(map(len, batch)) + len(line) > limit:
            yield b"".join(batch)
            batch = []
        batch.append(line)
    if batch:
        yield b"".join(batch)
