"""One execution environment of a function: a child process that answers events one at a time."""

import json
import secrets
import socket
import threading
import uuid
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from local_aws.clock import Clock
from local_aws.images.registry import LAMBDA
from local_aws.launcher.launcher import Child, Launcher, Spec
from local_aws.log_writer import LogWriter

_PIPE_S = 5.0  # how long output that is written may take to be read
RUNTIME = Path(__file__).parents[1] / "images" / "lambda_runtime" / "runtime.py"


@dataclass
class Function:
    """A function's configuration, its unpacked code and its idle environments."""

    name: str
    arn: str
    config: dict[str, Any]
    code: Path
    code_sha: str
    code_size: int
    idle: list["Environment"] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    async_config: dict[str, Any] = field(default_factory=dict)
    policy: list[dict[str, Any]] = field(default_factory=list)
    generation: int = 0  # counts changes of code and configuration: environments of an earlier one are not used again

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "idle": []}  # processes are not kept


@dataclass(frozen=True)
class Outcome:
    """What an invocation ended in: a payload, and ``Unhandled`` when the function failed."""

    payload: bytes
    error: str | None = None
    log: str = ""  # what the invocation has logged, if that was asked for


class Environment:
    """A warm process of a function. ``invoke`` is called by one thread at a time."""

    def __init__(self, function: Function, launcher: Launcher, clock: Clock, access: dict[str, str], logs: Any) -> None:
        self._function, self._clock = function, clock
        self._tail: list[str] | None = None  # the lines of an invocation whose log is asked for
        self._mark, self._marked = f"<{secrets.token_hex(16)}>", threading.Event()
        self.generation = function.generation
        group = function.config.get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{function.name}"
        stream = f"{clock.now():%Y/%m/%d}/[$LATEST]{secrets.token_hex(16)}"
        self._log = LogWriter(logs, clock, group, stream, create_group=False)
        ours, theirs = socket.socketpair()
        self._stream = ours.makefile("rwb")
        self._ours = ours
        config = function.config
        env = {
            "AWS_LAMBDA_FUNCTION_NAME": function.name,
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(config["MemorySize"]),
            "AWS_LAMBDA_LOG_GROUP_NAME": group,
            "AWS_LAMBDA_LOG_STREAM_NAME": stream,
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{config['Runtime']}",
            "LAMBDA_TASK_ROOT": str(function.code),
            "LAMBDA_RUNTIME_DIR": str(RUNTIME.parent),
            "_HANDLER": config["Handler"],
            "PYTHONPATH": str(function.code),
            "TZ": ":UTC",
            **config.get("Environment", {}).get("Variables", {}),
            **access,
        }
        started_at = clock.offset.total_seconds()  # read once: the clock may move while the process starts
        spec = Spec(
            "function",
            env,
            str(function.code),
            file=str(RUNTIME),
            function="serve",
            argument={"time_offset": started_at},
            descriptors=[theirs.fileno()],
            time_offset=started_at,
        )
        self._child: Child = launcher.start(LAMBDA, spec, self._line)
        theirs.close()

    def invoke(self, event: Any, *, tail: bool = False) -> Outcome:
        """Run one event to its end, at most the function's timeout. With ``tail``, the outcome has its log."""
        request_id = str(uuid.uuid4())
        timeout = self._function.config["Timeout"]
        self._log.resume()
        self._tail = [] if tail else None
        self._line(f"START RequestId: {request_id} Version: $LATEST")
        started = self._clock.timestamp()
        message = {
            "request_id": request_id,
            "arn": self._function.arn,
            "event": event,
            "timeout": timeout,
            "mark": self._mark if tail else "",
            "time_offset": self._clock.offset.total_seconds(),
            "trace_id": f"Root=1-{int(started):08x}-{secrets.token_hex(12)};Parent={secrets.token_hex(8)};Sampled=0",
        }
        outcome = self._exchange(message, timeout, request_id)
        if tail and self.alive:
            self._marked.wait(_PIPE_S)
            self._marked.clear()
        self._line(f"END RequestId: {request_id}")
        self._line(f"REPORT RequestId: {request_id}\tDuration: {(self._clock.timestamp() - started) * 1000:.2f} ms")
        self._log.close()
        lines, self._tail = self._tail or [], None
        return replace(outcome, log="\n".join([*lines, ""])) if tail else outcome

    def _line(self, text: str) -> None:
        """One line of output. The runtime's mark ends what an invocation has written: it came through the same pipe."""
        marked = text.endswith(self._mark)
        text = text.removesuffix(self._mark)
        if text or not marked:
            if self._tail is not None:
                self._tail.append(text or " ")
            self._log.line(text or " ")  # an event of a log is never empty
        if marked:
            self._marked.set()

    @property
    def alive(self) -> bool:
        return self._child.running

    def close(self) -> None:
        self._child.kill()
        self._stream.close()
        self._ours.close()
        self._log.close()

    def _exchange(self, message: dict[str, Any], timeout: float, request_id: str) -> Outcome:
        self._ours.settimeout(timeout)
        try:
            self._stream.write(json.dumps(message).encode() + b"\n")
            self._stream.flush()
            line = self._stream.readline()
        except TimeoutError:
            text = f"{request_id} Task timed out after {timeout:.2f} seconds"
            return self._lost(text, {"errorMessage": text})
        except OSError:
            line = b""
        if not line:
            code = self._child.wait(5)
            text = f"RequestId: {request_id} Error: Runtime exited with error: exit status {code}"
            return self._lost(text, {"errorType": "Runtime.ExitError", "errorMessage": text})
        answer = json.loads(line)
        if "error" in answer:
            return Outcome(json.dumps(answer["error"]).encode(), "Unhandled")
        return Outcome(answer["result"].encode())

    def _lost(self, text: str, error: dict[str, Any]) -> Outcome:
        self._line(text)
        self._child.kill()
        return Outcome(json.dumps(error).encode(), "Unhandled")
