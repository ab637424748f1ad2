"""Data capture: sampled requests and responses, as JSON Lines in the documented layout.

Format and layout after a genuine capture file: no spaces, ``yyyy/mm/dd/hh/MM-SS-mmm-<uuid>.jsonl`` in UTC.
"""

import base64
import json
import random
import threading
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from local_aws.clock import Clock

_encode = json.JSONEncoder(separators=(",", ":")).encode
FLUSH_AFTER_S = 0.4
FLUSH_RECORDS = 2000


@dataclass(frozen=True, slots=True)
class Exchange:
    """What was asked and answered, bodies with their content types, and when."""

    at: datetime
    request: tuple[bytes, str]
    response: tuple[bytes, str]
    inference_id: str | None
    custom: str | None


class Capture:
    """The capture of one variant of one endpoint. Records wait at most ``FLUSH_AFTER_S`` seconds for company."""

    def __init__(self, config: dict[str, Any], endpoint: str, variant: str, s3: Any, clock: Clock) -> None:
        self._config, self._endpoint, self._variant = config, endpoint, variant
        self._s3, self._clock = s3, clock
        self._modes = {o["CaptureMode"] for o in config["CaptureOptions"]}
        self._random = random.Random(f"{endpoint}/{variant}")  # noqa: S311 - sampling, not secrets
        self._records: list[Exchange] = []
        self._lock, self._writing = threading.Lock(), threading.Lock()

    def record(self, request: tuple[bytes, str], response: tuple[bytes, str], *, inference_id: str | None, custom: str | None) -> None:
        """Keep one exchange, if the sampling takes it; it is written a little later. Bodies come with their content types."""
        if self._random.uniform(0, 100) >= self._config["InitialSamplingPercentage"]:
            return
        with self._lock:
            self._records.append(Exchange(self._clock.now(), request, response, inference_id, custom))
            wait = {1: FLUSH_AFTER_S, FLUSH_RECORDS: 0.0}.get(len(self._records))
            if wait is not None:
                timer = threading.Timer(wait, self.flush)
                timer.daemon = True
                timer.start()

    def flush(self) -> None:
        """Write what waits, a file per hour of inference."""
        with self._writing:
            with self._lock:
                records, self._records = self._records, []
            by_hour: dict[str, list[Exchange]] = {}
            for record in records:
                by_hour.setdefault(record.at.isoformat()[: len("2026-01-31T13")], []).append(record)
            for exchanges in by_hour.values():
                bucket, _, prefix = self._config["DestinationS3Uri"].removeprefix("s3://").partition("/")
                key = file_key(prefix, self._endpoint, self._variant, exchanges[0].at)
                body = "".join(self._line(exchange) + "\n" for exchange in exchanges)
                self._s3.put_object(Bucket=bucket, Key=key, Body=body.encode())

    def _line(self, exchange: "Exchange") -> str:
        metadata: dict[str, Any] = {"eventId": str(uuid.uuid4())}
        if exchange.custom:
            metadata["customAttributes"] = [exchange.custom]
        if exchange.inference_id:
            metadata["inferenceId"] = exchange.inference_id
        metadata["inferenceTime"] = exchange.at.isoformat(timespec="seconds").removesuffix("+00:00") + "Z"
        captured: dict[str, Any] = {}
        if "Input" in self._modes:
            captured["endpointInput"] = self._side(*exchange.request, "INPUT")
        if "Output" in self._modes:
            captured["endpointOutput"] = self._side(*exchange.response, "OUTPUT")
        return _encode({"captureData": captured, "eventMetadata": metadata, "eventVersion": "0"})

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
