"""Addresses of queues: clients send a queue's requests to the host in its URL, so that has to be ours."""

import re
from collections.abc import Callable

from local_aws.dispatcher import Call, operation
from local_aws.moto_seam import HttpResponse

_AWS = re.compile(rb"https://(?:sqs\.[a-z0-9-]+|[a-z0-9.-]*queue)\.amazonaws\.com")


class QueueUrls:
    """What names a queue names it at the loopback door; ``door`` gives its address."""

    kept: tuple[str, ...] = ()

    def __init__(self, door: Callable[[], str]) -> None:
        self._door = door

    @operation("sqs", "CreateQueue", "GetQueueUrl", "ListQueues")
    def named(self, call: Call) -> HttpResponse:
        answer = call.forward()
        headers = {k: v for k, v in answer.headers.items() if k.lower() != "content-length"}
        return HttpResponse(answer.status, headers, _AWS.sub(self._door().encode(), answer.body))
