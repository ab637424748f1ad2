"""A rule and a queue for the time of a run: the events that AWS sends about this environment."""

import json
from typing import Any, Self

from cli.collect import Client
from interfaces.events import SOURCE
from interfaces.names import Names

_SOURCES = ["aws.sagemaker", "aws.glue", "aws.cloudformation", "aws.s3", SOURCE]
_KEPT_S = 4 * 3600


class Listener:
    """Made when it is entered, gone when it is left."""

    def __init__(self, client: Client, names: Names, id: str) -> None:
        self._events, self._sqs = client("events"), client("sqs")
        self._prefix, self._name = names.prefix, f"{names.prefix}-verify-{id}"
        self._queue = ""
        self.heard: list[dict[str, Any]] = []

    def __enter__(self) -> Self:
        self._queue = self._sqs.create_queue(
            QueueName=self._name, Attributes={"SqsManagedSseEnabled": "true", "MessageRetentionPeriod": str(_KEPT_S)}
        )["QueueUrl"]
        try:
            queue = self._sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
            rule = self._events.put_rule(Name=self._name, EventPattern=json.dumps({"source": _SOURCES}))["RuleArn"]
            self._sqs.set_queue_attributes(QueueUrl=self._queue, Attributes={"Policy": json.dumps(_from_rule(queue, rule))})
            self._events.put_targets(Rule=self._name, Targets=[{"Id": "queue", "Arn": queue}])
        except Exception:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._events.remove_targets(Rule=self._name, Ids=["queue"])
            self._events.delete_rule(Name=self._name)
        except self._events.exceptions.ResourceNotFoundException:
            pass  # it was never made
        self._sqs.delete_queue(QueueUrl=self._queue)

    def hear(self) -> None:
        """Take what has arrived; what is of other environments is dropped."""
        while batch := self._sqs.receive_message(QueueUrl=self._queue, MaxNumberOfMessages=10, WaitTimeSeconds=0).get("Messages", []):
            for message in batch:
                if self._prefix in message["Body"]:
                    self.heard.append(json.loads(message["Body"]))
                self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])


def _from_rule(queue: str, rule: str) -> dict[str, Any]:
    """Only this rule may send."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue,
        "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}
