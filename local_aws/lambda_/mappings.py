"""Event source mappings: queues whose messages a function is invoked with."""

import uuid
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from local_aws.background import Background
from local_aws.clients import Clients
from local_aws.clock import Clock
from local_aws.dispatcher import Call, after, operation
from local_aws.errors import AwsError, Unsupported
from local_aws.events.service import queue_url
from local_aws.lambda_.service import Lambda
from local_aws.moto_seam import HttpResponse
from local_aws.principals import REGION
from local_aws.waiting import Waiting

Failed = tuple[dict[str, Any], list[dict[str, Any]]]  # a mapping, and the messages that its function has failed on


class EventSourceMappings:
    """SQS event sources: asked when a message is sent, and again when one comes back."""

    kept = ("_mappings", "returning")

    def __init__(self, functions: Lambda, clients: Clients, clock: Clock, background: Background) -> None:
        self._lambda, self._clients, self._clock, self._background = functions, clients, clock, background
        self._mappings: dict[str, dict[str, Any]] = {}
        self._returning: Waiting[Failed] = Waiting(clock, background, self._poll_again)

    @property
    def returning(self) -> list[tuple[datetime, Failed]]:
        """Messages that a function has failed on, until their visibility timeout is over."""
        return self._returning.held

    @returning.setter
    def returning(self, held: list[tuple[datetime, Failed]]) -> None:
        self._returning.held = held

    def resume(self) -> None:
        """After a restore: ask the queues again."""
        for mapping in list(self._mappings.values()):
            self._background.submit(partial(self._poll, mapping))
        self._returning.resume()

    @operation("lambda", "CreateEventSourceMapping")
    def create(self, call: Call) -> dict[str, Any]:
        source = call.params["EventSourceArn"]
        if source.split(":")[2] != "sqs":
            raise Unsupported(f"an event source {source} (it does SQS)")
        function = self._lambda.function(call.params["FunctionName"])
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
    def delete(self, call: Call) -> dict[str, Any]:
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
        function = self._lambda.function(mapping["FunctionArn"])
        sqs = self._clients.role("sqs", function.config["Role"], function.name)
        url = queue_url(mapping["EventSourceArn"])
        while True:
            answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=min(10, mapping["BatchSize"]), AttributeNames=["All"])
            messages = answer.get("Messages", [])
            if not messages:
                return
            outcome = self._lambda.run(function, {"Records": [_sqs_record(m, mapping["EventSourceArn"]) for m in messages]})
            if outcome.error is not None:  # the messages come back after the visibility timeout
                wait = float(
                    sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]["VisibilityTimeout"]
                )
                self._returning.add(self._clock.now() + timedelta(seconds=wait), (mapping, messages))
                return
            for message in messages:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    def _poll_again(self, failed: Failed) -> None:
        """The visibility timeout is over on the simulated clock; the queue itself goes by real time."""
        mapping, messages = failed
        sqs = self._clients.service("sqs", "lambda.amazonaws.com")
        for message in messages:
            try:
                sqs.change_message_visibility(
                    QueueUrl=queue_url(mapping["EventSourceArn"]), ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0
                )
            except ClientError:
                pass  # visible already, or gone
        self._poll(mapping)


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
