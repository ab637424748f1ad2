"""Data capture: sampled requests and responses, as JSON Lines in the documented layout.

Format and layout after a genuine capture file: no spaces, ``yyyy/mm/dd/hh/MM-SS-mmm-<uuid>.jsonl`` in UTC.
"""

import base64
import json
import random
import threading
import uuid
from datetime import datetime
from typing import Any

from local_aws.clock import Clock

FLUSH_AFTER_S = 0.4
FLUSH_RECORDS = 500


class Capture:
    """The capture of one variant of one endpoint. Records wait at most ``FLUSH_AFTER_S`` seconds for company."""

    def __init__(self, config: dict[str, Any], endpoint: str, variant: str, s3: Any, clock: Clock) -> None:
        self._config, self._endpoint, self._variant = config, endpoint, variant
        self._s3, self._clock = s3, clock
        self._modes = {o["CaptureMode"] for o in config["CaptureOptions"]}
        self._random = random.Random(f"{endpoint}/{variant}")  # noqa: S311 - sampling, not secrets
        self._records: list[tuple[datetime, str]] = []
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None

    def record(self, request: tuple[bytes, str], response: tuple[bytes, str], *, inference_id: str | None, custom: str | None) -> None:
        """Keep one exchange, if the sampling takes it. Bodies come with their content types."""
        if self._random.uniform(0, 100) >= self._config["InitialSamplingPercentage"]:
            return
        now = self._clock.now()
        metadata: dict[str, Any] = {"eventId": str(uuid.uuid4())}
        if custom:
            metadata["customAttributes"] = [custom]
        if inference_id:
            metadata["inferenceId"] = inference_id
        metadata["inferenceTime"] = now.strftime("%Y-%m-%dT%H:%M:%SZ")
        captured: dict[str, Any] = {}
        if "Input" in self._modes:
            captured["endpointInput"] = self._side(*request, "INPUT")
        if "Output" in self._modes:
            captured["endpointOutput"] = self._side(*response, "OUTPUT")
        line = json.dumps({"captureData": captured, "eventMetadata": metadata, "eventVersion": "0"}, separators=(",", ":"))
        with self._lock:
            self._records.append((now, line))
            full = len(self._records) >= FLUSH_RECORDS
            if self._timer is None and not full:
                self._timer = threading.Timer(FLUSH_AFTER_S, self.flush)
                self._timer.daemon = True
                self._timer.start()
        if full:
            self.flush()

    def flush(self) -> None:
        """Write what waits, a file per hour of inference."""
        with self._lock:
            records, self._records = self._records, []
            if self._timer:
                self._timer.cancel()
            self._timer = None
        by_hour: dict[str, list[tuple[datetime, str]]] = {}
        for moment, line in records:
            by_hour.setdefault(moment.strftime("%Y/%m/%d/%H"), []).append((moment, line))
        for lines in by_hour.values():
            bucket, _, prefix = self._config["DestinationS3Uri"].removeprefix("s3://").partition("/")
            key = file_key(prefix, self._endpoint, self._variant, lines[0][0])
            self._s3.put_object(Bucket=bucket, Key=key, Body="".join(line + "\n" for _, line in lines).encode())

    def _side(self, body: bytes, content_type: str, mode: str) -> dict[str, Any]:
        header = self._config.get("CaptureContentTypeHeader", {})
        kind = content_type.split(";", maxsplit=1)[0].strip()
        encoding = "BASE64"
        if kind in header.get("CsvContentTypes", []):
            encoding = "CSV"
        elif kind in header.get("JsonContentTypes", []):
            encoding = "JSON"
        data = base64.b64encode(body).decode() if encoding == "BASE64" else body.decode("utf-8", errors="replace")
        return {"observedContentType": content_type, "mode": mode, "data": data, "encoding": encoding}


def file_key(prefix: str, endpoint: str, variant: str, first: datetime) -> str:
    """Where a file of captured records lies, by the time of its first record."""
    name = f"{first:%M-%S}-{first.microsecond // 1000:03d}-{uuid.uuid4()}.jsonl"
    return "/".join(part for part in (prefix.strip("/"), endpoint, variant, f"{first:%Y/%m/%d/%H}", name) if part)
