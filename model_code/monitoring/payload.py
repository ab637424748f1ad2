"""What a captured request or response holds: its rows as texts, whatever its content type and encoding.

The readers are more lenient than the endpoint's: what was answered is described here, not refused.
"""

import base64
import csv
import json
from collections.abc import Mapping, Sequence
from typing import Any

Row = Sequence[str | None] | Mapping[str, str | None]
CSV, JSON, JSON_LINES = "csv", "json", "jsonlines"
_KINDS = {
    "text/csv": CSV,
    "application/json": JSON,
    "application/jsonlines": JSON_LINES,
    "application/jsonl": JSON_LINES,
    "application/x-jsonlines": JSON_LINES,
    "application/x-ndjson": JSON_LINES,
}
_LISTS = ("instances", "predictions")  # keys that our endpoint and SageMaker's own conventions put rows under


class Unreadable(ValueError):
    """A body that holds no rows in a form that is known here."""


def rows(side: Mapping[str, Any]) -> list[Row]:
    """Rows of one side of a capture record (``data``, ``encoding``, ``observedContentType``). Raises Unreadable."""
    data, encoding = side.get("data"), side.get("encoding")
    kind = _KINDS.get(str(side.get("observedContentType") or "").split(";", 1)[0].strip().lower())
    if not isinstance(data, str):
        raise Unreadable("no data")
    if encoding == "BASE64":
        try:
            data = base64.b64decode(data, validate=True).decode("utf-8-sig")
        except ValueError as error:
            raise Unreadable(str(error)) from None
    elif encoding in ("CSV", "JSON"):
        kind = kind or encoding.lower()
    else:
        raise Unreadable(f"encoding {encoding!r}")
    if kind == CSV:
        return csv_rows(data)
    if kind == JSON:
        return _json_rows(data)
    if kind == JSON_LINES:
        return _lines(data)
    raise Unreadable(f"content type {side.get('observedContentType')!r}")


def csv_rows(data: str) -> list[Row]:
    """Rows of CSV text; most captured bodies are one plain line."""
    if '"' not in data:
        lines = data.replace("\r", "").split("\n") if "\n" in data or "\r" in data else [data]
        return [line.split(",") for line in lines if line]
    try:
        return [row for row in csv.reader(data.splitlines(keepends=True), strict=True) if row]
    except csv.Error as error:
        raise Unreadable(str(error)) from None


def _json_rows(data: str) -> list[Row]:
    try:
        return _json_value(json.loads(data))
    except (ValueError, RecursionError):
        return _lines(data)  # JSON Lines under the type of JSON


def _lines(data: str) -> list[Row]:
    try:
        return [row for line in data.split("\n") if line.strip() for row in _json_value(json.loads(line))]
    except (ValueError, RecursionError) as error:
        raise Unreadable(str(error)) from None


def _json_value(raw: Any) -> list[Row]:
    if isinstance(raw, dict):
        inside = next((raw[key] for key in _LISTS if isinstance(raw.get(key), list)), None)
        if inside is None:
            return [{name: text(value) for name, value in raw.items()}]
        raw = inside
    if not isinstance(raw, list):
        return [[text(raw)]]
    out: list[Row] = []
    for row in raw:
        if isinstance(row, dict):
            inner = row.get("features") if set(row) == {"features"} else None
            out.append([text(v) for v in inner] if isinstance(inner, list) else {name: text(value) for name, value in row.items()})
        elif isinstance(row, list):
            out.append([text(value) for value in row])
        else:
            out.append([text(row)])
    return out


def text(value: Any) -> str | None:
    """A JSON value as a client would have written it in CSV; nested values stay JSON, for dotted paths."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value)
