"""The loopback door: the same dispatcher over HTTP on 127.0.0.1, for child processes and clients."""

import threading
from collections.abc import Iterable
from typing import Any

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from local_aws import moto_seam
from local_aws.clients import _HOST
from local_aws.dispatcher import Dispatcher
from local_aws.errors import AwsError
from local_aws.moto_seam import HttpRequest, HttpResponse
from local_aws.principals import REGION

HOST = "127.0.0.1"


class _Quiet(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, code: Any = "-", size: Any = "-") -> None:
        """The journal says more."""


class Door:
    """A threaded HTTP server in front of the dispatcher."""

    def __init__(self, dispatcher: Dispatcher, port: int = 0) -> None:
        self._dispatcher = dispatcher
        self._server: BaseWSGIServer = make_server(HOST, port, self._app, threaded=True, request_handler=_Quiet)
        self._thread = threading.Thread(target=self._server.serve_forever, name="door", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    def _app(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        try:
            answer = self._dispatcher.handle(_request(environ))
        except AwsError as error:
            answer = HttpResponse(error.status, {"Content-Type": "text/plain"}, str(error).encode())
        headers = [
            (k, v) for k, v in answer.headers.items() if k.lower() not in ("connection", "transfer-encoding", "content-length", "status")
        ]
        body = b"" if environ["REQUEST_METHOD"] == "HEAD" else answer.body
        length = next((v for k, v in answer.headers.items() if k.lower() == "content-length"), str(len(answer.body)))
        headers.append(("Content-Length", length if environ["REQUEST_METHOD"] == "HEAD" else str(len(body))))
        start_response(f"{answer.status} .", headers)
        return [body]


def _request(environ: dict[str, Any]) -> HttpRequest:
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked":
        body = environ["wsgi.input"].read()
    else:
        body = environ["wsgi.input"].read(length) if length else b""
    headers = {_header(k): str(v) for k, v in environ.items() if k.startswith("HTTP_") or k in ("CONTENT_TYPE", "CONTENT_LENGTH")}
    _, service = moto_seam.signature(headers)
    host = f"{_HOST.get(service, service)}.{REGION}.amazonaws.com"
    headers["Host"] = host
    # the path exactly as it was sent: S3 keys may hold encoded slashes
    path = environ.get("RAW_URI") or environ.get("REQUEST_URI") or environ["PATH_INFO"]
    if service == "sagemaker" and not any(k.lower() == "x-amz-target" for k in headers):
        host = f"runtime.sagemaker.{REGION}.amazonaws.com"
    return HttpRequest(environ["REQUEST_METHOD"], f"https://{host}{path}", headers, body)


def _header(name: str) -> str:
    return name.removeprefix("HTTP_").replace("_", "-").title()
