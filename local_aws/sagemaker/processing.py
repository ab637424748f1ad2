"""Processing jobs under the container contract."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local_aws.dispatcher import Call, operation
from local_aws.errors import Unsupported, validation
from local_aws.images.registry import SKLEARN, is_analyzer
from local_aws.launcher.launcher import Image, Spec
from local_aws.principals import REGION
from local_aws.sagemaker import transfer
from local_aws.sagemaker.analyzer_metrics import publish
from local_aws.sagemaker.jobs import Job, JobFailed, Jobs, resource_config

_PYTHON = ("python", "python3")


class ProcessingJobs(Jobs):
    """CreateProcessingJob and its kin."""

    kind = "processing"
    listed = ("FailureReason", "ExitMessage")

    @operation("sagemaker", "CreateProcessingJob")
    def create(self, call: Call) -> dict[str, Any]:
        params = call.params
        self.check(params)
        job = self.create_job(params, params["AppSpecification"]["ImageUri"])
        return {"ProcessingJobArn": job.description["ProcessingJobArn"]}

    def check(self, params: dict[str, Any]) -> None:
        super().check(params)
        for item in (*params.get("ProcessingInputs", []), *params.get("ProcessingOutputConfig", {}).get("Outputs", [])):
            name, place = item.get("InputName", item.get("OutputName")), item.get("S3Input", item.get("S3Output", {}))
            if "LocalPath" not in place:
                raise validation(f"LocalPath is required when AppManaged is false: {name} has none")

    @operation("sagemaker", "DescribeProcessingJob")
    def describe(self, call: Call) -> dict[str, Any]:
        return self.describe_job(call.params["ProcessingJobName"])

    @operation("sagemaker", "StopProcessingJob")
    def stop(self, call: Call) -> None:
        self.stop_job(call.params["ProcessingJobName"])

    @operation("sagemaker", "DeleteProcessingJob")
    def delete(self, call: Call) -> None:
        self.delete_job(call.params["ProcessingJobName"])

    @operation("sagemaker", "ListProcessingJobs")
    def list(self, call: Call) -> dict[str, Any]:
        return self.list_jobs(call.params)

    def image(self, uri: str) -> Image:
        if not is_analyzer(uri):
            return super().image(uri)
        if self.world.analyzer is None:
            raise Unsupported(f"the image {uri}: start the local AWS with the analyzer that stands in for it (LocalAws(analyzer=...))")
        return SKLEARN

    def carry_out(self, job: Job, work: Path, s3: Any, log: Callable[[str], None]) -> None:
        description = job.description
        root = work / "ml"

        def local(path: str) -> Path:
            return root / Path(path).relative_to("/opt/ml")

        for item in description.get("ProcessingInputs", []):
            source = item["S3Input"]
            fetch = transfer.download_listed if source.get("S3DataType") == "ManifestFile" else transfer.download
            fetch(s3, source["S3Uri"], local(source["LocalPath"]))
        outputs = description.get("ProcessingOutputConfig", {}).get("Outputs", [])
        for item in outputs:
            local(item["S3Output"]["LocalPath"]).mkdir(parents=True, exist_ok=True)
        cluster = description["ProcessingResources"]["ClusterConfig"]
        config = root / "config"
        config.mkdir(parents=True)
        (config / "processingjobconfig.json").write_text(json.dumps(description, default=str))
        (config / "resourceconfig.json").write_text(json.dumps(resource_config("processing", cluster["InstanceType"], 1)))
        (root / "output").mkdir(exist_ok=True)
        description["ProcessingStartTime"] = self.world.clock.now()
        code = self._run(job, root, log)
        message = root / "output" / "message"
        if message.is_file():
            description["ExitMessage"] = message.read_text()[:1024]
        if code:
            detail = description.get("ExitMessage") or f"exit code: {code}"
            raise JobFailed(
                f"AlgorithmError: {detail}, exit code: {code}"
                if "ExitMessage" in description
                else f"AlgorithmError: See job logs for more information, exit code: {code}"
            )
        if "MonitoringScheduleArn" in description:
            publish(self.world, description, root)
        for item in outputs:
            transfer.upload(s3, local(item["S3Output"]["LocalPath"]), item["S3Output"]["S3Uri"])

    def _run(self, job: Job, root: Path, log: Callable[[str], None]) -> int:
        description = job.description
        app = description["AppSpecification"]
        image = self.image(app["ImageUri"])
        argv = [*app.get("ContainerEntrypoint", []), *app.get("ContainerArguments", [])]
        if not argv and is_analyzer(app["ImageUri"]):
            argv = ["python3", str(self.world.analyzer), "monitor"]
        if not argv:
            raise JobFailed("ClientError: the image has no entrypoint of its own; give ContainerEntrypoint")
        isolated = description.get("NetworkConfig", {}).get("EnableNetworkIsolation", False)
        env = {"AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION, **description.get("Environment", {})}
        if not isolated:
            env |= self.world.clients.environment(description["RoleArn"], job.name[:64])
        script = argv[0].rsplit("/", 1)[-1] in _PYTHON and len(argv) > 1 and not argv[1].startswith("-")
        spec = Spec(
            "script" if script else "command",
            env,
            "/",
            argv=argv[1:] if script else argv,
            mounts=[(str(root), "/opt/ml")],
            isolated=isolated,
        )
        child = self.world.launcher.start(image, spec, log)
        return self.watch(job, child, float(description.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", 86400)))

    def finish(self, job: Job, status: str) -> None:
        job.description.setdefault("ProcessingStartTime", job.description["CreationTime"])
