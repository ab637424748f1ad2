"""Step type Callback: a message with a token goes to a queue; the step waits until the token comes back."""

import json
import secrets
from typing import Any

from local_aws.dispatcher import Call, operation
from local_aws.errors import AwsError
from local_aws.sagemaker.jobs import World
from local_aws.sagemaker.pipelines.resolve import text
from local_aws.sagemaker.pipelines.steps.base import Failure, StepCall, api, outputs


class CallbackStep:
    """The step, and the operations that bring tokens back. A token that a restart found waiting is waited for again."""

    kept = ("_waiting",)

    def __init__(self, world: World) -> None:
        self._world = world
        self._waiting: dict[str, tuple[str, str]] = {}  # by token: the execution's ARN and the step
        self._answers: dict[str, dict[str, Any]] = {}

    def run(self, call: StepCall) -> dict[str, Any]:
        step, url = (call.execution_arn, call.step.name), text(call.raw["SqsQueueUrl"])
        sent = next((t for t, waiting in self._waiting.items() if waiting == step), None)
        token = sent or secrets.token_hex(5)
        self._waiting[token] = step
        shown: dict[str, Any] = {"CallbackToken": token, "SqsQueueUrl": url, "OutputParameters": []}
        call.started({"Callback": shown})
        body = {"token": token, "pipelineExecutionArn": call.execution_arn, "arguments": call.arguments}
        sqs = self._world.clients.role("sqs", call.role, "pipeline")
        try:
            if not sent:
                api(lambda: sqs.send_message(QueueUrl=url, MessageBody=json.dumps(body)))
            self._world.background.park(lambda: token in self._answers or call.stopping())
        finally:
            del self._waiting[token]
        answer = self._answers.pop(token, None)
        if answer is None:
            raise Failure("The step was stopped.", stopped=True)
        if "FailureReason" in answer:
            raise Failure(f"ClientError: {answer['FailureReason']}")
        given = {p["Name"]: p["Value"] for p in answer.get("OutputParameters", [])}
        found = outputs(call.raw.get("OutputParameters", []), given, "The callback")
        call.started({"Callback": {**shown, "OutputParameters": [{"Name": k, "Value": text(v)} for k, v in found.items()]}})
        return {"OutputParameters": found}

    def stop(self, metadata: dict[str, Any], role: str) -> None:
        self._world.background.poke()

    @operation("sagemaker", "SendPipelineExecutionStepSuccess")
    def success(self, call: Call) -> dict[str, Any]:
        return self._answer(call.params["CallbackToken"], {"OutputParameters": call.params.get("OutputParameters", [])})

    @operation("sagemaker", "SendPipelineExecutionStepFailure")
    def failure(self, call: Call) -> dict[str, Any]:
        return self._answer(call.params["CallbackToken"], {"FailureReason": call.params.get("FailureReason", "no reason given")})

    def _answer(self, token: str, answer: dict[str, Any]) -> dict[str, Any]:
        waiting = self._waiting.get(token)
        if waiting is None or token in self._answers:
            raise AwsError("ResourceNotFound", f"No step is waiting for the callback token {token!r}.")
        self._answers[token] = answer
        self._world.background.poke()
        return {"PipelineExecutionArn": waiting[0]}
