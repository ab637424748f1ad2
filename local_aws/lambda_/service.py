"""Lambda: functions whose built asset really runs, invoked synchronously or with AWS's asynchronous retries."""

import base64
import copy
import hashlib
import json
import threading
import time
import uuid
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from local_aws.background import Background
from local_aws.clients import Clients
from local_aws.clock import Clock
from local_aws.cloudwatch.store import MetricStore
from local_aws.dispatcher import Call, after, operation
from local_aws.errors import AwsError, Unsupported, validation
from local_aws.events.service import queue_url
from local_aws.lambda_.environment import Environment, Function, Outcome, unpack
from local_aws.launcher.launcher import Launcher
from local_aws.moto_seam import HttpResponse
from local_aws.principals import ACCOUNT, REGION

_ASYNC_DELAYS_S = (60.0, 120.0)  # Lambda waits one minute, then two, before its retries
_CONFIGURED = (
    "FunctionName", "Role", "Handler", "Runtime", "Timeout", "MemorySize", "Description", "Environment", "Architectures",
    "DeadLetterConfig", "TracingConfig", "LoggingConfig", "PackageType",
)  # fmt: skip


class Lambda:
    """Functions, asynchronous invocation and SQS event sources."""

    kept = ("_functions", "_mappings")

    def __init__(self, clients: Clients, clock: Clock, background: Background, launcher: Launcher, metrics: MetricStore) -> None:
        self._clients, self._clock, self._metrics = clients, clock, metrics
        self._background, self._launcher = background, launcher
        self._functions: dict[str, Function] = {}
        self._mappings: dict[str, dict[str, Any]] = {}
        self._lock = threading.Lock()

    def resume(self) -> None:
        """After a restore: ask the queues again."""
        for mapping in list(self._mappings.values()):
            self._background.submit(partial(self._poll, mapping))

    def close(self) -> None:
        for function in self._functions.values():
            self._retire(function)

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
        content = self._package(params["Code"])
        config = {k: params[k] for k in _CONFIGURED if k in params}
        config = {"Timeout": 3, "MemorySize": 128, "Description": "", **config}
        function = Function(name, f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}", config, Path(), "", 0)
        self._load(function, content)
        self._functions[name] = function
        return self._described(function)

    @operation("lambda", "UpdateFunctionCode")
    def update_code(self, call: Call) -> dict[str, Any]:
        function = self._function(call.params["FunctionName"])
        self._load(function, self._package(call.params))
        self._retire(function)
        return self._described(function)

    @operation("lambda", "UpdateFunctionConfiguration")
    def update_configuration(self, call: Call) -> dict[str, Any]:
        function = self._function(call.params["FunctionName"])
        function.config.update({k: v for k, v in call.params.items() if k in _CONFIGURED and k != "FunctionName"})
        self._retire(function)
        return self._described(function)

    @operation("lambda", "GetFunction")
    def get(self, call: Call) -> dict[str, Any]:
        function = self._function(call.params["FunctionName"])
        return {"Configuration": self._described(function), "Code": {"RepositoryType": "S3"}}

    @operation("lambda", "GetFunctionConfiguration")
    def get_configuration(self, call: Call) -> dict[str, Any]:
        return self._described(self._function(call.params["FunctionName"]))

    @operation("lambda", "ListFunctions")
    def list(self, _: Call) -> dict[str, Any]:
        return {"Functions": [self._described(f) for _, f in sorted(self._functions.items())]}

    @operation("lambda", "DeleteFunction")
    def delete(self, call: Call) -> dict[str, Any]:
        function = self._function(call.params["FunctionName"])
        self._retire(function)
        del self._functions[function.name]
        return {}

    @operation("lambda", "AddPermission")
    def add_permission(self, call: Call) -> dict[str, Any]:
        params = call.params
        function = self._function(params["FunctionName"])
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
        function = self._function(call.params["FunctionName"])
        function.policy = [s for s in function.policy if s["Sid"] != call.params["StatementId"]]

    @operation("lambda", "GetPolicy")
    def get_policy(self, call: Call) -> dict[str, Any]:
        function = self._function(call.params["FunctionName"])
        return {"Policy": json.dumps({"Version": "2012-10-17", "Statement": function.policy})}

    @operation("lambda", "PutFunctionEventInvokeConfig", "UpdateFunctionEventInvokeConfig")
    def put_async_config(self, call: Call) -> dict[str, Any]:
        function = self._function(call.params["FunctionName"])
        function.async_config = {k: v for k, v in call.params.items() if k not in ("FunctionName", "Qualifier")}
        return {"FunctionArn": f"{function.arn}:$LATEST", **function.async_config}

    @operation("lambda", "DeleteFunctionEventInvokeConfig")
    def delete_async_config(self, call: Call) -> None:
        self._function(call.params["FunctionName"]).async_config = {}

    @operation("lambda", "TagResource", "UntagResource")
    def tag(self, call: Call) -> None:
        """Tags of functions are accepted and not kept."""

    # invocation

    @operation("lambda", "Invoke")
    def invoke(self, call: Call) -> dict[str, Any]:
        function = self._function(call.params["FunctionName"])
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
        outcome = self.run(function, event)
        error = {"FunctionError": outcome.error} if outcome.error else {}
        return {"StatusCode": 200, "Payload": outcome.payload, "ExecutedVersion": "$LATEST", **error}

    def run(self, function: Function, event: Any) -> Outcome:
        """One invocation in an idle environment, or a new one. The event is copied: a handler may change it."""
        environment = self._take(function)
        started = time.monotonic()
        try:
            outcome = environment.invoke(copy.deepcopy(event))
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
            again = lambda: self._background.submit(lambda: self._asynchronous(function, event, retries + 1))  # noqa: E731
            self._clock.call_later(_ASYNC_DELAYS_S[min(retries, 1)], again)
            return
        queue = function.config.get("DeadLetterConfig", {}).get("TargetArn")
        if queue:
            attributes = {"RequestID": str(uuid.uuid4()), "ErrorCode": "200", "ErrorMessage": outcome.payload.decode()[:1024] or "-"}
            self._clients.role("sqs", function.config["Role"], function.name).send_message(
                QueueUrl=queue_url(queue),
                MessageBody=json.dumps(event),
                MessageAttributes={k: {"DataType": "String", "StringValue": v} for k, v in attributes.items()},
            )

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

    # SQS event sources

    @operation("lambda", "CreateEventSourceMapping")
    def create_mapping(self, call: Call) -> dict[str, Any]:
        source = call.params["EventSourceArn"]
        if source.split(":")[2] != "sqs":
            raise Unsupported(f"an event source {source} (it does SQS)")
        function = self._function(call.params["FunctionName"])
        mapping = {
            "UUID": str(uuid.uuid4()),
            "EventSourceArn": source,
            "FunctionArn": function.arn,
            "BatchSize": call.params.get("BatchSize", 10),
            "State": "Enabled",
        }
        self._mappings[mapping["UUID"]] = mapping
        self._background.submit(lambda: self._poll(mapping))
        return dict(mapping)

    @operation("lambda", "DeleteEventSourceMapping")
    def delete_mapping(self, call: Call) -> dict[str, Any]:
        mapping = self._mappings.pop(call.params["UUID"], None)
        if mapping is None:
            raise AwsError("ResourceNotFoundException", "The resource you requested does not exist.", 404)
        return {**mapping, "State": "Deleting"}

    @after("sqs", "SendMessage", "SendMessageBatch")
    def message_sent(self, call: Call, _: HttpResponse) -> None:
        name = call.params["QueueUrl"].rsplit("/", 1)[-1]
        for mapping in list(self._mappings.values()):
            if mapping["EventSourceArn"].endswith(f":{name}"):
                self._background.submit(lambda m=mapping: self._poll(m))  # type: ignore[misc]

    def _poll(self, mapping: dict[str, Any]) -> None:
        if mapping["UUID"] not in self._mappings:
            return
        function = self._function(mapping["FunctionArn"])
        sqs = self._clients.role("sqs", function.config["Role"], function.name)
        url = queue_url(mapping["EventSourceArn"])
        while True:
            answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=min(10, mapping["BatchSize"]), AttributeNames=["All"])
            messages = answer.get("Messages", [])
            if not messages:
                return
            outcome = self.run(function, {"Records": [_sqs_record(m, mapping["EventSourceArn"]) for m in messages]})
            if outcome.error is not None:  # the messages come back after the visibility timeout
                wait = float(
                    sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]["VisibilityTimeout"]
                )
                self._clock.call_later(wait, partial(self._background.submit, partial(self._poll_again, mapping, messages)))
                return
            for message in messages:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    def _poll_again(self, mapping: dict[str, Any], messages: Sequence[dict[str, Any]]) -> None:
        """The visibility timeout is over on the simulated clock; the queue itself goes by real time."""
        sqs = self._clients.service("sqs", "lambda.amazonaws.com")
        for message in messages:
            try:
                sqs.change_message_visibility(
                    QueueUrl=queue_url(mapping["EventSourceArn"]), ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
                )
            except ClientError:
                pass  # visible already, or gone
        self._poll(mapping)

    # helpers

    def _function(self, name: str) -> Function:
        short = name.rsplit(":function:", maxsplit=1)[-1].split(":", maxsplit=1)[0]
        if short not in self._functions:
            raise AwsError("ResourceNotFoundException", f"Function not found: arn:aws:lambda:{REGION}:{ACCOUNT}:function:{short}", 404)
        return self._functions[short]

    def _check_role(self, role: str) -> None:
        try:
            self._clients.service("iam", "lambda.amazonaws.com").get_role(RoleName=role.rsplit("/", 1)[-1])
        except Exception:
            raise AwsError("InvalidParameterValueException", f"The role {role} does not exist or cannot be assumed by Lambda.") from None

    def _package(self, code: dict[str, Any]) -> bytes:
        if "ZipFile" in code:
            return bytes(code["ZipFile"])
        if "S3Bucket" not in code:
            raise validation("Please provide a source for function code.")
        s3 = self._clients.service("s3", "lambda.amazonaws.com")
        try:
            return bytes(s3.get_object(Bucket=code["S3Bucket"], Key=code["S3Key"])["Body"].read())
        except Exception as error:
            raise AwsError(
                "InvalidParameterValueException", f"Error occurred while GetObject. s3://{code['S3Bucket']}/{code['S3Key']}: {error}"
            ) from None

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
            "Version": "$LATEST",
            "State": "Active",
            "LastUpdateStatus": "Successful",
        }


def _sqs_record(message: dict[str, Any], source: str) -> dict[str, Any]:
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes", {}),
        "messageAttributes": {},
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": source,
        "awsRegion": REGION,
    }
