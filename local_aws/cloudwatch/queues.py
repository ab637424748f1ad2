"""ApproximateNumberOfMessagesVisible of SQS queues, sampled as long as a queue is active."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from local_aws.clients import Clients
from local_aws.clock import Clock
from local_aws.cloudwatch.store import MetricStore
from local_aws.dispatcher import Call, after
from local_aws.moto_seam import HttpResponse

EVERY = timedelta(minutes=5)
ACTIVE = timedelta(hours=6)  # docs: a queue is active for up to six hours after its last activity
_VISIBLE = "ApproximateNumberOfMessages"


class Queues:
    """Samples at once after each activity, then every five minutes while messages wait: an empty queue stays so until the next."""

    kept = ("_until",)

    def __init__(self, store: MetricStore, clients: Clients, clock: Clock) -> None:
        self._store, self._clients, self._clock = store, clients, clock
        self._until: dict[str, datetime] = {}
        self._planned: set[str] = set()

    @after("sqs", "SendMessage", "SendMessageBatch", "ReceiveMessage", "DeleteMessage", "DeleteMessageBatch", "PurgeQueue")
    def active(self, call: Call, _: HttpResponse) -> None:
        url = call.params["QueueUrl"]
        self._until[url] = self._clock.now() + ACTIVE
        if self._sample(url):
            self._plan(url)

    def resume(self) -> None:
        """After a restore: what waits goes on being sampled."""
        for url in self._until:
            self._plan(url)

    def _plan(self, url: str) -> None:
        if url not in self._planned and self._clock.now() < self._until[url]:
            self._planned.add(url)
            self._clock.call_later(EVERY.total_seconds(), partial(self._again, url))

    def _again(self, url: str) -> None:
        self._planned.discard(url)
        if self._sample(url):
            self._plan(url)

    def _sample(self, url: str) -> bool:
        """Whether messages wait; an empty queue, or one that is gone, is not sampled again by itself."""
        sqs: Any = self._clients.service("sqs", "sqs.amazonaws.com")
        try:
            attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[_VISIBLE])["Attributes"]
        except sqs.exceptions.ClientError:
            return False
        name = url.rsplit("/", 1)[-1]
        self._store.put("AWS/SQS", f"{_VISIBLE}Visible", float(attributes[_VISIBLE]), {"QueueName": name})
        return bool(attributes[_VISIBLE] != "0")
