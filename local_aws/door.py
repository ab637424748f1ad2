"""The loopback door: the same dispatcher over HTTP on 127.0.0.1, for child processes and clients.

The standard library's threaded server, with connections that stay open: measured faster than what it replaced, and
enough (docs/benchmarks.md).
"""

import re
import threading
from collections.abc import Callable, Mapping
from email.utils import formatdate
from http.client import responses
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

from local_aws import moto_seam
from local_aws.clients import _HOST
from local_aws.dispatcher import Dispatcher
from local_aws.errors import AwsError, LocalAwsError
from local_aws.moto_seam import HttpRequest, HttpResponse
from local_aws.principals import REGION

HOST = "127.0.0.1"
PAGES = "/_local_aws/"
Page = Callable[[str, str, bytes], HttpResponse]  # method, rest of the path, body
_VIRTUAL = re.compile(
    r"(?P<bucket>[a-z0-9][a-z0-9.-]+?)(?:\.s3(?:[.-][a-z]+-[a-z]+-\d)?)?\.(?:127\.0\.0\.1|localhost|s3(?:[.-][a-z0-9-]+)?\.amazonaws\.com)"
)
# of a single hop, or written by the server itself
_NOT_PASSED_ON = ("connection", "transfer-encoding", "content-length", "status", "date", "server")


class Door:
    """A threaded HTTP server in front of the dispatcher. ``pages`` answer what is under ``/_local_aws/`` without a signature."""

    def __init__(self, dispatcher: Dispatcher, port: int = 0, pages: Mapping[str, Page] | None = None) -> None:
        self._dispatcher, self._pages = dispatcher, pages or {}
        try:
            self._server = _Server((HOST, port), self.answer)
        except OSError as error:
            raise LocalAwsError(f"port {port} of {HOST} cannot be used ({error}); choose another one, or 0 for any") from None
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, name="door", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> HttpResponse:
        """The answer to one request, whatever it is."""
        parts = urlsplit(target)
        if parts.path.startswith(PAGES):
            return self._page(method, unquote(parts.path.removeprefix(PAGES)), body)
        try:
            return self._dispatcher.handle(_request(method, target, headers, body))
        except AwsError as error:
            return HttpResponse(error.status, {"Content-Type": "text/plain"}, str(error).encode())

    def _page(self, method: str, path: str, body: bytes) -> HttpResponse:
        name, _, rest = path.partition("/")
        if name not in self._pages:
            return HttpResponse(404, {"Content-Type": "text/plain"}, f"no page {name}; there is: {', '.join(sorted(self._pages))}".encode())
        return self._pages[name](method, rest, body)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], answer: Callable[[str, str, dict[str, str], bytes], HttpResponse]) -> None:
        self.answer = answer
        super().__init__(address, _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is not our concern; faults of ours are answered and printed by the dispatcher."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60
    server: _Server

    def handle_one_request(self) -> None:
        """As the base class does it, for every method alike."""
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        headers = {name.title(): value for name, value in self.headers.items()}
        answer = self.server.answer(self.command, self.path, headers, self._body())
        self.wfile.write(_wire(answer, head_only=self.command == "HEAD"))

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        while self.rfile.readline() not in (b"\r\n", b"\n", b""):
            pass  # trailers
        return b"".join(parts)

    def log_message(self, *_: object) -> None:
        """The journal says more."""


def _wire(answer: HttpResponse, *, head_only: bool) -> bytes:
    """Status line, headers and body in one piece: a header alone would wait for the client's acknowledgement."""
    reason = responses.get(answer.status, "-")
    lines = [f"HTTP/1.1 {answer.status} {reason}", f"Date: {formatdate(usegmt=True)}"]
    lines += [f"{k}: {v}" for k, v in answer.headers.items() if k.lower() not in _NOT_PASSED_ON]
    if answer.status not in (204, 304):
        given = next((v for k, v in answer.headers.items() if k.lower() == "content-length"), None) if head_only else None
        lines.append(f"Content-Length: {given or len(answer.body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace") + (b"" if head_only else answer.body)


def _request(method: str, target: str, headers: dict[str, str], body: bytes) -> HttpRequest:
    """The request as AWS's own host would have received it. Raises AwsError for an unsigned one."""
    path, _, query = target.partition("?")  # exactly as it was sent: S3 keys may hold encoded slashes
    _, service = moto_seam.signature(headers, query)
    if service == "s3" and (bucket := virtual_bucket(headers.get("Host", ""))):
        path = f"/{bucket}{path}"
    host = f"{_HOST.get(service, service)}.{REGION}.amazonaws.com"
    if service == "sagemaker" and "X-Amz-Target" not in headers:
        host = f"runtime.sagemaker.{REGION}.amazonaws.com"
    return HttpRequest(method, f"https://{host}{path}{'?' + query if query else ''}", {**headers, "Host": host}, body)


def virtual_bucket(host: str) -> str | None:
    """The bucket in a virtual-host-style Host header (``bucket.localhost:4566``, ``bucket.s3.us-east-1.localhost``), if there is one."""
    found = _VIRTUAL.fullmatch(host.split(":", maxsplit=1)[0])
    return found["bucket"] if found else None
