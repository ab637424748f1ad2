"""Step type Fail: ends the execution with a message."""

from typing import Any

from local_aws.sagemaker.pipelines.steps.base import Failure, Immediate, StepCall


class FailStep(Immediate):
    def run(self, call: StepCall) -> dict[str, Any]:
        call.started({"Fail": {"ErrorMessage": call.arguments["ErrorMessage"]}})
        raise Failure(call.arguments["ErrorMessage"])
