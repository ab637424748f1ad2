"""Starts children from zygotes, one zygote per image, and follows them to their end."""

import json
import os
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from local_aws.clock import Clock
from local_aws.errors import LaunchError

ZYGOTE = Path(__file__).with_name("zygote.py")


@dataclass(frozen=True)
class Image:
    """A stand-in for a container image or a managed runtime: an environment and what to preload."""

    name: str
    python: Path
    preload: tuple[str, ...] = ()


@dataclass(frozen=True)
class Spec:
    """What to run. ``kind`` is ``script`` (argv[0] a Python file or zip), ``command`` (any program) or
    ``function`` (a function of a stand-in's file, called with argument and passed descriptors). ``time_offset`` is
    in seconds, the clock's at the start by default."""

    kind: str
    env: dict[str, str]
    cwd: str
    argv: Sequence[str] = ()
    file: str = ""
    function: str = ""
    argument: Any = None
    mounts: Sequence[tuple[str, str]] = ()
    isolated: bool = False
    descriptors: Sequence[int] = field(default_factory=tuple)
    time_offset: float | None = None


class Child:
    """A running child. Its output goes, line by line, to the callback given at its start."""

    def __init__(
        self, pid: int, connection: socket.socket, answers: BinaryIO, output: int, on_line: Callable[[str], None], scratch: str = ""
    ) -> None:
        self.pid, self._scratch = pid, scratch
        self._connection, self._answers = connection, answers
        self._code: int | None = None
        self.peak_mib = 0.0
        self._ended = threading.Event()
        self._reader = threading.Thread(target=self._read, args=(output, on_line), daemon=True)
        self._reader.start()
        self._waiter = threading.Thread(target=self._wait, daemon=True)
        self._waiter.start()

    def wait(self, timeout: float | None = None) -> int | None:
        """The exit code, negative for a signal; None if it still runs after ``timeout`` seconds."""
        if not self._ended.wait(timeout):
            return None
        self._reader.join(timeout=5)
        return self._code

    @property
    def running(self) -> bool:
        return not self._ended.is_set()

    def kill(self) -> None:
        """End the child and everything in its process group."""
        try:
            self._connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # it has ended by itself
        try:
            os.killpg(self.pid, 9)
        except ProcessLookupError:
            pass
        self._ended.wait(5)

    def _read(self, output: int, on_line: Callable[[str], None]) -> None:
        with open(output, encoding="utf-8", errors="replace", closefd=True) as stream:
            for line in stream:
                on_line(line.rstrip("\n"))

    def _wait(self) -> None:
        try:
            line = self._answers.readline()
            ended = json.loads(line) if line else {"exit": -9}
            self.peak_mib = ended.get("peak_kib", 0) / 1024
            self._code = ended["exit"]
        except OSError:
            self._code = -9
        self._answers.close()
        self._connection.close()
        if self._scratch:
            shutil.rmtree(self._scratch, ignore_errors=True)
        self._ended.set()


class Launcher:
    """Keeps a zygote per image. ``root`` holds sockets and sandboxes and is removed at the end."""

    def __init__(self, clock: Clock, root: Path | None = None) -> None:
        self._clock = clock
        self.root = Path(tempfile.mkdtemp(prefix="local-aws-")) if root is None else root
        self._zygotes: dict[str, subprocess.Popen[bytes]] = {}
        self._lock = threading.Lock()
        self._starting: dict[str, threading.Lock] = {}
        self.namespaces = _namespaces_allowed()

    def warm(self, image: Image) -> None:
        """Start an image's zygote ahead of its first use."""
        self._zygote(image)

    def start(self, image: Image, spec: Spec, on_line: Callable[[str], None] = lambda _: None) -> Child:
        """Start a child. Raises LaunchError."""
        connection = self._connect(image)
        spec = spec if self.namespaces else _without_namespaces(spec)
        read_end, write_end = os.pipe()
        message = {
            "kind": spec.kind,
            "argv": list(spec.argv),
            "file": spec.file,
            "function": spec.function,
            "argument": spec.argument,
            "env": {**_base_environment(image), **spec.env},
            "cwd": spec.cwd,
            "mounts": [list(m) for m in spec.mounts],
            "isolated": spec.isolated,
            "scratch": tempfile.mkdtemp(dir=self.root),
            "time_offset": self._clock.offset.total_seconds() if spec.time_offset is None else spec.time_offset,
        }
        answers = connection.makefile("rb")  # a quick child's end comes right behind its start: what is read ahead is not lost
        try:
            socket.send_fds(connection, [json.dumps(message).encode() + b"\n"], [write_end, *spec.descriptors])
            answer = json.loads(answers.readline())
        except (OSError, ValueError) as error:
            os.close(read_end)
            answers.close()
            connection.close()
            raise LaunchError(f"image {image.name} did not start a child: {error}") from error
        finally:
            os.close(write_end)
        return Child(answer["pid"], connection, answers, read_end, on_line, str(message["scratch"]))

    def close(self) -> None:
        """End every zygote and with it every child."""
        with self._lock:
            zygotes, self._zygotes = list(self._zygotes.values()), {}
        for process in zygotes:
            if process.stdin:
                process.stdin.close()  # the sign to end
        for process in zygotes:
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            _closed(process)
        shutil.rmtree(self.root, ignore_errors=True)

    def _connect(self, image: Image) -> socket.socket:
        """A connection to the image's zygote, to a new one if the old one is dying: its socket closes before its process ends."""
        for last in (False, True):
            path = self._zygote(image)
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                connection.connect(str(path))
                return connection
            except OSError as error:
                connection.close()
                if last or not self._has_died(image):
                    raise LaunchError(f"the stand-in for {image.name} cannot be reached: {error}") from error
        raise AssertionError

    def _has_died(self, image: Image) -> bool:
        process = self._zygotes.get(image.name)
        try:
            return process is None or process.wait(5) is not None
        except subprocess.TimeoutExpired:
            return False

    def _zygote(self, image: Image) -> Path:
        with self._lock:
            lock = self._starting.setdefault(image.name, threading.Lock())
        path = self.root / f"{image.name}.sock"
        with lock:
            process = self._zygotes.get(image.name)
            if process is not None:
                if process.poll() is None:
                    return path
                _closed(process)  # it has crashed
            if not image.python.exists():
                raise LaunchError(f"the stand-in for {image.name} is not installed ({image.python} is missing); run: make install")
            path.unlink(missing_ok=True)
            process = subprocess.Popen(
                [str(image.python), str(ZYGOTE), str(path), *image.preload],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=_base_environment(image),
                start_new_session=True,
            )
            assert process.stdout is not None
            if process.stdout.readline() != b"ready\n":
                raise LaunchError(f"the stand-in for {image.name} did not start; its error is above")
            with self._lock:
                self._zygotes[image.name] = process
        return path


def _closed(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe:
            pipe.close()


def _base_environment(image: Image) -> dict[str, str]:
    """What a container would have; PYTHONDONTWRITEBYTECODE is left out, it triples the cost of a start."""
    return {
        "PATH": f"{image.python.parent}:/usr/local/bin:/usr/bin:/bin",
        "HOME": "/tmp",  # noqa: S108 - as in a container
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        # threads of a fit that wait for each other must not spin on a busy machine
        "OMP_WAIT_POLICY": "PASSIVE",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _without_namespaces(spec: Spec) -> Spec:
    """Where the kernel allows no user namespaces: paths in arguments, environment and argument are rewritten."""

    def rewrite(value: Any) -> Any:
        if isinstance(value, str):
            for source, target in spec.mounts:
                value = value.replace(target, source)
            return value
        if isinstance(value, dict):
            return {k: rewrite(v) for k, v in value.items()}
        return [rewrite(v) for v in value] if isinstance(value, list | tuple) else value

    env = {k: rewrite(v) for k, v in spec.env.items()}
    if spec.isolated:  # no namespace to take the network away: at least every proxy-aware client fails
        env |= {"HTTP_PROXY": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9", "PIP_NO_INDEX": "1"}
    return Spec(
        spec.kind,
        env,
        rewrite(spec.cwd),
        rewrite(list(spec.argv)),
        spec.file,
        spec.function,
        rewrite(spec.argument),
        (),
        False,
        spec.descriptors,
        spec.time_offset,
    )


def _namespaces_allowed() -> bool:
    """Ask the kernel, in a process of its own (LOCAL_AWS_NAMESPACES=0 says no)."""
    if os.environ.get("LOCAL_AWS_NAMESPACES") == "0":
        return False
    probe = "import ctypes,sys; sys.exit(ctypes.CDLL(None).unshare(0x50020000) != 0)"
    return subprocess.run(["python3", "-c", probe], check=False, capture_output=True).returncode == 0  # noqa: S607
