"""The only module that touches moto's internals. moto is pinned; tests/local_aws/test_moto_seam.py holds it to this.

moto contributes three things: state and behaviour of the services that it does well, and, driven by
botocore's models, the parsing of requests and the serialising of responses of every service.
"""

import re
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import moto.core.utils
from botocore.model import OperationModel
from botocore.validate import ParamValidator
from moto import backends
from moto.backend_index import backend_url_patterns
from moto.core.base_backend import BackendDict
from moto.core.errors import COMMON_ERROR_CODES
from moto.core.exceptions import HTTPException
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model
from moto.moto_api._internal.models import moto_api_backend
from werkzeug.exceptions import NotFound

from local_aws.errors import AwsError
from local_aws.principals import ACCOUNT

# services whose client name is not the name they sign with
_SIGNED_AS = {"monitoring": "cloudwatch"}
_AUTHORIZATION = re.compile(r"Credential=(?P<key>[^/]+)/\d+/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")


@dataclass(frozen=True)
class HttpRequest:
    """An HTTP request as it came in, with a URL in AWS's own domain."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class HttpResponse:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Parsed:
    """A request understood: which operation of which service, with which parameters, signed by which key."""

    service: str
    operation: OperationModel
    params: dict[str, Any]
    access_key: str
    protocol: str
    request: Request


_REAL_UTCNOW = moto.core.utils.utcnow
_followed: dict[str, Any] = {}
_lock = threading.RLock()
_validator = ParamValidator()


def reset() -> None:
    """Empty every moto backend: one local AWS per process at a time."""
    with _lock:
        moto_api_backend.reset()


def follow(now: Callable[[], datetime]) -> None:
    """Make moto ask this clock (aware, UTC) wherever it asks its own."""
    original = _REAL_UTCNOW

    def utcnow() -> datetime:
        return now().astimezone(UTC).replace(tzinfo=None)

    moto.core.utils.utcnow = utcnow
    for name, module in list(sys.modules.items()):
        if name.startswith("moto.") and getattr(module, "utcnow", None) in (original, _followed.get("utcnow")):
            module.utcnow = utcnow  # type: ignore[attr-defined]
    _followed["utcnow"] = utcnow


def signature(headers: dict[str, str]) -> tuple[str, str]:
    """(access key, service) from the Authorization header. Raises AwsError for an unsigned request."""
    found = _AUTHORIZATION.search(next((v for k, v in headers.items() if k.lower() == "authorization"), ""))
    if not found:
        raise AwsError("MissingAuthenticationToken", "the request is not signed; set the credentials that the local AWS printed", 403)
    return found["key"], _SIGNED_AS.get(found["service"], found["service"])


def parse(http: HttpRequest) -> Parsed:
    """Identify the operation and read its parameters by botocore's model. Raises AwsError."""
    key, service = signature(http.headers)
    if service == "sagemaker" and "x-amz-target" not in {k.lower() for k in http.headers}:
        service = "sagemaker-runtime"
    request = Request.from_primitives(http.method, http.url, http.headers, http.body)
    try:
        operation, uri = get_service_router(service).match(request)
    except (NotFound, KeyError, NotImplementedError) as error:
        raise AwsError("UnknownOperationException", f"no operation of {service} matches {http.method} {http.url}: {error}", 404) from None
    protocol = determine_request_protocol(operation.service_model, request.content_type)
    params: dict[str, Any] = {}
    if protocol in PROTOCOL_PARSERS:
        parser = PROTOCOL_PARSERS[protocol](operation, map_type=dict)
        params = parser.parse(
            {
                "method": request.method,
                "values": request.values,
                "headers": request.headers,
                "body": http.body,
                "url_path": request.path,
                "url_params": uri,
            }
        )
    return Parsed(service, operation, params, key, protocol, request)


def validate_input(parsed: Parsed) -> None:
    """Check parameters of an operation of ours, as the SDK would have. Raises AwsError."""
    shape = parsed.operation.input_shape
    if shape is not None:
        payload = shape.serialization.get("payload")
        if payload and shape.members[payload].type_name == "blob":
            parsed.params.setdefault(payload, b"")  # an empty body is a body
        report = _validator.validate(parsed.params, shape)
        if report.has_errors():
            raise AwsError("ValidationException", report.generate_report())


def serialize(parsed: Parsed, result: dict[str, Any] | None) -> HttpResponse:
    """A response of ours on the wire. A result that the model does not allow is a fault of ours and raises."""
    result = result or {}
    shape = parsed.operation.output_shape
    if shape is not None:
        report = _validator.validate({k: v for k, v in result.items() if not hasattr(v, "read")}, shape)
        if report.has_errors():
            raise AssertionError(f"our {parsed.service}:{parsed.operation.name} broke its model: {report.generate_report()}")
    return _wire(parsed, result)


def serialize_error(parsed: Parsed, error: AwsError) -> HttpResponse:
    """An error of ours on the wire, in the service's protocol."""
    if error.code not in COMMON_ERROR_CODES:  # moto warns of codes that a service's model does not list
        COMMON_ERROR_CODES.append(error.code)
    response = _wire(parsed, error)
    return HttpResponse(error.status, {**response.headers, "x-amzn-ErrorType": error.code}, response.body)


def _wire(parsed: Parsed, result: Any) -> HttpResponse:
    serializer = get_serializer_class(parsed.operation.service_model.service_name, parsed.protocol)(parsed.operation)
    raw = serializer.serialize(result)
    body = raw["body"]
    headers = {str(k): str(v) for k, v in raw["headers"].items()}
    return HttpResponse(raw["status_code"], headers, body.encode() if isinstance(body, str) else bytes(body or b""))


def forward(http: HttpRequest, parsed: Parsed) -> HttpResponse:
    """Let moto answer."""
    split = urlsplit(http.url)
    clean = f"{split.scheme}://{split.netloc}{split.path}"
    method = _method(parsed.service, clean)
    if method is None:
        raise AwsError("UnknownOperationException", f"moto has no route for {http.method} {clean}", 404)
    request = Request.from_primitives(http.method, http.url, http.headers, http.body)
    with _lock:
        try:
            status, headers, body = method(request, request.raw_url, request.headers)
        except HTTPException as error:
            status, headers, body = error.code, dict(error.get_headers()), error.get_body()
        except NotImplementedError as error:
            raise AwsError(
                "LocalAwsUnsupported", f"moto does not implement {parsed.service}:{parsed.operation.name}: {error}", 501
            ) from None
    return HttpResponse(
        int(status), {str(k): str(v) for k, v in dict(headers).items()}, body.encode() if isinstance(body, str) else bytes(body)
    )


def _method(service: str, url: str) -> Any:
    for name, pattern in backend_url_patterns:
        if pattern.match(url):
            for route, method in _routes(name):
                if route.match(url):
                    return method
    return None


@cache
def _routes(name: str) -> list[tuple[re.Pattern[str], Any]]:
    backend = backends.get_backend(name)
    if isinstance(backend, BackendDict):
        by_region = backend[ACCOUNT]
        backend = by_region["us-east-1" if "us-east-1" in by_region else "aws"]
    else:
        backend = backend["global"]
    return [(re.compile(url), method) for url, method in backend.urls.items()]


def operations(service: str) -> list[str]:
    """All operations of a service in botocore's model."""
    return sorted(get_service_model(service).operation_names)
