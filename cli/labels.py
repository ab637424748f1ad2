"""Labels of production rows: from a table of ids and labels to ground-truth records, and to where monitors look for them."""

import csv
import hashlib
import io
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cli.errors import TableError
from interfaces import layout

ID_NAMES, LABEL_NAMES = ("inference_id", "event_id", "id"), ("label", "ground_truth", "target")


@dataclass(frozen=True)
class Put:
    """What was written, and what the file itself says twice or in two ways."""

    key: str
    labels: int
    repeated: int
    contradicting: int


def read(text: str, where: str) -> list[tuple[str, str]]:
    """(id, label) pairs of a CSV with a header, or of JSON Lines. Raises TableError naming the line."""
    rows = _json_lines(text, where) if text.lstrip().startswith("{") else _csv(text, where)
    if not rows:
        raise TableError(f"{where}: it holds no labels")
    return rows


def records(pairs: list[tuple[str, str]]) -> str:
    """Ground truth as Model Monitor and our analyzer read it: one object a line."""
    lines = [
        {"groundTruthData": {"data": _cell(label), "encoding": "CSV"}, "eventMetadata": {"eventId": id}, "eventVersion": "0"}
        for id, label in pairs
    ]
    return "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)


def put(s3: Any, bucket: str, pairs: list[tuple[str, str]], collected: datetime) -> Put:
    """Write labels under the hour in which they were collected. The same labels put again in that hour are the same object."""
    body = records(pairs).encode()
    key = f"{layout.GROUND_TRUTH}/{collected.astimezone(UTC):%Y/%m/%d/%H}/{hashlib.sha256(body).hexdigest()[:32]}.jsonl"
    s3.put_object(Bucket=bucket, Key=key, Body=body)
    by_id: dict[str, set[str]] = {}
    for id, label in pairs:
        by_id.setdefault(id, set()).add(label)
    contradicting = sum(len(labels) > 1 for labels in by_id.values())
    return Put(key, len(by_id), len(pairs) - sum(map(len, by_id.values())), contradicting)


def _csv(text: str, where: str) -> list[tuple[str, str]]:
    rows = csv.reader(io.StringIO(text), strict=True)
    header = [cell.strip() for cell in next(rows, [])]
    at = [_column(header, names, where) for names in (ID_NAMES, LABEL_NAMES)]
    found = []
    try:
        for row in rows:
            if row:
                found.append(
                    _pair(row[at[0]] if at[0] < len(row) else "", row[at[1]] if at[1] < len(row) else "", f"{where}:{rows.line_num}")
                )
    except csv.Error as error:
        raise TableError(f"{where}:{rows.line_num}: {error}") from None
    return found


def _column(header: list[str], names: tuple[str, ...], where: str) -> int:
    for name in names:
        if name in header:
            return header.index(name)
    raise TableError(f"{where}: the header is {', '.join(header) or 'empty'}; expected a column {' or '.join(names)}")


def _json_lines(text: str, where: str) -> list[tuple[str, str]]:
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            id = next(row[n] for n in ID_NAMES if n in row)
            label = next(row[n] for n in LABEL_NAMES if n in row)
        except (ValueError, TypeError, StopIteration):
            wanted = f'{{"{ID_NAMES[0]}": …, "{LABEL_NAMES[0]}": …}}'
            raise TableError(f"{where}:{number}: found {line[:80]!r}; expected {wanted}") from None
        found.append(_pair(str(id), label if isinstance(label, str) else json.dumps(label), f"{where}:{number}"))
    return found


def _pair(id: str, label: str, where: str) -> tuple[str, str]:
    if not id.strip() or not label.strip():
        raise TableError(f"{where}: id {id!r} with label {label!r}; neither may be empty")
    return id.strip(), label.strip()


def _cell(label: str) -> str:
    """A label as one cell of CSV."""
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow([label])
    return out.getvalue()
