"""Kills a function's process before or after one of its AWS calls; Lambda then delivers the event again, as it does after a crash."""

import json
from collections import defaultdict
from datetime import timedelta
from typing import Any

import pytest
from support import NAMES, World

from local_aws.lambda_ import service
from local_aws.lambda_.environment import Environment
from local_aws.moto_seam import HttpRequest, HttpResponse, signature

RUNTIMES_OWN = ("logs", "sqs")  # Lambda writes the log and keeps what failed with the function's role
RETRY = timedelta(seconds=61)  # Lambda waits a minute before it delivers again


class Executioner:
    """Stands between the functions' processes and the local AWS."""

    def __init__(self, world: World, patch: pytest.MonkeyPatch) -> None:
        self.world, self._handle, self._principals = world, world.aws.dispatcher.handle, world.aws.principals
        self._processes: dict[str, list[Environment]] = defaultdict(list)
        processes = self._processes

        class Known(Environment):
            def __init__(self, function: Any, *given: Any) -> None:
                super().__init__(function, *given)
                processes[function.name].append(self)

        patch.setattr(service, "Environment", Known)
        patch.setattr(world.aws.dispatcher, "handle", self._watch)
        self._verb, self._at, self.calls = "", (0, ""), 0  # calls: of the newest delivery

    def deliver(self, verb: str, event: dict[str, Any], at: tuple[int, str] = (0, "")) -> bool:
        """Deliver an event until the function has lived through it, dying once at that call; whether it came to that call.

        Raises AssertionError when the function failed for good.
        """
        self._verb, self._at, self.calls = verb, at, 0
        aws, name = self.world.aws, NAMES.function(verb)
        aws.client("lambda").invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps(event))
        aws.settle()
        died = at != (0, "") and self._at == (0, "")
        if died:
            aws.advance(RETRY)
            aws.settle()
        self._verb, self._at = "", (0, "")
        assert not self._kept(), f"{verb} failed: {self._kept()}"
        return died

    def _watch(self, request: HttpRequest) -> HttpResponse:
        key, called = signature(request.headers) if "authorization" in {k.lower() for k in request.headers} else ("", "")
        principal = self._principals.of(key)
        if not self._verb or principal is None or principal.role != NAMES.role(self._verb) or called in RUNTIMES_OWN:
            return self._handle(request)
        self.calls += 1
        if self._at == (self.calls, "before"):
            return self._kill()
        answer = self._handle(request)
        return self._kill() if self._at == (self.calls, "after") else answer

    def _kill(self) -> HttpResponse:
        self._at = (0, "")
        for process in self._processes.pop(NAMES.function(self._verb), []):
            process._child.kill()
        return HttpResponse(503, {}, b"")  # nobody reads it

    def _kept(self) -> list[str]:
        """What was given up on, and is taken out of the queue."""
        sqs = self.world.aws.client("sqs")
        url = sqs.get_queue_url(QueueName=f"{NAMES.prefix}-dead-letters")["QueueUrl"]
        return [m["Body"] for m in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])]
