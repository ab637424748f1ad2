"""Answer a file of any size with a batch transform by the model that serves, with data capture on, so that monitors see it."""

import csv
import io
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from cli.errors import RunFailed, TableError
from cli.progress import Progress
from cli.target import parameters
from interfaces import layout
from interfaces.contract import Contract
from interfaces.names import Names

PART_ROWS = 100_000
_ANSWERS = {"regression": ["value"]}
_LONGEST_PAUSE_S = 15.0
_TERMINAL = ("Completed", "Failed", "Stopped")
_INSTANCE_TYPE = "ml.m5.large"  # where what serves names none, as serverless hosting does


@dataclass(frozen=True)
class Job:
    """A batch transform: what reads it, on what, and where its files lie in the data bucket."""

    name: str
    model: str
    instance_type: str
    instances: int
    bucket: str
    key_arn: str

    def request(self, prefix: str) -> dict[str, Any]:
        """CreateTransformJob, line by line, captured with an id per record."""
        source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{self.bucket}/{layout.BATCH_INPUT}{self.name}/"}}
        capture = f"s3://{self.bucket}/{layout.batch_capture(prefix).rstrip('/')}"
        return {
            "TransformJobName": self.name,
            "ModelName": self.model,
            "BatchStrategy": "MultiRecord",
            "TransformInput": {"DataSource": source, "ContentType": "text/csv", "SplitType": "Line"},
            "TransformOutput": {
                "S3OutputPath": f"s3://{self.bucket}/{layout.BATCH_OUTPUT}{self.name}",
                "Accept": "text/csv",
                "AssembleWith": "Line",
                "KmsKeyId": self.key_arn,
            },
            "TransformResources": {"InstanceType": self.instance_type, "InstanceCount": self.instances},
            "DataCaptureConfig": {"DestinationS3Uri": capture, "KmsKeyId": self.key_arn, "GenerateInferenceId": True},
        }


def parts(path: Path, contract: Contract, rows: int = PART_ROWS) -> Iterator[bytes]:
    """The features of a CSV file with a header, in the model's order and without a header, some rows at a time. Raises TableError.

    Other columns are left out: a line of a batch is what the model is asked, and nothing else.
    """
    names = [c.name for c in contract.features]
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream, strict=True)
            header = [name.strip() for name in next(reader, [])]
            absent = [name for name in names if name not in header]
            if absent:
                found = ", ".join(header[:20]) or "nothing"
                raise TableError(f"{path}: the header lacks {', '.join(absent)}; found: {found}; expected: {', '.join(names)}")
            at = [header.index(name) for name in names]
            numbered = enumerate((row for row in reader if row), start=1)
            while chosen := [_cells(path, number, row, header, at) for number, row in islice(numbered, rows)]:
                out = io.StringIO()
                csv.writer(out, lineterminator="\n").writerows(chosen)
                yield out.getvalue().encode()
    except UnicodeDecodeError as error:
        raise TableError(f"{path}: not UTF-8: byte 0x{error.object[error.start]:02x}; save it as UTF-8") from None
    except csv.Error as error:
        raise TableError(f"{path}: not CSV: {error}") from None


def count(path: Path, contract: Contract) -> int:
    """The rows of a file, all of them read once: what is wrong is found before anything is sent. Raises TableError."""
    rows = sum(body.count(b"\n") for body in parts(path, contract))
    if not rows:
        raise TableError(f"{path}: a header and no rows")
    return rows


def _cells(path: Path, number: int, row: list[str], header: list[str], at: list[int]) -> list[str]:
    if len(row) != len(header):
        raise TableError(f"{path}: row {number} has {len(row)} values; the header has {len(header)}")
    cells = [row[i] for i in at]
    broken = next((header[i] for i, cell in zip(at, cells, strict=True) if "\n" in cell or "\r" in cell), None)
    if broken is not None:
        raise TableError(f"{path}: row {number}, column {broken}: a value has a line break, and a batch is read line by line")
    return cells


def served(sagemaker: Any, endpoint: str) -> tuple[str, str]:
    """(model, instance type) of what the endpoint runs. Raises ClientError where there is none."""
    config = sagemaker.describe_endpoint(EndpointName=endpoint)["EndpointConfigName"]
    variant = sagemaker.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"][0]
    return str(variant["ModelName"]), str(variant.get("InstanceType", _INSTANCE_TYPE))


def engine(client: Callable[[str], Any], names: Names) -> str:
    """What monitors; nothing where the Monitoring stack is not deployed."""
    cloudformation = client("cloudformation")
    try:
        stack = cloudformation.describe_stacks(StackName=names.monitoring_stack)["Stacks"][0]
    except cloudformation.exceptions.ClientError:
        return ""
    return parameters(stack).get("Engine", "")


def run(
    client: Callable[[str], Any],
    names: Names,
    job: Job,
    bodies: Iterator[bytes],
    progress: Progress,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Upload, transform, wait; how many parts there were. Raises RunFailed for a job that does not complete."""
    s3, sagemaker, sent = client("s3"), client("sagemaker"), 0
    for sent, body in enumerate(bodies, start=1):
        key = f"{layout.BATCH_INPUT}{job.name}/part-{sent - 1:05d}.csv"
        s3.put_object(Bucket=job.bucket, Key=key, Body=body)
        progress.note("upload", f"s3://{job.bucket}/{key}: {body.count(10):,} rows")
    sagemaker.create_transform_job(**job.request(names.prefix))
    progress.note("transform", f"{job.name}: {job.model} on {job.instances} {job.instance_type}", "start")
    pause = 0.2
    while (found := sagemaker.describe_transform_job(TransformJobName=job.name))["TransformJobStatus"] not in _TERMINAL:
        progress.waiting("transform", f"{job.name}: {found['TransformJobStatus']}")
        sleep(pause)
        pause = min(pause * 1.5, _LONGEST_PAUSE_S)
    if found["TransformJobStatus"] != "Completed":
        reason = found.get("FailureReason", found["TransformJobStatus"])
        raise RunFailed("transform", f"{job.name}: {reason}\nits log: /aws/sagemaker/TransformJobs, stream {job.name}/…")
    progress.note("transform", f"{job.name}: Completed")
    return sent


def answers(s3: Any, job: Job, sent: int, contract: Contract) -> Iterator[str]:
    """The answers as CSV, a line per row of the file in its order: the model's, the id that labels find it by, and when the job started."""
    yield ",".join([*_ANSWERS.get(contract.problem_type, ["label", "probability"]), "inference_id", "inference_time"]) + "\n"
    for number in range(sent):
        key = f"{layout.BATCH_OUTPUT}{job.name}/part-{number:05d}.csv.out"
        for line in s3.get_object(Bucket=job.bucket, Key=key)["Body"].iter_lines():
            yield line.decode() + "\n"
