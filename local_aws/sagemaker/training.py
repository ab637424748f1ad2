"""Training jobs under the container contract: channels in, model.tar.gz out."""

import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from local_aws.dispatcher import Call, operation
from local_aws.errors import Unsupported, validation
from local_aws.images.registry import container_image
from local_aws.launcher.launcher import Spec
from local_aws.principals import REGION
from local_aws.sagemaker import metrics, transfer
from local_aws.sagemaker.jobs import Job, JobFailed, Jobs, resource_config

ROOT, CHECKPOINTS = "/opt/ml", "/opt/ml/checkpoints"  # the latter where CheckpointConfig names no LocalPath


class TrainingJobs(Jobs):
    """CreateTrainingJob and its kin."""

    kind = "training"
    listed = ("SecondaryStatus",)

    @operation("sagemaker", "CreateTrainingJob")
    def create(self, call: Call) -> dict[str, Any]:
        params = call.params
        self.check(params)
        image = params["AlgorithmSpecification"].get("TrainingImage")
        if not image:
            raise validation("AlgorithmSpecification needs a TrainingImage or an AlgorithmName")
        known = {"MetricDefinitions": [*container_image(image).metrics]}
        specification = {**(known if known["MetricDefinitions"] else {}), **params["AlgorithmSpecification"]}
        # the model says that artefacts are always there; they name something once there is something
        given = {**params, "AlgorithmSpecification": specification, "ModelArtifacts": {"S3ModelArtifacts": ""}}
        job = self.create_job(given, image)
        self._move(job, "Starting", "Preparing the instances for training")
        return {"TrainingJobArn": job.description["TrainingJobArn"]}

    def check(self, params: dict[str, Any]) -> None:
        super().check(params)
        path = params.get("CheckpointConfig", {}).get("LocalPath")
        if isinstance(path, str) and not path.startswith(f"{ROOT}/"):
            raise Unsupported(f"CreateTrainingJob with CheckpointConfig.LocalPath {path!r} (it does paths below {ROOT})")

    @operation("sagemaker", "DescribeTrainingJob")
    def describe(self, call: Call) -> dict[str, Any]:
        return self.describe_job(call.params["TrainingJobName"])

    @operation("sagemaker", "StopTrainingJob")
    def stop(self, call: Call) -> None:
        self.stop_job(call.params["TrainingJobName"])

    @operation("sagemaker", "DeleteTrainingJob")
    def delete(self, call: Call) -> None:
        self.delete_job(call.params["TrainingJobName"])

    @operation("sagemaker", "ListTrainingJobs")
    def list(self, call: Call) -> dict[str, Any]:
        return self.list_jobs(call.params)

    def carry_out(self, job: Job, work: Path, s3: Any, log: Callable[[str], None]) -> None:
        description = job.description
        root = work / "ml"
        description["TrainingStartTime"] = self.world.clock.now()
        self._move(job, "Downloading", "Downloading input data")
        for channel in description.get("InputDataConfig", []):
            source = channel["DataSource"]["S3DataSource"]
            fetch = transfer.download_listed if source.get("S3DataType") == "ManifestFile" else transfer.download
            fetch(s3, source["S3Uri"], root / "input" / "data" / channel["ChannelName"])
        self._configure(description, root)
        checkpoints = description.get("CheckpointConfig")
        local = root / Path((checkpoints or {}).get("LocalPath", CHECKPOINTS)).relative_to(ROOT)
        if checkpoints:
            transfer.download(s3, checkpoints["S3Uri"], local, optional=True)
        self._move(job, "Training", "Training image download completed. Training in progress.")
        try:
            code = self._run(job, root, metrics.watched(description, self.world.clock, log))
        finally:
            if checkpoints:  # of a job that failed or was stopped too: the next one goes on from them
                transfer.upload(s3, local, checkpoints["S3Uri"])
        failure = root / "output" / "failure"
        if code:
            reason = failure.read_text()[:1000] if failure.is_file() else "See job logs for more information"
            raise JobFailed(f"AlgorithmError: {reason}, exit code: {code}")
        self._move(job, "Uploading", "Uploading generated training model")
        target = f"{description['OutputDataConfig']['S3OutputPath'].rstrip('/')}/{job.name}/output"
        artefact = f"{target}/model.tar.gz"
        if description["OutputDataConfig"].get("CompressionType") == "NONE":
            artefact = f"{target}/model/"
            transfer.upload(s3, root / "model", artefact)
        else:
            _upload_archive(s3, root / "model", artefact)
        if any((root / "output" / "data").iterdir()):
            _upload_archive(s3, root / "output" / "data", f"{target}/output.tar.gz")
        description["ModelArtifacts"] = {"S3ModelArtifacts": artefact}

    def _configure(self, description: dict[str, Any], root: Path) -> None:
        config = root / "input" / "config"
        for folder in (config, root / "model", root / "output" / "data", root / "code"):
            folder.mkdir(parents=True, exist_ok=True)
        mode = description["AlgorithmSpecification"].get("TrainingInputMode", "File")
        channels = {c["ChannelName"]: _channel(c, mode) for c in description.get("InputDataConfig", [])}
        resources = resource_config("training", description["ResourceConfig"]["InstanceType"], 1)
        files = {"hyperparameters": description.get("HyperParameters", {}), "inputdataconfig": channels, "resourceconfig": resources}
        for name, content in files.items():
            (config / f"{name}.json").write_text(json.dumps(content))

    def _run(self, job: Job, root: Path, log: Callable[[str], None]) -> int:
        description = job.description
        entry = container_image(description["AlgorithmSpecification"]["TrainingImage"])
        isolated = description.get("EnableNetworkIsolation", False)
        env = {
            "TRAINING_JOB_NAME": job.name,
            "TRAINING_JOB_ARN": description["TrainingJobArn"],
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            **description.get("Environment", {}),
        }
        if not isolated:
            env |= self.world.clients.environment(description["RoleArn"], job.name[:64])
        mounts = [(str(root), "/opt/ml")]
        specification = description["AlgorithmSpecification"]
        if argv := [*specification.get("ContainerEntrypoint", []), *specification.get("ContainerArguments", [])]:
            # the SDK's trainers bring their own start in a driver channel
            spec = Spec("command", env, "/", argv=argv, mounts=mounts, isolated=isolated)
            return self.watch(job, self.world.launcher.start(entry.image, spec, log), self._limit(description))
        argument = {"root": "/opt/ml", "isolated": isolated}
        spec = Spec(
            "function",
            env,
            "/",
            file=entry.training,
            function="start",
            argument=argument,
            mounts=mounts,
            isolated=isolated,
        )
        return self.watch(job, self.world.launcher.start(entry.image, spec, log), self._limit(description))

    @staticmethod
    def _limit(description: dict[str, Any]) -> float:
        return float(description["StoppingCondition"].get("MaxRuntimeInSeconds", 86400))

    def finish(self, job: Job, status: str) -> None:
        description = job.description
        description.setdefault("TrainingStartTime", description["CreationTime"])
        seconds = int((description["LastModifiedTime"] - description["TrainingStartTime"]).total_seconds())
        description["TrainingTimeInSeconds"] = description["BillableTimeInSeconds"] = max(1, seconds)
        self._move(job, status, {"Completed": "Training job completed"}.get(status, description.get("FailureReason", status)))

    def _move(self, job: Job, status: str, message: str) -> None:
        """The secondary status and its history."""
        now = self.world.clock.now()
        history = job.description.setdefault("SecondaryStatusTransitions", [])
        if history:
            history[-1]["EndTime"] = now
        history.append({"Status": status, "StartTime": now, "StatusMessage": message[:1024]})
        job.description["SecondaryStatus"] = status


def _channel(channel: dict[str, Any], mode: str) -> dict[str, str]:
    """As inputdataconfig.json tells the container."""
    source = channel["DataSource"]["S3DataSource"]
    kind = {"ContentType": channel["ContentType"]} if channel.get("ContentType") else {}
    distribution = source.get("S3DataDistributionType", "FullyReplicated")
    return {**kind, "TrainingInputMode": channel.get("InputMode", mode), "S3DistributionType": distribution, "RecordWrapperType": "None"}


def _upload_archive(s3: Any, folder: Path, uri: str) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz", compresslevel=1) as archive:
        for path in sorted(folder.iterdir()):
            archive.add(path, arcname=path.name)
    bucket, key = transfer.split(uri)
    s3.put_object(Bucket=bucket, Key=key, Body=buffer.getvalue())
