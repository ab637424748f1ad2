"""Where custom resources put their answers: a URL per request, good for one PUT."""

import json
import secrets
import threading
from collections.abc import Callable
from typing import Any

from local_aws.clock import Clock
from local_aws.moto_seam import HttpResponse

PAGE = "custom-resource"


class Responses:
    """Answers that are waited for. ``door`` gives the loopback URL, once it is open."""

    def __init__(self, clock: Clock, door: Callable[[], str]) -> None:
        self._clock, self._door = clock, door
        self._waiting: dict[str, tuple[threading.Event, dict[str, Any]]] = {}

    def expect(self) -> tuple[str, str]:
        """(token, URL) for one answer."""
        token = secrets.token_urlsafe(24)
        self._waiting[token] = (threading.Event(), {})
        return token, f"{self._door()}/_local_aws/{PAGE}/{token}"

    def wait(self, token: str, seconds: float) -> dict[str, Any] | None:
        """The answer, or None once so many seconds of the clock have passed."""
        arrived, answer = self._waiting[token]
        self._clock.call_later(seconds, arrived.set)
        arrived.wait()
        del self._waiting[token]
        return answer or None

    def page(self, method: str, token: str, body: bytes) -> HttpResponse:
        """The PUT of a custom resource's function."""
        if token not in self._waiting:
            return HttpResponse(403, {"Content-Type": "text/plain"}, b"Request has expired")
        if method != "PUT":
            return HttpResponse(405, {"Content-Type": "text/plain"}, b"a custom resource answers with PUT")
        arrived, answer = self._waiting[token]
        try:
            answer.update(json.loads(body))
        except ValueError as fault:
            answer.update({"Status": "FAILED", "Reason": f"Response object is not valid JSON: {fault}"})
        arrived.set()
        return HttpResponse(200, {}, b"")
