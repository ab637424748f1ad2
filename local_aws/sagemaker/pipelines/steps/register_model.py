"""Step type RegisterModel: CreateModelPackage."""

from typing import Any

from local_aws.sagemaker.jobs import World
from local_aws.sagemaker.pipelines.steps.base import Immediate, StepCall, api


class RegisterModelStep(Immediate):
    def __init__(self, world: World) -> None:
        self._world = world

    def run(self, call: StepCall) -> dict[str, Any]:
        client = self._world.clients.role("sagemaker", call.role, "pipeline")
        answer = api(lambda: client.create_model_package(**call.arguments))
        call.started({"RegisterModel": {"Arn": answer["ModelPackageArn"]}})
        described = api(lambda: client.describe_model_package(ModelPackageName=answer["ModelPackageArn"]))
        return {k: v for k, v in described.items() if k != "ResponseMetadata"}
