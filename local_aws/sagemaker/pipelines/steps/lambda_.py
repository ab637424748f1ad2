"""Step type Lambda: a function is invoked, synchronously, with the step's arguments."""

import json
from typing import Any

from local_aws.sagemaker.jobs import World
from local_aws.sagemaker.pipelines.resolve import text
from local_aws.sagemaker.pipelines.steps.base import Failure, Immediate, StepCall, api, outputs


class LambdaStep(Immediate):
    def __init__(self, world: World) -> None:
        self._world = world

    def run(self, call: StepCall) -> dict[str, Any]:
        arn = text(call.raw["FunctionArn"])
        client = self._world.clients.role("lambda", call.role, "pipeline")
        call.started({"Lambda": {"Arn": arn, "OutputParameters": []}})
        answer = api(lambda: client.invoke(FunctionName=arn, Payload=json.dumps(call.arguments).encode()))
        said = answer["Payload"].read().decode()
        if "FunctionError" in answer:
            raise Failure(f"ClientError: Lambda function {arn} failed: {said}")
        try:
            result = json.loads(said)
        except ValueError:
            result = None
        declared = call.raw.get("OutputParameters", [])
        if declared and not isinstance(result, dict):
            raise Failure(f"ClientError: Lambda function {arn} answered {said!r}; with output parameters it must answer an object")
        found = outputs(declared, result or {}, f"Lambda function {arn}")
        shown = [{"Name": k, "Value": text(v)} for k, v in found.items()]
        call.started({"Lambda": {"Arn": arn, "OutputParameters": shown}})
        return {"OutputParameters": found}
