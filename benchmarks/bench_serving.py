"""Serving: the local AWS's stand-in server against the scikit-learn image's own stack, with the same model and inference.py.

Both are asked at ``/invocations``, in turn in one run, by the same client, which takes little of the machine itself, with two
models. The first is a plain scikit-learn pipeline on twelve numbers with the least ``inference.py`` (benchmarks/serving/inference.py),
so that what is measured is the stack: HTTP, workers, decoding, encoding. The second is the demo's model with the project's own
``inference.py``, whose handlers take nearly all the time on either side; its figures are shown and have no target.
Ours has its data capture on: what was asked and answered is recorded and written to the local S3, as InvokeEndpoint does it.
nginx is not a Python package: it is taken from ``NGINX`` or the PATH (Debian's package ``nginx``).
"""

import http.client
import json
import os
import selectors
import shutil
import socket
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from benchmarks import peer_serving
from cli.demo import loans
from local_aws.aws import LocalAws

ROOT = Path(__file__).resolve().parents[1]
PEER = ROOT / ".envs" / "bench-serving" / "bin" / "python"
IMAGE_PYTHON = ROOT / ".envs" / "sklearn-1.9-0" / "bin" / "python"
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.9-0-cpu-py3"
ROUNDS = 5
TARGETS = {"one row, one client": 2.5, "one row, eight clients": 2.0, "1,000 rows CSV, one client": 5.0}
# requests of one round: enough of each for a second, and below the thousand after which nginx closes a connection
PLAIN = {"one row, one client": 900, "one row, eight clients": 1600, "1,000 rows CSV, one client": 100}
LOANS = {"one row, one client": 150, "one row, eight clients": 320, "1,000 rows CSV, one client": 15}
FIT_PLAIN = """
import sys
from pathlib import Path
import joblib, numpy
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
draw = numpy.random.default_rng(3)
rows = draw.normal(size=(4000, 12)).round(4)
target = rows[:, :4].sum(axis=1) + draw.normal(size=4000) > 0
Path(sys.argv[1]).mkdir()
joblib.dump(make_pipeline(StandardScaler(), LogisticRegression()).fit(rows, target), Path(sys.argv[1]) / "model.joblib")
Path(sys.argv[2]).write_text("\\n".join(",".join(map(str, row)) for row in rows[:1000]))
"""
FIT_LOANS = """
import sys
from pathlib import Path
import pandas as pd
from interfaces.contract import parse
from model_code import estimator
from model_code.predict import Bundle
from model_code.validate import check
from pipeline_steps.scripts.train import write_artefact
contract = parse(Path("contract.toml").read_text())
raw = pd.read_csv(sys.argv[1], dtype=object, keep_default_na=False)
rows = check(raw, contract).rows
write_artefact(Bundle(estimator.fit(contract, estimator.Params(), rows), contract), Path(sys.argv[2]))
names = [c.name for c in contract.features]
Path(sys.argv[3]).write_text(raw[names].head(1000).to_csv(index=False, header=False))
"""


def main() -> int:
    nginx = os.environ.get("NGINX") or shutil.which("nginx")
    if not nginx:
        print("bench-serving: no nginx on the PATH; install Debian's package nginx, or set NGINX to its path", file=sys.stderr)
        return 2
    print(f"{'requests/s':<46} {'ours':>8} {'image':>8} {'ratio (spread)':>22} {'target':>7}")
    met = True
    for title, make, work in (("plain pipeline", _plain, PLAIN), ("demo's model", _loans, LOANS)):
        for name, (mine, theirs, ratios) in _measure(make, work, nginx).items():
            target = TARGETS[name] if make is _plain else None
            ratio = statistics.median(ratios)
            spread = f"{ratio:.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
            print(f"{title + ', ' + name:<46} {mine:8.0f} {theirs:8.0f} {spread:>22} {target or '-':>7}")
            met = met and (target is None or ratio >= target)
    return 0 if met else 1


def _measure(make: Callable[[Path], bytes], work: dict[str, int], nginx: str) -> dict[str, tuple[float, float, list[float]]]:
    """Median requests per second of ours and of the image's stack, and the ratios of the pairs, by case."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        thousand = make(folder)
        one = thousand.splitlines()[0]
        with tarfile.open(folder / "model.tar.gz", "w:gz") as archive:
            archive.add(folder / "model", ".")
        with _peer(folder, nginx) as peer, _ours(folder) as ours:
            return {
                name: _compare(ours, peer, thousand if "1,000" in name else one, 8 if "eight" in name else 1, requests)
                for name, requests in work.items()
            }


def _compare(
    ours: Callable[[], "Client"], peer: Callable[[], "Client"], body: bytes, clients: int, requests: int
) -> tuple[float, float, list[float]]:
    """Median requests per second of each, measured in turn, and the ratio of each pair."""
    pairs = [(_load(ours, body, clients, requests), _load(peer, body, clients, requests)) for _ in range(ROUNDS)]
    mine, theirs = zip(*pairs, strict=True)
    return statistics.median(mine), statistics.median(theirs), [a / b for a, b in pairs]


def _load(connect: Callable[[], "Client"], body: bytes, clients: int, requests: int) -> float:
    """Requests per second of so many clients, each of which asks again once it is answered; one thread is all of them.

    A single client waits for its answer on its own connection.
    """
    everyone = [connect() for _ in range(clients)]
    for client in everyone:  # a first request that does not count
        client.round_trip(body)
    began = time.perf_counter()
    if clients == 1:
        for _ in range(requests):
            everyone[0].round_trip(body)
    else:
        _together(everyone, body, requests)
    seconds = time.perf_counter() - began
    for client in everyone:
        client.connection.close()
    return requests / seconds


def _together(everyone: list["Client"], body: bytes, requests: int) -> None:
    with selectors.DefaultSelector() as selector:
        for client in everyone:
            selector.register(client.connection, selectors.EVENT_READ, client)
            client.ask(body)
        left = requests
        while left:
            for key, _ in selector.select():
                if key.data.answered():
                    left -= 1
                    if left >= len(everyone):
                        key.data.ask(body)


class Client:
    """A kept-alive connection that posts CSV to /invocations; ``done`` is told what was asked and answered."""

    def __init__(self, connection: socket.socket, done: Callable[[bytes, bytes], object] = lambda *_: None) -> None:
        self.connection, self._done = connection, done
        self._asked, self._request, self._answer = b"", b"", b""

    def ask(self, body: bytes) -> None:
        if body is not self._asked:
            lines = (
                "POST /invocations HTTP/1.1",
                "Host: localhost",
                "Content-Type: text/csv",
                "Accept: text/csv",
                f"Content-Length: {len(body)}",
            )
            self._asked, self._request = body, "\r\n".join((*lines, "", "")).encode() + body
        self._answer = b""
        self.connection.sendall(self._request)

    def round_trip(self, body: bytes) -> None:
        self.ask(body)
        while not self.answered():
            pass

    def answered(self) -> bool:
        """Read what has come; whether that is the whole answer. Raises RuntimeError for anything but a 200."""
        more = self.connection.recv(1 << 18)
        self._answer += more
        head, end, content = self._answer.partition(b"\r\n\r\n")
        if not more or (end and not head.startswith(b"HTTP/1.1 200 ")):
            raise RuntimeError(f"{head!r}: {content[:200]!r}")
        if not end or len(content) < int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0]):
            return False
        self._done(self._asked, content)
        return True


def _plain(folder: Path) -> bytes:
    """A pipeline in ``folder/model`` that is served with the least inference.py; a thousand rows."""
    _fit(FIT_PLAIN, folder / "model", folder / "thousand.csv")
    code = folder / "model" / "code"
    code.mkdir()
    shutil.copy(Path(__file__).with_name("serving") / "inference.py", code)
    return (folder / "thousand.csv").read_bytes()


def _loans(folder: Path) -> bytes:
    """The demo's model in ``folder/model`` with the project's inference.py; a thousand rows."""
    rows = folder / "rows.csv"
    rows.write_text("".join(loans.csv_chunks(loans.generate(4000, 3))))
    _fit(FIT_LOANS, rows, folder / "model", folder / "thousand.csv")
    return (folder / "thousand.csv").read_bytes()


def _fit(script: str, *arguments: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([str(IMAGE_PYTHON), "-c", script, *map(str, arguments)], cwd=ROOT, check=True, env=environment)


@contextmanager
def _peer(folder: Path, nginx: str) -> Iterator[Callable[[], "Client"]]:
    """nginx before gunicorn before flask; a way to connect."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (folder / "nginx.conf").write_text(peer_serving.nginx_config(PEER, folder, port))
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"} | {"SAGEMAKER_BASE_DIR": str(folder)}
    with (folder / "gunicorn.log").open("w") as log:
        started = [
            subprocess.Popen(peer_serving.gunicorn_command(PEER, folder), env=environment, stdout=log, stderr=log),
            subprocess.Popen([nginx, "-p", str(folder), "-c", str(folder / "nginx.conf")], stderr=log),
        ]
        try:
            _until_ready(http.client.HTTPConnection("127.0.0.1", port, timeout=60), folder / "gunicorn.log")
            yield lambda: Client(socket.create_connection(("127.0.0.1", port), timeout=60))
        finally:
            for process in reversed(started):
                process.terminate()
                process.wait()


def _until_ready(connection: http.client.HTTPConnection, log: Path) -> None:
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
    raise RuntimeError(f"the image's stack did not become healthy: {log.read_text()[-2000:]}")


@contextmanager
def _ours(folder: Path) -> Iterator[Callable[[], "Client"]]:
    """An endpoint of the local AWS with data capture; a way to connect to its container."""
    with LocalAws() as aws:
        fleet = _endpoint(aws, folder)
        (server,), (capture,) = fleet.servers.values(), fleet.captures.values()

        def connect() -> Client:
            connection = socket.socket(socket.AF_UNIX)
            connection.connect(server.socket)
            return Client(
                connection, lambda asked, answer: capture.record((asked, "text/csv"), (answer, "text/csv"), inference_id=None, custom=None)
            )

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
