"""Which runner carries out which type of step."""

from collections.abc import Mapping
from typing import Any

from local_aws.errors import AwsError
from local_aws.images.registry import container_image
from local_aws.sagemaker import options
from local_aws.sagemaker.jobs import World
from local_aws.sagemaker.pipelines.definition import Definition
from local_aws.sagemaker.pipelines.resolve import known
from local_aws.sagemaker.pipelines.steps.base import Failure, JobService, Runner, StepCall
from local_aws.sagemaker.pipelines.steps.callback import CallbackStep
from local_aws.sagemaker.pipelines.steps.fail import FailStep
from local_aws.sagemaker.pipelines.steps.lambda_ import LambdaStep
from local_aws.sagemaker.pipelines.steps.model import ModelStep
from local_aws.sagemaker.pipelines.steps.processing import ProcessingStep
from local_aws.sagemaker.pipelines.steps.register_model import RegisterModelStep
from local_aws.sagemaker.pipelines.steps.training import TrainingStep
from local_aws.sagemaker.pipelines.steps.transform import TransformStep
from local_aws.sagemaker.pipelines.steps.tuning import TuningStep

__all__ = ["Failure", "Runners", "StepCall"]


class Runners:
    """Carries out steps through the API."""

    def __init__(self, world: World, jobs: Mapping[str, JobService]) -> None:
        self._jobs = jobs
        self.callback = CallbackStep(world)
        self._by_type: dict[str, Runner] = {
            "Processing": ProcessingStep(world, jobs["Processing"]),
            "Training": TrainingStep(world, jobs["Training"]),
            "Tuning": TuningStep(world, jobs["Tuning"]),
            "Transform": TransformStep(world, jobs["Transform"]),
            "Model": ModelStep(world),
            "RegisterModel": RegisterModelStep(world),
            "Lambda": LambdaStep(world),
            "Callback": self.callback,
            "Fail": FailStep(),
        }

    def check(self, definition: Definition, parameters: Mapping[str, Any]) -> None:
        """Refuse by name what a step asks for and is not done, before anything runs. Raises AwsError."""
        checks = {**{kind: service.check for kind, service in self._jobs.items()}, "Model": _check_model}
        for step in definition.steps.values():
            try:
                if step.type in checks:
                    checks[step.type](known(step.arguments, parameters))
            except AwsError as error:
                raise AwsError(error.code, f"Step '{step.name}': {error.message}", error.status) from None

    def run(self, call: StepCall) -> dict[str, Any]:
        """Run to the end; the step's properties. Raises Failure."""
        return self._by_type[call.step.type].run(call)

    def release(self, execution: str) -> None:
        """The execution of this id is forgotten, and with it its jobs."""
        for service in self._jobs.values():
            service.release(execution)

    def leave(self, execution: str) -> None:
        """The execution of this id went with its pipeline: its jobs stay."""
        for service in self._jobs.values():
            service.leave(execution)

    def stop(self, kind: str, metadata: dict[str, Any], role: str) -> None:
        """Stop what a running step's metadata names, if it has one."""
        if metadata:
            self._by_type[kind].stop(metadata, role)


def _check_model(arguments: dict[str, Any]) -> None:
    options.check("CreateModel", arguments, container_image)
