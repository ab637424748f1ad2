"""Lambda: functions whose built asset really runs, invoked synchronously or with AWS's asynchronous retries."""

import base64
import builtins
import copy
import hashlib
import json
import threading
import time
import uuid
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from local_aws.background import Background
from local_aws.clients import Clients
from local_aws.clock import Clock
from local_aws.cloudwatch.store import MetricStore
from local_aws.dispatcher import Call, operation
from local_aws.errors import AwsError, Unsupported
from local_aws.events.service import queue_url
from local_aws.lambda_.environment import Environment, Function, Outcome
from local_aws.lambda_.package import fetch, unpack
from local_aws.launcher.launcher import Launcher
from local_aws.principals import ACCOUNT, REGION
from local_aws.waiting import Waiting

_ASYNC_DELAYS_S = (60.0, 120.0)  # Lambda waits one minute, then two, before its retries
_LATEST = "$LATEST"
_TAIL = 4096  # bytes of a log that an invocation's answer has
_REFUSED = ("ClientContext", "TenantId", "DurableExecutionName")
_CONFIGURED = (
    "FunctionName", "Role", "Handler", "Runtime", "Timeout", "MemorySize", "Description", "Environment", "Architectures",
    "DeadLetterConfig", "TracingConfig", "LoggingConfig", "PackageType",
)  # fmt: skip


Retry = tuple[str, Any, int]  # a function's name, the event, and which retry it is


class Lambda:
    """Functions, invoked at once or later."""

    kept = ("_functions", "retries")

    def __init__(self, clients: Clients, clock: Clock, background: Background, launcher: Launcher, metrics: MetricStore) -> None:
        self._clients, self._clock, self._metrics = clients, clock, metrics
        self._background, self._launcher = background, launcher
        self._functions: dict[str, Function] = {}
        self._lock = threading.Lock()
        self._retries: Waiting[Retry] = Waiting(clock, background, self._retry)

    @property
    def retries(self) -> builtins.list[tuple[datetime, Retry]]:
        """Asynchronous invocations that have failed and wait to be tried again."""
        return self._retries.held

    @retries.setter
    def retries(self, held: builtins.list[tuple[datetime, Retry]]) -> None:
        self._retries.held = held

    def resume(self) -> None:
        self._retries.resume()

    def close(self) -> None:
        for function in self._functions.values():
            self._retire(function)

    def sizes(self) -> builtins.list[int]:
        """Of every function's code, in bytes."""
        return [f.code_size for f in self._functions.values()]

    # functions

    @operation("lambda", "CreateFunction")
    def create(self, call: Call) -> dict[str, Any]:
        params = call.params
        name = params["FunctionName"]
        if name in self._functions:
            raise AwsError("ResourceConflictException", f"Function already exist: {name}", 409)
        if not str(params.get("Runtime", "")).startswith("python3"):
            raise Unsupported(f"the Lambda runtime {params.get('Runtime')!r} (it does Python)")
        self._check_role(params["Role"])
        content = fetch(self._clients, params["Code"])
        config = {k: params[k] for k in _CONFIGURED if k in params}
        config = {"Timeout": 3, "MemorySize": 128, "Description": "", **config}
        function = Function(name, f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}", config, Path(), "", 0)
        self._load(function, content)
        self._functions[name] = function
        return self._described(function)

    @operation("lambda", "UpdateFunctionCode")
    def update_code(self, call: Call) -> dict[str, Any]:
        function = self.function(call.params["FunctionName"])
        self._load(function, fetch(self._clients, call.params))
        self._retire(function)
        return self._described(function)

    @operation("lambda", "UpdateFunctionConfiguration")
    def update_configuration(self, call: Call) -> dict[str, Any]:
        function = self.function(call.params["FunctionName"])
        function.config.update({k: v for k, v in call.params.items() if k in _CONFIGURED and k != "FunctionName"})
        self._retire(function)
        return self._described(function)

    @operation("lambda", "GetFunction")
    def get(self, call: Call) -> dict[str, Any]:
        function = self.function(call.params["FunctionName"], call.params.get("Qualifier"))
        return {"Configuration": self._described(function), "Code": {"RepositoryType": "S3"}}

    @operation("lambda", "GetFunctionConfiguration")
    def get_configuration(self, call: Call) -> dict[str, Any]:
        return self._described(self.function(call.params["FunctionName"], call.params.get("Qualifier")))

    @operation("lambda", "ListFunctions")
    def list(self, _: Call) -> dict[str, Any]:
        return {"Functions": [self._described(f) for _, f in sorted(self._functions.items())]}

    @operation("lambda", "DeleteFunction")
    def delete(self, call: Call) -> dict[str, Any]:
        function = self.function(call.params["FunctionName"])
        self._retire(function)
        del self._functions[function.name]
        return {}

    @operation("lambda", "AddPermission")
    def add_permission(self, call: Call) -> dict[str, Any]:
        params = call.params
        function = self.function(params["FunctionName"])
        if any(s["Sid"] == params["StatementId"] for s in function.policy):
            raise AwsError("ResourceConflictException", f"The statement id ({params['StatementId']}) provided already exists.", 409)
        statement = {
            "Sid": params["StatementId"],
            "Effect": "Allow",
            "Principal": {"Service": params["Principal"]},
            "Action": params["Action"],
        }
        condition: dict[str, Any] = {}
        if "SourceArn" in params:
            condition["ArnLike"] = {"AWS:SourceArn": params["SourceArn"]}
        if "SourceAccount" in params:
            condition["StringEquals"] = {"AWS:SourceAccount": params["SourceAccount"]}
        function.policy.append({**statement, "Resource": function.arn, "Condition": condition})
        return {"Statement": json.dumps(function.policy[-1])}

    @operation("lambda", "RemovePermission")
    def remove_permission(self, call: Call) -> None:
        function = self.function(call.params["FunctionName"])
        function.policy = [s for s in function.policy if s["Sid"] != call.params["StatementId"]]

    @operation("lambda", "GetPolicy")
    def get_policy(self, call: Call) -> dict[str, Any]:
        function = self.function(call.params["FunctionName"])
        return {"Policy": json.dumps({"Version": "2012-10-17", "Statement": function.policy})}

    @operation("lambda", "PutFunctionEventInvokeConfig", "UpdateFunctionEventInvokeConfig")
    def put_async_config(self, call: Call) -> dict[str, Any]:
        function = self.function(call.params["FunctionName"])
        function.async_config = {k: v for k, v in call.params.items() if k not in ("FunctionName", "Qualifier")}
        return {"FunctionArn": f"{function.arn}:$LATEST", **function.async_config}

    @operation("lambda", "DeleteFunctionEventInvokeConfig")
    def delete_async_config(self, call: Call) -> None:
        self.function(call.params["FunctionName"]).async_config = {}

    @operation("lambda", "TagResource", "UntagResource")
    def tag(self, call: Call) -> None:
        """Tags of functions are accepted and not kept."""

    # invocation

    @operation("lambda", "Invoke")
    def invoke(self, call: Call) -> dict[str, Any]:
        for name in _REFUSED:
            if call.params.get(name):
                raise Unsupported(f"invocations with {name}")
        function = self.function(call.params["FunctionName"], call.params.get("Qualifier"))
        payload = call.params.get("Payload") or b"{}"
        payload = payload.read() if hasattr(payload, "read") else payload
        try:
            event = json.loads(payload)
        except ValueError:
            raise AwsError("InvalidRequestContentException", "Could not parse request body into json") from None
        kind = call.params.get("InvocationType", "RequestResponse")
        if kind == "DryRun":
            return {"StatusCode": 204}
        if kind == "Event":
            self._background.submit(lambda: self._asynchronous(function, event, 0))
            return {"StatusCode": 202}
        tail = call.params.get("LogType") == "Tail"
        outcome = self.run(function, event, tail=tail)
        error = {"FunctionError": outcome.error} if outcome.error else {}
        log = {"LogResult": base64.b64encode(outcome.log.encode()[-_TAIL:]).decode()} if tail else {}
        return {"StatusCode": 200, "Payload": outcome.payload, "ExecutedVersion": _LATEST, **error, **log}

    def run(self, function: Function, event: Any, *, tail: bool = False) -> Outcome:
        """One invocation in an idle environment, or a new one. The event is copied: a handler may change it."""
        environment = self._take(function)
        started = time.monotonic()
        try:
            outcome = environment.invoke(copy.deepcopy(event), tail=tail)
        finally:
            self._give_back(function, environment)
        self._measure(function, outcome, time.monotonic() - started)
        return outcome

    def _measure(self, function: Function, outcome: Outcome, seconds: float) -> None:
        """AWS/Lambda: every invocation is a data point of each, errors or not. Nothing here throttles."""
        errors = float(outcome.error is not None)
        for name, value in (("Invocations", 1.0), ("Errors", errors), ("Throttles", 0.0)):
            self._metrics.put("AWS/Lambda", name, value, {"FunctionName": function.name})
        self._metrics.put("AWS/Lambda", "Duration", seconds * 1000, {"FunctionName": function.name}, "Milliseconds")

    def _asynchronous(self, function: Function, event: Any, retries: int) -> None:
        outcome = self.run(function, event)
        if outcome.error is None:
            return
        allowed = function.async_config.get("MaximumRetryAttempts", 2)
        if retries < allowed:
            wait = timedelta(seconds=_ASYNC_DELAYS_S[min(retries, 1)])
            self._retries.add(self._clock.now() + wait, (function.name, event, retries + 1))
            return
        queue = function.config.get("DeadLetterConfig", {}).get("TargetArn")
        if queue:
            attributes = {"RequestID": str(uuid.uuid4()), "ErrorCode": "200", "ErrorMessage": outcome.payload.decode()[:1024] or "-"}
            self._clients.role("sqs", function.config["Role"], function.name).send_message(
                QueueUrl=queue_url(queue),
                MessageBody=json.dumps(event),
                MessageAttributes={k: {"DataType": "String", "StringValue": v} for k, v in attributes.items()},
            )

    def _retry(self, waited: Retry) -> None:
        name, event, number = waited
        if name in self._functions:  # nobody waits for one that is gone
            self._asynchronous(self._functions[name], event, number)

    def _take(self, function: Function) -> Environment:
        with function.lock:
            while function.idle:
                environment = function.idle.pop()
                if environment.alive:
                    return environment
        access = self._clients.environment(function.config["Role"], function.name)
        logs = self._clients.role("logs", function.config["Role"], function.name)
        return Environment(function, self._launcher, self._clock, access, logs)

    def _give_back(self, function: Function, environment: Environment) -> None:
        with function.lock:
            current = self._functions.get(function.name) is function and environment.generation == function.generation
            if environment.alive and current:
                function.idle.append(environment)
                return
        environment.close()

    def _retire(self, function: Function) -> None:
        with function.lock:
            idle, function.idle = function.idle, []
            function.generation += 1
        for environment in idle:
            environment.close()

    # helpers

    def function(self, name: str, qualifier: str | None = None) -> Function:
        """By name or ARN, either with a qualifier or without. There are no versions and no aliases. Raises AwsError."""
        short, _, version = name.rsplit(":function:", maxsplit=1)[-1].partition(":")
        version = qualifier or version or _LATEST
        if short not in self._functions or version != _LATEST:
            asked = short if version == _LATEST else f"{short}:{version}"
            raise AwsError("ResourceNotFoundException", f"Function not found: arn:aws:lambda:{REGION}:{ACCOUNT}:function:{asked}", 404)
        return self._functions[short]

    def _check_role(self, role: str) -> None:
        try:
            self._clients.service("iam", "lambda.amazonaws.com").get_role(RoleName=role.rsplit("/", 1)[-1])
        except Exception:
            raise AwsError("InvalidParameterValueException", f"The role {role} does not exist or cannot be assumed by Lambda.") from None

    def _load(self, function: Function, content: bytes) -> None:
        digest = hashlib.sha256(content)
        folder = self._launcher.root / "functions" / function.name / digest.hexdigest()[:16]
        unpack(content, folder)
        function.code, function.code_size = folder, len(content)
        function.code_sha = base64.b64encode(digest.digest()).decode()

    def _described(self, function: Function) -> dict[str, Any]:
        return {
            **function.config,
            "FunctionArn": function.arn,
            "CodeSha256": function.code_sha,
            "CodeSize": function.code_size,
            "Version": _LATEST,
            "State": "Active",
            "LastUpdateStatus": "Successful",
        }
