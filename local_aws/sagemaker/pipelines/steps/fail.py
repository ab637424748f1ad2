"""Step type Fail: ends the execution with a message."""

from typing import Any

from local_aws.sagemaker.pipelines.resolve import text
from local_aws.sagemaker.pipelines.steps.base import Failure, Immediate, StepCall


class FailStep(Immediate):
    def run(self, call: StepCall) -> dict[str, Any]:
        message = text(call.arguments["ErrorMessage"])  # it may refer to a number, or to null in a report
        call.started({"Fail": {"ErrorMessage": message}})
        raise Failure(message)
