"""What runners share: the call of a step, its failure, and steps that start a job and wait for it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from botocore.exceptions import ClientError

from local_aws.sagemaker.jobs import World, new_suffix
from local_aws.sagemaker.pipelines.definition import Step

_LONG, _SHORT = 63, 32  # characters of a job's name; those of tuning jobs are shorter
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


@dataclass(frozen=True)
class StepCall:
    """One attempt of one step. ``arguments`` and ``raw`` are resolved; ``started`` takes the step's metadata."""

    step: Step
    arguments: dict[str, Any]
    raw: dict[str, Any]
    execution: str
    execution_arn: str
    role: str
    job_name: str
    started: Callable[[dict[str, Any]], None]
    stopping: Callable[[], bool]


def job_name(execution: str, step: Step) -> str:
    """``pipelines-<execution>-<step>-<random>``; a name that is too long loses the step's, not what makes it unique."""
    suffix = new_suffix()
    name = f"pipelines-{execution}-{re.sub(r'[^A-Za-z0-9-]', '-', step.name)[:30]}-{suffix}"
    return name if len(name) <= (_SHORT if step.type == "Tuning" else _LONG) else f"{execution}-{suffix}"


class Runner(Protocol):
    """Carries out steps of one type."""

    def run(self, call: StepCall) -> dict[str, Any]:
        """Run to the end; the step's properties. Raises Failure."""

    def stop(self, metadata: dict[str, Any], role: str) -> None:
        """Stop what the metadata of a running step names."""


class JobService(Protocol):
    """The jobs of one kind, as far as steps need them."""

    def check(self, params: dict[str, Any]) -> None:
        """Refuse what the arguments of a step, as far as they are known, ask for and is not done. Raises AwsError."""

    def wait(self, name: str) -> dict[str, Any]:
        """Block until the job of this name has ended; its description."""

    def made_by(self, maker: str, name: str) -> None:
        """Remember the job of this name as long as its maker, an execution."""

    def release(self, maker: str) -> None:
        """Forget the jobs of a maker."""

    def leave(self, maker: str) -> None:
        """The maker is gone; its jobs stay."""


class JobStep:
    """A step that creates a job through the API, as the pipeline's role, and waits for its end."""

    kind: ClassVar[str]  # in API names: ProcessingJob, TrainingJob, …
    method: ClassVar[str]  # in boto3: processing_job, …
    metadata: ClassVar[str]

    def __init__(self, world: World, jobs: JobService) -> None:
        self._world, self._jobs = world, jobs

    def run(self, call: StepCall) -> dict[str, Any]:
        client = self._world.clients.role("sagemaker", call.role, "pipeline")
        name = call.job_name
        create = getattr(client, f"create_{self.method}")
        self._jobs.made_by(call.execution, name)
        answer = api(lambda: create(**{**call.arguments, f"{self.kind}Name": name}))
        call.started({self.metadata: {"Arn": answer[f"{self.kind}Arn"]}})
        description = self._jobs.wait(name)
        status = description[f"{self.kind}Status"]
        if status != "Completed":
            reason = description.get("FailureReason", status)
            raise Failure(_worded(reason), _kind(reason), stopped=status == "Stopped")
        return description

    def stop(self, metadata: dict[str, Any], role: str) -> None:
        client = self._world.clients.role("sagemaker", role, "pipeline")
        try:
            getattr(client, f"stop_{self.method}")(**{f"{self.kind}Name": metadata[self.metadata]["Arn"].rsplit("/", 1)[-1]})
        except ClientError:
            pass  # it has ended in the meantime


class Immediate:
    """A step that has nothing to stop."""

    def stop(self, metadata: dict[str, Any], role: str) -> None:
        """It ends by itself."""


def api(call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """A call of AWS on behalf of a step. Raises Failure with the kind that retry policies name."""
    try:
        return call()
    except ClientError as error:
        code, status = error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]
        kind = "Step.THROTTLING" if "Throttling" in code else ""
        if status >= 500 and code != "LocalAwsUnsupported":
            kind = "Step.SERVICE_FAULT"
        kind = "SageMaker.RESOURCE_LIMIT" if code == "ResourceLimitExceeded" else kind
        details = error.response["Error"]["Message"]
        raise Failure(f"ClientError: Failed to invoke {error.operation_name}. Error Details: {details}", kind) from None


def outputs(declared: list[dict[str, str]], given: dict[str, Any], source: str) -> dict[str, Any]:
    """Output parameters of a Lambda or Callback step, in their declared types. Raises Failure."""
    found = {}
    for parameter in declared:
        name, kind = parameter["OutputName"], parameter.get("OutputType", "String")
        if name not in given:
            raise Failure(f"ClientError: {source} gave no output parameter {name!r}; it gave: {', '.join(sorted(given)) or 'none'}")
        found[name] = _typed(given[name], kind)
    return found


def _typed(value: Any, kind: str) -> Any:
    if kind == "Boolean":
        return value if isinstance(value, bool) else str(value).lower() == "true"
    return {"Integer": int, "Float": float, "String": str}[kind](value)


def _worded(reason: str) -> str:
    """AlgorithmError and ClientError are passed on as SageMaker words them."""
    return reason if reason.startswith(("AlgorithmError", "ClientError", "InternalServerError")) else f"ClientError: {reason}"


def _kind(reason: str) -> str:
    return next((kind for word, kind in _JOB_FAULTS if reason.startswith(word)), "")
