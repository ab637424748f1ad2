"""One way in for every call: (service, operation) → ours, else moto; parsed, attributed, journalled."""

import json
import time
import traceback
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from local_aws import actions, moto_seam
from local_aws.clock import Clock
from local_aws.errors import AwsError, Unsupported
from local_aws.journal import Entry, Journal
from local_aws.moto_seam import HttpRequest, HttpResponse, Parsed
from local_aws.principals import Principal, Principals

# services that are ours alone: what we do not implement is refused, never pretended by moto
OURS = frozenset({"sagemaker", "sagemaker-runtime", "cloudformation", "cloudtrail", "cloudwatch", "events", "lambda", "scheduler", "sns"})
# services whose state and behaviour are moto's, with our operations laid over some of theirs
MOTO = frozenset({"s3", "dynamodb", "sqs", "logs", "kms", "iam", "sts", "ssm", "ecr", "glue", "application-autoscaling"})


@dataclass(frozen=True)
class Call:
    """What an operation of ours receives."""

    params: dict[str, Any]
    principal: Principal
    request: HttpRequest
    forward: Callable[[], HttpResponse]


Handler = Callable[[Call], "dict[str, Any] | HttpResponse | None"]
Before = Callable[[Call], None]
After = Callable[[Call, HttpResponse], None]


def operation(service: str, *names: str) -> Callable[[Any], Any]:
    """Mark a method as the implementation of operations of a service."""

    def mark(method: Any) -> Any:
        method.aws_operations = [*getattr(method, "aws_operations", []), *((service, name) for name in names)]
        return method

    return mark


def before(service: str, *names: str) -> Callable[[Any], Any]:
    """Mark a method that may refuse one of these operations before moto carries it out."""

    def mark(method: Any) -> Any:
        method.aws_before = [(service, name) for name in names]
        return method

    return mark


def after(service: str, *names: str) -> Callable[[Any], Any]:
    """Mark a method that runs after moto has carried out one of these operations."""

    def mark(method: Any) -> Any:
        method.aws_after = [(service, name) for name in names]
        return method

    return mark


class Dispatcher:
    """Routes calls. Services register objects whose methods carry `operation`, `before` or `after` marks."""

    def __init__(self, principals: Principals, journal: Journal, clock: Clock) -> None:
        self._principals, self._journal, self._clock = principals, journal, clock
        self._handlers: dict[tuple[str, str], Handler] = {}
        self._before: defaultdict[tuple[str, str], list[Before]] = defaultdict(list)
        self._after: defaultdict[tuple[str, str], list[After]] = defaultdict(list)
        self.services: list[object] = []
        self._watchers: list[Callable[[Parsed, HttpResponse], None]] = []

    def register(self, service: object) -> None:
        """Take up every marked method of an object."""
        self.services.append(service)
        for name in dir(type(service)):
            method = getattr(type(service), name)
            for key in getattr(method, "aws_operations", ()):
                if key in self._handlers:
                    raise ValueError(f"{key} is implemented twice")
                self._handlers[key] = getattr(service, name)
            for key in getattr(method, "aws_before", ()):
                self._before[key].append(getattr(service, name))
            for key in getattr(method, "aws_after", ()):
                self._after[key].append(getattr(service, name))

    def register_all(self, handlers: Mapping[tuple[str, str], Handler]) -> None:
        """Take up operations that are made rather than written: those of a family that differ in names only."""
        self._handlers.update(handlers)

    def watch(self, watcher: Callable[[Parsed, HttpResponse], None]) -> None:
        """Show every answered call to somebody, whoever answered it: tests hold responses against the model."""
        self._watchers.append(watcher)

    def implemented(self) -> frozenset[tuple[str, str]]:
        """The operations that are ours."""
        return frozenset(self._handlers)

    def handle(self, http: HttpRequest) -> HttpResponse:
        """Answer one request. Never raises: a fault of ours becomes InternalFailure, with its trace on stderr."""
        try:
            http = moto_seam.inflated(http)
            parsed = moto_seam.parse(http)
        except AwsError as error:
            return _plain(http, error)
        except Exception as error:
            return _plain(http, AwsError("SerializationException", f"the request cannot be read: {error!r}"))
        key = (parsed.service, parsed.operation.name)
        began = time.perf_counter()
        try:
            principal = self._principal(parsed)
        except AwsError as error:
            return moto_seam.serialize_error(parsed, error)
        try:
            response, fault = self._answer(http, parsed, principal), None
        except AwsError as error:
            response, fault = moto_seam.serialize_error(parsed, error), error.code
        except Exception as error:
            traceback.print_exc()
            answer = AwsError("InternalFailure", f"fault in the local AWS, {key[0]}:{key[1]}: {error!r}", 500)
            response, fault = moto_seam.serialize_error(parsed, answer), answer.code
        for watcher in self._watchers:
            watcher(parsed, response)
        self._record(parsed, principal, response, fault, time.perf_counter() - began)
        return response

    def _principal(self, parsed: Parsed) -> Principal:
        principal = self._principals.of(parsed.access_key)
        if principal is None:
            raise AwsError("UnrecognizedClientException", f"the access key {parsed.access_key} is not one of the local AWS", 403)
        return principal

    def _answer(self, http: HttpRequest, parsed: Parsed, principal: Principal) -> HttpResponse:
        key = (parsed.service, parsed.operation.name)
        call = Call(parsed.params, principal, http, lambda: moto_seam.forward(http, parsed))
        handler = self._handlers.get(key)
        if handler is not None:
            moto_seam.validate_input(parsed)
            result = handler(call)
            return result if isinstance(result, HttpResponse) else moto_seam.serialize(parsed, result)
        if parsed.service not in MOTO:
            raise Unsupported(f"{key[0]}:{key[1]}")
        for check in self._before.get(key, ()):
            check(call)
        response = call.forward()
        if response.status < 300:
            for hook in self._after.get(key, ()):
                hook(call, response)
        return response

    def _record(self, parsed: Parsed, principal: Principal, response: HttpResponse, fault: str | None, seconds: float) -> None:
        name = parsed.operation.name
        error = fault or (None if response.status < 300 else f"HTTP {response.status}")
        self._journal.add(
            Entry(
                time=self._clock.now(),
                principal=principal.arn,
                role=principal.role,
                service=parsed.service,
                operation=name,
                accesses=tuple(actions.needed(parsed.service, name, parsed.params)),
                status=response.status,
                error=error,
                emulated=(parsed.service, name) in self._handlers,
                seconds=seconds,
            )
        )


def _plain(http: HttpRequest, error: AwsError) -> HttpResponse:
    """An answer to a request of which no more is known than that a form is of the query protocol, whose answers are XML."""
    kind = next((v for k, v in http.headers.items() if k.lower() == "content-type"), "")
    if kind.startswith("application/x-www-form-urlencoded"):
        inner = f"<Error><Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message></Error>"
        return HttpResponse(error.status, {"Content-Type": "text/xml"}, f"<ErrorResponse>{inner}</ErrorResponse>".encode())
    headers = {"Content-Type": "application/json", "x-amzn-ErrorType": error.code}
    return HttpResponse(error.status, headers, json.dumps({"__type": error.code, "message": error.message}).encode())
