"""Serving: the local AWS's stand-in server against the scikit-learn image's own stack, with the same model and inference.py.

Both are asked at ``/invocations``, in turn in one run, by the same kind of client (http.client on kept-alive connections).
Ours has its data capture on: what was asked and answered is recorded and written to the local S3, as InvokeEndpoint does it.
nginx is not a Python package: it is taken from ``NGINX`` or the PATH (Debian's package ``nginx``).
"""

import http.client
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from benchmarks.peer_serving import NGINX
from cli.demo import loans
from local_aws.aws import LocalAws

ROOT = Path(__file__).resolve().parents[1]
PEER = ROOT / ".envs" / "bench-serving" / "bin" / "python"
IMAGE_PYTHON = ROOT / ".envs" / "sklearn-1.9-0" / "bin" / "python"
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.9-0-cpu-py3"
ROUNDS = 3
TARGETS = {"one row, one client": 2.5, "one row, eight clients": 2.0, "1,000 rows CSV, one client": 5.0}
FIT = """
import io, sys
from pathlib import Path
import pandas as pd
from interfaces.contract import parse
from model_code import estimator
from model_code.predict import Bundle
from model_code.validate import check
from pipeline_steps.scripts.train import write_artefact
contract = parse(Path("contract.toml").read_text())
rows = check(pd.read_csv(sys.argv[1], dtype=object, keep_default_na=False), contract).rows
write_artefact(Bundle(estimator.fit(contract, estimator.Params(), rows), contract), Path(sys.argv[2]))
"""

Ask = Callable[[bytes], None]


def main() -> int:
    nginx = os.environ.get("NGINX") or shutil.which("nginx")
    if not nginx:
        print("bench-serving: no nginx on the PATH; install Debian's package nginx, or set NGINX to its path", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        one, thousand = _model(folder)
        with _peer(folder, nginx) as peer, _ours(folder) as ours:
            work = {
                "one row, one client": (one, 1, 150),
                "one row, eight clients": (one, 8, 320),
                "1,000 rows CSV, one client": (thousand, 1, 15),
            }
            figures = {name: _compare(ours, peer, *what) for name, what in work.items()}
    print(f"{'requests/s':<28} {'ours':>8} {'image':>8} {'ratio':>7} {'target':>7}")
    for name, (mine, theirs) in figures.items():
        print(f"{name:<28} {mine:8.0f} {theirs:8.0f} {mine / theirs:7.2f} {TARGETS[name]:7.1f}")
    return 0 if all(mine / theirs >= TARGETS[name] for name, (mine, theirs) in figures.items()) else 1


def _compare(ours: Callable[[], Ask], peer: Callable[[], Ask], body: bytes, clients: int, requests: int) -> tuple[float, float]:
    """Median requests per second of each, measured in turn."""
    found: dict[str, list[float]] = {"ours": [], "peer": []}
    for _ in range(ROUNDS):
        for name, connect in (("ours", ours), ("peer", peer)):
            found[name].append(_load(connect, body, clients, requests))
    return statistics.median(found["ours"]), statistics.median(found["peer"])


def _load(connect: Callable[[], Ask], body: bytes, clients: int, requests: int) -> float:
    asks = [connect() for _ in range(clients)]
    each = requests // clients

    def run(ask: Ask) -> None:
        for _ in range(each):
            ask(body)

    for ask in asks:
        ask(body)
    threads = [threading.Thread(target=run, args=(ask,)) for ask in asks]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return each * clients / (time.perf_counter() - began)


def _model(folder: Path) -> tuple[bytes, bytes]:
    """A model of the demo's data in ``folder/model`` and its archive; a body of one row and one of a thousand."""
    rows = folder / "rows.csv"
    rows.write_text("".join(loans.csv_chunks(loans.generate(4000, 3))))
    subprocess.run(
        [str(IMAGE_PYTHON), "-c", FIT, str(rows), str(folder / "model")], cwd=ROOT, check=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    with tarfile.open(folder / "model.tar.gz", "w:gz") as archive:
        archive.add(folder / "model", ".")
    lines = rows.read_text().splitlines()
    body = [_features(lines[0], line) for line in lines[1:1001]]
    return body[0].encode(), "\n".join(body).encode()


def _features(header: str, line: str) -> str:
    from interfaces.contract import parse

    global _names  # noqa: PLW0603 - read once
    if not _names:
        _names = [c.name for c in parse((ROOT / "contract.toml").read_text()).features]
    cells = dict(zip(header.split(","), line.split(","), strict=True))
    return ",".join(cells[name] for name in _names)


_names: list[str] = []


@contextmanager
def _peer(folder: Path, nginx: str) -> Iterator[Callable[[], Ask]]:
    """nginx before gunicorn before flask; a way to connect."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    user = "user root;" if os.getuid() == 0 else ""  # its workers would be nobody, who may not open the socket
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port, user=user))
    server = Path(__file__).with_name("peer_serving.py")
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    started = [
        subprocess.Popen([str(PEER), str(server), str(folder / "model"), str(folder / "gunicorn.sock")], env=environment),
        subprocess.Popen([nginx, "-p", str(folder), "-c", str(folder / "nginx.conf")], stderr=subprocess.DEVNULL),
    ]
    try:
        connect = lambda: _ask(http.client.HTTPConnection("127.0.0.1", port, timeout=60))  # noqa: E731
        _until_ready(http.client.HTTPConnection("127.0.0.1", port, timeout=60))
        yield connect
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait()


def _until_ready(connection: http.client.HTTPConnection) -> None:
    for _ in range(300):
        try:
            connection.request("GET", "/ping")
            answer = connection.getresponse()
            answer.read()
            if answer.status == http.client.OK:
                return
        except OSError:
            connection.close()
        time.sleep(0.1)
    raise RuntimeError("the image's stack did not become healthy")


def _ask(connection: http.client.HTTPConnection) -> Ask:
    def ask(body: bytes) -> None:
        connection.request("POST", "/invocations", body, {"Content-Type": "text/csv", "Accept": "text/csv"})
        answer = connection.getresponse()
        content = answer.read()
        if answer.status != http.client.OK:
            raise RuntimeError(f"{answer.status}: {content[:200]!r}")

    return ask


@contextmanager
def _ours(folder: Path) -> Iterator[Callable[[], Ask]]:
    """An endpoint of the local AWS with data capture; a way to connect to its container."""
    with LocalAws() as aws:
        fleet = _endpoint(aws, folder)
        (server,), (capture,) = fleet.servers.values(), fleet.captures.values()

        def connect() -> Ask:
            def ask(body: bytes) -> None:
                answer = server.invoke(body, "text/csv", "text/csv", {})
                if answer.status != http.client.OK:
                    raise RuntimeError(f"{answer.status}: {answer.body[:200]!r}")
                capture.record((body, "text/csv"), (answer.body, answer.content_type), inference_id=None, custom=None)

            return ask

        yield connect
        aws.settle()


def _endpoint(aws: LocalAws, folder: Path):  # type: ignore[no-untyped-def]
    """The fleet of an endpoint of the model, in service."""
    s3, sagemaker = aws.client("s3"), aws.client("sagemaker")
    role = aws.client("iam").create_role(RoleName="bench", AssumeRolePolicyDocument=json.dumps({}))["Role"]["Arn"]
    s3.create_bucket(Bucket="bench")
    s3.upload_fileobj(BytesIO((folder / "model.tar.gz").read_bytes()), "bench", "model.tar.gz")
    environment = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code", "PIP_NO_BUILD_ISOLATION": "0"}
    container = {"Image": IMAGE, "ModelDataUrl": "s3://bench/model.tar.gz", "Environment": environment}
    sagemaker.create_model(ModelName="bench", ExecutionRoleArn=role, PrimaryContainer=container)
    capture = {
        "EnableCapture": True, "InitialSamplingPercentage": 100, "DestinationS3Uri": "s3://bench/capture",
        "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
        "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"]},
    }  # fmt: skip
    variant = {"VariantName": "v", "ModelName": "bench", "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}
    sagemaker.create_endpoint_config(EndpointConfigName="bench", ProductionVariants=[variant], DataCaptureConfig=capture)
    sagemaker.create_endpoint(EndpointName="bench", EndpointConfigName="bench")
    aws.settle()
    fleet = aws.endpoints.endpoint("bench").fleet
    if fleet is None:
        raise RuntimeError(sagemaker.describe_endpoint(EndpointName="bench")["FailureReason"])
    return fleet


if __name__ == "__main__":
    sys.exit(main())
