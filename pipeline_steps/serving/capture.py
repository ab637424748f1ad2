"""What was asked and answered, written to S3 by the container: for serverless hosting, where SageMaker captures nothing.

Form and layout are those of SageMaker's data capture (docs: model-monitor-data-capture-endpoint), so whoever reads the one reads the
other. A record is written before its answer goes out, an object each: between requests a serverless environment may stand still. What
cannot be written is told in the log, and the answer goes out all the same.
"""

import base64
import json
import os
import random
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

URI, PERCENT = "CAPTURE_URI", "CAPTURE_PERCENT"  # what the Serving stack sets: s3://bucket/capture/endpoint/variant, and the sampling
_ENCODINGS = {"text/csv": "CSV", "application/json": "JSON", "application/jsonlines": "JSON"}
_ID = "inference_id="

Put = Callable[[str, str, bytes], object]


class Capture:
    """Records under an S3 prefix, ``percent`` of them. ``put`` takes bucket, key and content."""

    def __init__(self, uri: str, percent: float, put: Put, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._bucket, _, self._prefix = uri.removeprefix("s3://").partition("/")
        self._percent, self._put, self._now = percent, put, now

    def record(self, asked: tuple[bytes | str, str], answered: tuple[bytes | str, str], custom: str = "") -> None:
        """One exchange: body and content type of request and response, and the request's CustomAttributes."""
        if random.uniform(0, 100) >= self._percent:  # noqa: S311 - sampling, not secrets
            return
        at = self._now()
        metadata: dict[str, Any] = {"eventId": str(uuid.uuid4())}
        if custom:
            metadata["customAttributes"] = [custom]
        if name := inference_id(custom):
            metadata["inferenceId"] = name
        metadata["inferenceTime"] = f"{at:%Y-%m-%dT%H:%M:%SZ}"
        captured = {"endpointInput": _side(*asked, "INPUT"), "endpointOutput": _side(*answered, "OUTPUT")}
        line = json.dumps({"captureData": captured, "eventMetadata": metadata, "eventVersion": "0"}, separators=(",", ":"))
        key = f"{self._prefix}/{at:%Y/%m/%d/%H/%M-%S}-{at.microsecond // 1000:03d}-{uuid.uuid4()}.jsonl"
        try:
            self._put(self._bucket, key, f"{line}\n".encode())
        except Exception as error:
            print(f"not captured: {type(error).__name__}: {error}", flush=True)


def from_environment() -> Capture | None:
    """The capture that the model's environment asks for, if it does. A batch transform has a capture of its own."""
    uri = os.environ.get(URI, "")
    if not uri or os.environ.get("SAGEMAKER_BATCH") == "true":
        return None
    s3 = _client()
    return Capture(
        uri, float(os.environ.get(PERCENT, "100")), lambda bucket, key, content: s3.put_object(Bucket=bucket, Key=key, Body=content)
    )


def inference_id(custom: str) -> str:
    """The client's own id of a request, where its CustomAttributes hold ``inference_id=…``: labels find it by that.

    InvokeEndpoint's InferenceId is not documented to reach the container; CustomAttributes are, as they were sent.
    """
    found = [part.strip().removeprefix(_ID) for part in custom.split(",") if part.strip().startswith(_ID)]
    return found[0] if found else ""


def _client() -> Any:
    """A client that gives up soon, as a caller waits for it. Made when the module is loaded: making one takes longer than an answer."""
    import boto3
    from botocore.config import Config

    limits = Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 2})
    return boto3.client("s3", region_name=os.environ.get("AWS_REGION"), config=limits)


def _side(body: bytes | str, content_type: str, mode: str) -> dict[str, str]:
    encoding = _ENCODINGS.get(content_type.split(";", maxsplit=1)[0].strip().lower(), "BASE64")
    raw = body.encode() if isinstance(body, str) else body
    data = base64.b64encode(raw).decode() if encoding == "BASE64" else raw.decode("utf-8", errors="replace")
    return {"observedContentType": content_type, "mode": mode, "data": data, "encoding": encoding}
