"""With `moto_instances` and `moto_backends` the only module that touches moto's internals. moto is pinned; tests hold it to this.

moto contributes three things: state and behaviour of the services that it does well, and, driven by
botocore's models, the parsing of requests and the serialising of responses of every service.
"""

import gzip
import re
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import unquote, urlsplit

import moto
import moto.core.utils
from botocore.exceptions import UnknownServiceError
from botocore.model import OperationModel
from botocore.validate import ParamValidator
from moto import backends
from moto.backend_index import backend_url_patterns
from moto.core.base_backend import BackendDict
from moto.core.config import default_user_config
from moto.core.errors import COMMON_ERROR_CODES
from moto.core.exceptions import HTTPException
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model
from moto.moto_api._internal.models import moto_api_backend
from werkzeug.exceptions import NotFound

from local_aws import moto_instances
from local_aws.errors import AwsError, Unsupported
from local_aws.principals import ACCOUNT

# services whose client name is not the name they sign with
_SIGNED_AS = {"monitoring": "cloudwatch", "servicequotas": "service-quotas"}
_AUTHORIZATION = re.compile(r"Credential=(?P<key>[^/]+)/\d+/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")
_PRESIGNED = re.compile(r"X-Amz-Credential=(?P<key>[^/&]+)/\d+/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")
_PRESIGNED_V2 = re.compile(r"AWSAccessKeyId=(?P<key>[^&]+)")


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


_OF_MANAGED_POLICIES = {
    ("iam", name) for name in ("AttachRolePolicy", "GetPolicy", "GetPolicyVersion", "ListPolicies", "PutRolePermissionsBoundary")
}
_REAL_UTCNOW = moto.core.utils.utcnow
_followed: dict[str, Any] = {}
LOCK = threading.RLock()
_validator = ParamValidator()


def reset() -> None:
    """Empty every moto backend: one local AWS per process at a time."""
    moto_instances.forget()
    with LOCK:
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


def signature(headers: dict[str, str], query: str = "") -> tuple[str, str]:
    """(access key, service) from the Authorization header or a presigned query. Raises AwsError for an unsigned request."""
    found = _AUTHORIZATION.search(next((v for k, v in headers.items() if k.lower() == "authorization"), ""))
    found = found or _PRESIGNED.search(unquote(query))
    if found:
        return found["key"], _SIGNED_AS.get(found["service"], found["service"])
    if old := _PRESIGNED_V2.search(unquote(query)):  # boto3 still presigns S3 like this by default
        return old["key"], "s3"
    if next((v for k, v in headers.items() if k.lower() == "content-type"), "").startswith("multipart/form-data"):
        raise Unsupported("uploads to S3 by a form (generate_presigned_post); generate_presigned_url does")
    raise AwsError("MissingAuthenticationToken", "the request is not signed; set the credentials that the local AWS printed", 403)


def inflated(http: HttpRequest) -> HttpRequest:
    """A request as it was before the SDK compressed it (PutMetricData above 10 KB: botocore's request compression).

    To S3 the encoding is a property of the object, and the body stays as it is. Raises AwsError for a body that is not what it says.
    """
    encoding = next((v for k, v in http.headers.items() if k.lower() == "content-encoding"), "")
    if encoding != "gzip" or signature(http.headers, urlsplit(http.url).query)[1] == "s3":
        return http
    try:
        body = gzip.decompress(http.body)
    except (OSError, EOFError) as error:
        raise AwsError("SerializationException", f"the body is not gzip, as its Content-Encoding says: {error}") from None
    headers = {k: v for k, v in http.headers.items() if k.lower() not in ("content-encoding", "content-length")}
    return HttpRequest(http.method, http.url, {**headers, "Content-Length": str(len(body))}, body)


def parse(http: HttpRequest) -> Parsed:
    """Identify the operation and read its parameters by botocore's model. Raises AwsError."""
    key, service = signature(http.headers, urlsplit(http.url).query)
    if service == "sagemaker" and "x-amz-target" not in {k.lower() for k in http.headers}:
        service = "sagemaker-runtime"
    request = Request.from_primitives(http.method, http.url, http.headers, http.body)
    try:
        operation, uri = get_service_router(service).match(request)
    except UnknownServiceError:  # it signs by another name than its client has, such as states for stepfunctions
        raise Unsupported(f"the service that signs as {service}") from None
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
    response = _wire(parsed, result)
    # which moto's serialisers leave out
    at = [n for n, m in (shape.members if shape else {}).items() if m.serialization.get("location") == "statusCode"]
    return replace(response, status=result.get(at[0], response.status)) if at else response


def serialize_error(parsed: Parsed, error: AwsError) -> HttpResponse:
    """An error of ours on the wire, in the service's protocol."""
    if error.code not in COMMON_ERROR_CODES:  # moto warns of codes that a service's model does not list
        COMMON_ERROR_CODES.append(error.code)
    response = _wire(parsed, error)
    named = "x-amzn-errortype"  # which some of the protocols' serialisers have written already, in other letters
    headers = {k: v for k, v in response.headers.items() if k.lower() != named}
    return HttpResponse(error.status, {**headers, named: error.code}, response.body)


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
    if (parsed.service, parsed.operation.name) in _OF_MANAGED_POLICIES:
        _load_managed_policies()
    with LOCK:
        try:
            status, headers, body = method(request, request.raw_url, request.headers)
        except HTTPException as error:
            status, headers, body = error.code, dict(error.get_headers()), error.get_body()
        except (NotImplementedError, ImportError) as error:  # the latter: what moto needs for it is not installed
            raise AwsError(
                "LocalAwsUnsupported", f"moto does not implement {parsed.service}:{parsed.operation.name}: {error}", 501
            ) from None
    return HttpResponse(
        int(status), {str(k): str(v) for k, v in dict(headers).items()}, body.encode() if isinstance(body, str) else bytes(body)
    )


def _load_managed_policies() -> None:
    """AWS's own policies, read when they are first asked for: they cost a tenth of a second."""
    backend = backends.get_backend("iam")[ACCOUNT]["aws"]
    with LOCK:
        if not backend.aws_managed_policies:
            default_user_config["iam"]["load_aws_managed_policies"] = True
            try:
                backend.aws_managed_policies = backend._init_aws_policies()
            finally:
                default_user_config["iam"]["load_aws_managed_policies"] = False
            backend.managed_policies.update({p.arn: p for p in backend.aws_managed_policies})


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


def members(service: str, operation: str) -> tuple[list[str], list[str]]:
    """Members of an operation's request, and those that it requires, in botocore's model."""
    shape = get_service_model(service).operation_model(operation).input_shape
    return list(shape.members), list(shape.required_members)


def version() -> str:
    """moto's own version."""
    return str(moto.__version__)
