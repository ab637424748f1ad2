"""What a step of each type does: start a job or register a model, as the pipeline's role."""

import re
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from local_aws.sagemaker.jobs import World, new_suffix
from local_aws.sagemaker.pipelines.definition import Step
from local_aws.sagemaker.processing import ProcessingJobs
from local_aws.sagemaker.training import TrainingJobs

# SageMaker's words for why a job failed → the exception types of retry policies
_JOB_FAULTS = (
    ("CapacityError", "SageMaker.CAPACITY_ERROR"),
    ("ResourceLimitExceeded", "SageMaker.RESOURCE_LIMIT"),
    ("InternalServerError", "SageMaker.JOB_INTERNAL_ERROR"),
)


class Failure(Exception):
    """A step did not succeed. ``kind`` is the exception type that retry policies name."""

    def __init__(self, reason: str, kind: str = "", *, stopped: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.kind, self.stopped = reason, kind, stopped


class Runners:
    """Carries out Processing, Training and RegisterModel steps through the API."""

    def __init__(self, world: World, processing: ProcessingJobs, training: TrainingJobs) -> None:
        self._world = world
        self._jobs = {"Processing": processing, "Training": training}

    def run(
        self, step: Step, arguments: dict[str, Any], execution: str, role: str, started: Callable[[dict[str, Any]], None]
    ) -> dict[str, Any]:
        """Run to the end; the step's properties. Raises Failure."""
        client = self._world.clients.role("sagemaker", role, "pipeline")
        if step.type == "RegisterModel":
            answer = self._call(lambda: client.create_model_package(**arguments))
            started({"RegisterModel": {"Arn": answer["ModelPackageArn"]}})
            return _without_metadata(self._call(lambda: client.describe_model_package(ModelPackageName=answer["ModelPackageArn"])))
        name = self.job_name(execution, step.name)
        create = client.create_processing_job if step.type == "Processing" else client.create_training_job
        answer = self._call(lambda: create(**{f"{step.type}JobName": name}, **arguments))
        started({f"{step.type}Job": {"Arn": answer[f"{step.type}JobArn"]}})
        description = self._jobs[step.type].wait(name)
        status = description[f"{step.type}JobStatus"]
        if status != "Completed":
            reason = description.get("FailureReason", status)
            raise Failure(_reason(reason), _kind(reason), stopped=status == "Stopped")
        return description

    def stop(self, metadata: dict[str, Any], role: str) -> None:
        """Stop the job that a running step's metadata names, if it has one."""
        client = self._world.clients.role("sagemaker", role, "pipeline")
        for kind, stop in (("ProcessingJob", client.stop_processing_job), ("TrainingJob", client.stop_training_job)):
            if kind in metadata:
                try:
                    stop(**{f"{kind}Name": metadata[kind]["Arn"].rsplit("/", 1)[-1]})
                except ClientError:
                    pass  # it has ended in the meantime

    @staticmethod
    def job_name(execution: str, step: str) -> str:
        """``pipelines-<execution>-<step>-<random>``, at most 63 characters."""
        return f"pipelines-{execution}-{re.sub(r'[^A-Za-z0-9-]', '-', step)[:30]}-{new_suffix()}"

    @staticmethod
    def _call(call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        try:
            return call()
        except ClientError as error:
            code, status = error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
            kind = (
                "Step.THROTTLING"
                if "Throttling" in code
                else "Step.SERVICE_FAULT"
                if status >= 500 and code != "LocalAwsUnsupported"
                else ""
            )
            kind = "SageMaker.RESOURCE_LIMIT" if code == "ResourceLimitExceeded" else kind
            raise Failure(
                f"ClientError: Failed to invoke {error.operation_name}. Error Details: {error.response['Error']['Message']}", kind
            ) from None


def _reason(reason: str) -> str:
    """AlgorithmError and ClientError are passed on as SageMaker words them."""
    return reason if reason.startswith(("AlgorithmError", "ClientError", "InternalServerError")) else f"ClientError: {reason}"


def _kind(reason: str) -> str:
    return next((kind for word, kind in _JOB_FAULTS if reason.startswith(word)), "")


def _without_metadata(answer: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in answer.items() if k != "ResponseMetadata"}
