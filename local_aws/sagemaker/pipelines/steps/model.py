"""Step type Model: CreateModel."""

from typing import Any

from local_aws.sagemaker.jobs import World
from local_aws.sagemaker.pipelines.steps.base import Immediate, StepCall, api


class ModelStep(Immediate):
    def __init__(self, world: World) -> None:
        self._world = world

    def run(self, call: StepCall) -> dict[str, Any]:
        client = self._world.clients.role("sagemaker", call.role, "pipeline")
        name = call.job_name
        answer = api(lambda: client.create_model(**{**call.arguments, "ModelName": name}))
        call.started({"Model": {"Arn": answer["ModelArn"]}})
        described = api(lambda: client.describe_model(ModelName=name))
        return {k: v for k, v in described.items() if k != "ResponseMetadata"}
