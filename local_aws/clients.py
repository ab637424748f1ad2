"""boto3 clients that reach the dispatcher without a socket, each with the credentials of its principal."""

import threading
from collections import OrderedDict
from io import BytesIO
from typing import Any

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config

from local_aws.dispatcher import Dispatcher
from local_aws.moto_seam import HttpRequest
from local_aws.principals import ADMIN_CREDENTIALS, REGION, Credentials, Principals

_CONFIG = Config(
    region_name=REGION,
    retries={"total_max_attempts": 1},
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
    s3={"addressing_style": "path"},
    parameter_validation=True,
)
# half a megabyte each: enough for every service's and function's own
_MOST = 100


class _Raw(BytesIO):
    """The response stream that botocore expects of urllib3."""

    def stream(self, amt: int = 65536, **_: Any) -> Any:
        while chunk := self.read(amt):
            yield chunk


class Clients:
    """Makes clients, one per service and set of credentials, and keeps those used last: a job's are not used again."""

    def __init__(self, dispatcher: Dispatcher, principals: Principals) -> None:
        self._dispatcher, self._principals = dispatcher, principals
        self._made: OrderedDict[tuple[str, str], Any] = OrderedDict()
        self._lock = threading.Lock()
        self._session = boto3.Session(region_name=REGION)
        self.door = ""  # the loopback URL, once it is open

    def admin(self, service: str) -> Any:
        return self._client(service, ADMIN_CREDENTIALS)

    def role(self, service: str, role_arn: str, session: str = "local") -> Any:
        """A client that acts as a role."""
        return self._client(service, self._principals.assume(role_arn, session))

    def service(self, service: str, principal: str) -> Any:
        """A client that acts as an AWS service, such as ``events.amazonaws.com``."""
        return self._client(service, self._principals.service(principal))

    def environment(self, role_arn: str, session: str) -> dict[str, str]:
        """What a child process needs to call the local AWS as a role."""
        return {
            **self._principals.assume(role_arn, session).environment(),
            "AWS_ENDPOINT_URL": self.door,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REQUEST_CHECKSUM_CALCULATION": "when_required",
            "AWS_RESPONSE_CHECKSUM_VALIDATION": "when_required",
        }

    def _client(self, service: str, credentials: Credentials) -> Any:
        key = (service, credentials.access_key)
        with self._lock:
            if key not in self._made:
                client = self._session.client(
                    service,
                    aws_access_key_id=credentials.access_key,
                    aws_secret_access_key=credentials.secret_key,
                    aws_session_token=credentials.session_token or None,
                    endpoint_url=f"https://{_HOST.get(service, service)}.{REGION}.amazonaws.com",
                    config=_CONFIG,
                )
                client.meta.events.register_first("before-send", self._send)
                self._made[key] = client
                if len(self._made) > _MOST:
                    self._made.popitem(last=False)
            self._made.move_to_end(key)
            return self._made[key]

    def _send(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        body: Any = request.body
        if hasattr(body, "read"):
            body = body.read()
        if isinstance(body, str):
            body = body.encode()
        headers = {k: v.decode() if isinstance(v, bytes) else v for k, v in request.headers.items()}
        answer = self._dispatcher.handle(HttpRequest(request.method, request.url, headers, bytes(body or b"")))
        return AWSResponse(request.url, answer.status, _Headers(answer.headers), _Raw(answer.body))


class _Headers(dict[str, str]):
    """Response headers, looked up whatever the case."""

    def __init__(self, headers: dict[str, str]) -> None:
        super().__init__({k.lower(): v for k, v in headers.items()})

    def get(self, key: str, default: Any = None) -> Any:
        return super().get(key.lower(), default)

    def __getitem__(self, key: str) -> str:
        return super().__getitem__(key.lower())

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and super().__contains__(key.lower())


_HOST = {
    "cloudwatch": "monitoring",
    "service-quotas": "servicequotas",
    "sagemaker": "api.sagemaker",
    "sagemaker-runtime": "runtime.sagemaker",
}
