"""The local AWS as a server: readiness, structured logs, saved state, an orderly end."""

import ctypes
import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from local_aws import state
from local_aws.aws import LocalAws
from local_aws.journal import Entry
from local_aws.moto_seam import HttpResponse

READY_PATH = "/_local_aws/ready"
_KEEP = 200  # of each kind of what has ended, of calls and of events: memory stays flat (docs/local-server.md)
_M_ARENA_MAX = -8  # malloc.h


def serve(port: int, folder: Path | None, log: IO[str] | None, ready: Callable[[LocalAws], None], stop: threading.Event) -> None:
    """Run until ``stop`` is set. ``ready`` is called once requests are answered. Raises LocalAwsError."""
    _one_arena()
    lines = Lines(log)
    with LocalAws(port, keep=_KEEP) as aws:
        lost = state.restore(aws, folder) if folder else None
        aws.page("ready", lambda method, rest, body: _ready(aws))
        aws.journal.listen(lambda entry: lines.call(aws, entry))
        aws.warm()
        lines.write(aws, "ready", url=aws.url, restored=lost is not None, lost=lost or None, state=str(folder) if folder else None)
        ready(aws)
        stop.wait()
        lines.write(aws, "stopping")
        if folder:
            stopped = state.save(aws, folder)
            lines.write(aws, "saved", state=str(folder), stopped=stopped)
    lines.write(aws, "stopped")


def _one_arena() -> None:
    """glibc gives each of many threads an arena of its own, which together grow by pieces that nobody uses.

    Threads that share an interpreter's lock lose nothing by sharing one.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # other C libraries have none
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, 1)


def _ready(aws: LocalAws) -> HttpResponse:
    body = {"status": "ready", "pid": os.getpid(), "time": aws.clock.now().isoformat(), "active": aws.background.active}
    return HttpResponse(200, {"Content-Type": "application/json"}, json.dumps(body).encode())


class Lines:
    """JSON Lines: one per call, and one per turn in the server's life."""

    def __init__(self, out: IO[str] | None) -> None:
        self._out = out
        self._lock = threading.Lock()

    def call(self, aws: LocalAws, entry: Entry) -> None:
        self.write(
            aws,
            "call",
            principal=entry.principal,
            service=entry.service,
            operation=entry.operation,
            status=entry.status,
            milliseconds=round(entry.seconds * 1000, 1),
            error=entry.error,
        )

    def write(self, aws: LocalAws, event: str, **fields: Any) -> None:
        if self._out is None:
            return
        known = {k: v for k, v in fields.items() if v is not None}
        text = json.dumps({"time": aws.clock.now().isoformat(timespec="milliseconds"), "event": event, **known})
        with self._lock:
            try:
                print(text, file=self._out, flush=True)
            except (BrokenPipeError, ValueError):
                self._out = None  # whoever read the log has gone; serving goes on
