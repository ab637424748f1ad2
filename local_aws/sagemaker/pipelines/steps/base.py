"""What runners share: the call of a step, its failure, and steps that start a job and wait for it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from botocore.exceptions import ClientError

from local_aws.sagemaker.jobs import World, new_suffix
from local_aws.sagemaker.pipelines.definition import Step

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
    started: Callable[[dict[str, Any]], None]
    stopping: Callable[[], bool]

    @property
    def job_name(self) -> str:
        return job_name(self.execution, self.step.name)


def job_name(execution: str, step: str) -> str:
    """``pipelines-<execution>-<step>-<random>``, at most 63 characters."""
    return f"pipelines-{execution}-{re.sub(r'[^A-Za-z0-9-]', '-', step)[:30]}-{new_suffix()}"


class Runner(Protocol):
    """Carries out steps of one type."""

    def run(self, call: StepCall) -> dict[str, Any]:
        """Run to the end; the step's properties. Raises Failure."""

    def stop(self, metadata: dict[str, Any], role: str) -> None:
        """Stop what the metadata of a running step names."""


class JobStep:
    """A step that creates a job through the API, as the pipeline's role, and waits for its end."""

    kind: ClassVar[str]  # in API names: ProcessingJob, TrainingJob, …
    method: ClassVar[str]  # in boto3: processing_job, …
    metadata: ClassVar[str]
    limit: ClassVar[int] = 63

    def __init__(self, world: World, wait: Callable[[str], dict[str, Any]]) -> None:
        self._world, self._wait = world, wait

    def run(self, call: StepCall) -> dict[str, Any]:
        client = self._world.clients.role("sagemaker", call.role, "pipeline")
        # a name that is too long loses the step's, not what makes it unique
        name = call.job_name if len(call.job_name) <= self.limit else f"{call.execution}-{call.job_name[-10:]}"
        create = getattr(client, f"create_{self.method}")
        answer = api(lambda: create(**{**call.arguments, f"{self.kind}Name": name}))
        call.started({self.metadata: {"Arn": answer[f"{self.kind}Arn"]}})
        description = self._wait(name)
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
