"""Which runner carries out which type of step."""

from collections.abc import Callable, Mapping
from typing import Any

from local_aws.sagemaker.jobs import World
from local_aws.sagemaker.pipelines.steps.base import Failure, Runner, StepCall
from local_aws.sagemaker.pipelines.steps.callback import CallbackStep
from local_aws.sagemaker.pipelines.steps.fail import FailStep
from local_aws.sagemaker.pipelines.steps.lambda_ import LambdaStep
from local_aws.sagemaker.pipelines.steps.model import ModelStep
from local_aws.sagemaker.pipelines.steps.processing import ProcessingStep
from local_aws.sagemaker.pipelines.steps.register_model import RegisterModelStep
from local_aws.sagemaker.pipelines.steps.training import TrainingStep
from local_aws.sagemaker.pipelines.steps.transform import TransformStep
from local_aws.sagemaker.pipelines.steps.tuning import TuningStep

Wait = Callable[[str], dict[str, Any]]  # blocks until the job of this name has ended; its description
__all__ = ["Failure", "Runners", "StepCall"]


class Runners:
    """Carries out steps through the API."""

    def __init__(self, world: World, waits: Mapping[str, Wait]) -> None:
        self.callback = CallbackStep(world)
        self._by_type: dict[str, Runner] = {
            "Processing": ProcessingStep(world, waits["Processing"]),
            "Training": TrainingStep(world, waits["Training"]),
            "Tuning": TuningStep(world, waits["Tuning"]),
            "Transform": TransformStep(world, waits["Transform"]),
            "Model": ModelStep(world),
            "RegisterModel": RegisterModelStep(world),
            "Lambda": LambdaStep(world),
            "Callback": self.callback,
            "Fail": FailStep(),
        }

    def run(self, call: StepCall) -> dict[str, Any]:
        """Run to the end; the step's properties. Raises Failure."""
        return self._by_type[call.step.type].run(call)

    def stop(self, kind: str, metadata: dict[str, Any], role: str) -> None:
        """Stop what a running step's metadata names, if it has one."""
        if metadata:
            self._by_type[kind].stop(metadata, role)
