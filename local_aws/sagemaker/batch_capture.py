"""Data capture of a batch transform: manifests of what was read and written, and an id per record where asked for.

Layout and forms after the developer guide (model-monitor-data-capture-batch): ``input/yyyy/mm/dd/hh/`` and ``output/…`` by the
hour at which the job started; the id and the job's start are appended to each record of the output.
"""

import json
import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from local_aws.errors import Unsupported
from local_aws.sagemaker.transfer import split

ID, TIME = "SageMakerInferenceId", "SageMakerInferenceTime"
_JSON = ("application/json", "application/jsonlines", "application/jsonl")


def check(params: dict[str, Any]) -> None:
    """Refuse a capture that asks for ids in an output that is not documented to take them. Raises Unsupported."""
    if not params.get("DataCaptureConfig", {}).get("GenerateInferenceId"):
        return
    output = params["TransformOutput"]
    kind = output.get("Accept", "")
    if kind not in ("text/csv", *_JSON) or output.get("AssembleWith") != "Line":
        raise Unsupported(f"GenerateInferenceId with Accept {kind!r} and AssembleWith {output.get('AssembleWith', 'None')} (it does lines)")


def identified(answer: bytes, accept: str, started: datetime) -> bytes:
    """Each line of an output with an id and the job's start."""
    moment = f"{started:%Y-%m-%dT%H:%M:%SZ}"
    lines = []
    for line in answer.decode().splitlines():
        if not line.strip():
            continue
        name = str(uuid.uuid4())
        if accept == "text/csv":
            lines.append(f"{line},{name},{moment}")
        else:
            record = json.loads(line)
            lines.append(json.dumps({**(record if isinstance(record, dict) else {"output": record}), ID: name, TIME: moment}))
    return "".join(f"{line}\n" for line in lines).encode()


def write(s3: Any, config: dict[str, Any], started: datetime, given: tuple[str, Sequence[str]], made: tuple[str, Sequence[str]]) -> None:
    """The two manifests. ``given`` and ``made`` are S3 URIs with the names below them."""
    bucket, prefix = split(config["DestinationS3Uri"])
    name = f"{uuid.uuid4()}.json"
    for side, (uri, names) in (("input", given), ("output", made)):
        key = "/".join(part for part in (prefix.strip("/"), side, f"{started:%Y/%m/%d/%H}", name) if part)
        body = json.dumps([{"prefix": f"{uri.rstrip('/')}/"}, *names])
        s3.put_object(Bucket=bucket, Key=key, Body=body.encode())
