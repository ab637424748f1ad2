"""What a captured request or response holds: its rows as texts, whatever its content type and encoding.

The readers are more lenient than the endpoint's: what was answered is described here, not refused.
"""

import base64
import csv
import io
import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from interfaces.header import names_columns

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


def rows(side: Mapping[str, Any], known: Collection[str] = ()) -> list[Row]:
    """Rows of one side of a capture record (``data``, ``encoding``, ``observedContentType``). Raises Unreadable.

    ``known`` are the columns that a header of CSV may name: its rows are mappings then.
    """
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
    data = data.removeprefix("\ufeff")
    if kind == CSV:
        return _named(csv_rows(data), known)
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
        return [row for row in csv.reader(io.StringIO(data), strict=True) if row]
    except csv.Error as error:
        raise Unreadable(str(error)) from None


def _named(lines: list[Row], known: Collection[str]) -> list[Row]:
    if not lines or not names_columns(list(lines[0]), known):
        return lines
    names = [(cell or "").strip() for cell in lines[0]]
    if any(len(row) != len(names) for row in lines):
        raise Unreadable("a row is not as long as the header")
    return [dict(zip(names, row, strict=True)) for row in lines[1:]]


def _json_rows(data: str) -> list[Row]:
    try:
        return _json_value(json.loads(data))
    except (ValueError, RecursionError):
        return _lines(data)  # JSON Lines under the type of JSON


def _lines(data: str) -> list[Row]:
    try:
        return [row for line in data.split("\n") if line.strip() for row in _line(json.loads(line))]
    except (ValueError, RecursionError) as error:
        raise Unreadable(str(error)) from None


def _line(raw: Any) -> list[Row]:
    """A list of values on a line is one row, not one row for each."""
    if isinstance(raw, list) and raw and not any(isinstance(value, list | dict) for value in raw):
        return [[text(value) for value in raw]]
    return _json_value(raw)


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
    """A JSON value as the endpoint reads it; nested values stay JSON, for dotted paths."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else json.dumps(value)
