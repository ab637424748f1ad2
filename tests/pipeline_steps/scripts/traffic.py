"""Captured traffic and ground truth on disk, as endpoint and clients write them."""

import base64
import json
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

START = datetime(2026, 11, 1, 13, tzinfo=UTC)
END = START + timedelta(hours=1)


def moment(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def side(data: str, kind: str = "text/csv", encoding: str = "CSV") -> dict[str, str]:
    if encoding == "BASE64":
        data = base64.b64encode(data.encode()).decode()
    return {"observedContentType": kind, "mode": "INPUT", "data": data, "encoding": encoding}


def record(given: Any, answered: Any, *, when: datetime = START, event: str = "", inference: str = "") -> str:
    """One line; sides are CSV text or what `side` made."""
    sides = {"endpointInput": given, "endpointOutput": answered}
    captured = {name: side(value) if isinstance(value, str) else value for name, value in sides.items() if value is not None}
    metadata = {"eventId": event or str(uuid.uuid4()), "inferenceTime": moment(when)}
    if inference:
        metadata["inferenceId"] = inference
    return json.dumps({"captureData": captured, "eventMetadata": metadata, "eventVersion": "0"}, separators=(",", ":"))


def label(event: str, data: str, encoding: str = "CSV") -> str:
    truth = {"data": data, "encoding": encoding}
    return json.dumps({"groundTruthData": truth, "eventMetadata": {"eventId": event}, "eventVersion": "0"})


def write(lines: Sequence[str], folder: Path, when: datetime = START, name: str = "00-00-000-a.jsonl") -> None:
    """A file in its hour's folder."""
    hour = folder / when.strftime("%Y/%m/%d/%H")
    hour.mkdir(parents=True, exist_ok=True)
    (hour / name).write_text("".join(line + "\n" for line in lines))


def dearer(rows: pd.DataFrame) -> pd.DataFrame:
    """A change that data quality finds."""
    return rows.assign(price=(rows["price"].astype(float) + 30).round(2).astype(str))
