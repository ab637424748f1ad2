"""A variant's container: the image's serving stand-in in its sandbox, reached over a Unix socket."""

import http.client
import socket
import tarfile
import tempfile
import threading
import time
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from local_aws.images.registry import container_image
from local_aws.launcher.launcher import Child, Spec
from local_aws.log_writer import LogWriter
from local_aws.principals import REGION
from local_aws.sagemaker.jobs import World
from local_aws.sagemaker.models import Container
from local_aws.sagemaker.transfer import split

START_LIMIT_S = 60.0
TIME_HEADER = "X-Local-Aws-Time"
INVOKE_LIMIT_S = 60.0  # a model has 60 seconds to answer (InvokeEndpoint)


class StartFailed(Exception):
    """The container did not become healthy; the message is the endpoint's FailureReason."""


@dataclass(frozen=True)
class Answer:
    """The container's response."""

    status: int
    body: bytes
    content_type: str
    headers: dict[str, str]


class Server:
    """One running container."""

    def __init__(
        self, world: World, container: Container, role: str, endpoint: str, variant: str, *, isolated: bool, log: LogWriter | None = None
    ) -> None:
        self.log = log or LogWriter(
            world.clients.role("logs", role, endpoint[:64]),
            world.clock,
            f"/aws/sagemaker/Endpoints/{endpoint}",
            f"{variant}/{time.time_ns():x}",
        )
        self._variant, self._clock = variant, world.clock
        self._started_at = world.clock.offset
        work = Path(tempfile.mkdtemp(dir=world.launcher.root, prefix="ep-"))
        self.socket = str(work / "s")
        self._idle: list[_UnixConnection] = []
        self._lock = threading.Lock()
        root = work / "ml"
        self._fetch(world.clients.role("s3", role, endpoint[:64]), container.model_data, root / "model")
        entry = container_image(container.image)
        argument = {"root": "/opt/ml", "site": str(work / "site"), "socket": self.socket}
        env = {"AWS_REGION": REGION, **container.environment}
        if not isolated:
            env |= world.clients.environment(role, endpoint[:64])
        spec = Spec(
            "function",
            env,
            "/",
            file=entry.serving,
            function="start",
            argument=argument,
            mounts=[(str(root), "/opt/ml")],
            isolated=isolated,
        )
        self._child: Child = world.launcher.start(entry.image, spec, self.log.line)
        self._await_ping()

    @property
    def running(self) -> bool:
        return self._child.running

    def invoke(self, body: bytes, content_type: str, accept: str, extra: dict[str, str]) -> Answer:
        """POST /invocations. Raises OSError when the container is gone."""
        headers = {"Content-Type": content_type, "Accept": accept, **extra}
        if self._clock.offset != self._started_at:  # time has moved since, and the container sees it as well
            headers[TIME_HEADER] = repr(self._clock.timestamp())
        return self._request("POST", "/invocations", body, headers)

    def close(self) -> None:
        self._child.kill()
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()
        self.log.close()

    def _await_ping(self) -> None:
        end = time.monotonic() + START_LIMIT_S
        reason = (
            f"The primary container for production variant {self._variant} did not pass the ping health check. "
            "Please check CloudWatch logs for this endpoint."
        )
        while time.monotonic() < end:
            if not self._child.running:
                break
            try:
                if self._request("GET", "/ping", b"", {}).status == http.client.OK:
                    return
            except (OSError, http.client.HTTPException):
                time.sleep(0.02)
        self.close()
        raise StartFailed(reason)

    def _request(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        for attempt in (1, 2):
            with self._lock:
                connection = self._idle.pop() if self._idle else _UnixConnection(self.socket, INVOKE_LIMIT_S)
            try:
                connection.request(method, path, body, headers)
                response = connection.getresponse()
                content = response.read()
            except (OSError, http.client.HTTPException):
                connection.close()
                if attempt == 2 or not self._child.running:  # a kept-alive connection may have been closed in between
                    raise
                continue
            with self._lock:
                self._idle.append(connection)
            return Answer(response.status, content, response.headers.get("Content-Type", ""), dict(response.headers))
        raise AssertionError("unreachable")

    @staticmethod
    def _fetch(s3: Any, uri: str, folder: Path) -> None:
        bucket, key = split(uri)
        folder.mkdir(parents=True)
        try:
            content = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        except Exception:
            raise StartFailed(
                f"Failed to download model data from {uri}. Please ensure that the object exists and the role may read it."
            ) from None
        try:
            with tarfile.open(fileobj=BytesIO(content)) as archive:
                archive.extractall(folder, filter="data")
        except (tarfile.TarError, EOFError, OSError) as error:
            raise StartFailed(f"Failed to extract model data archive {uri}: {error}") from None


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        try:
            self.sock.connect(self._path)
        except OSError:
            self.sock.close()
            raise
