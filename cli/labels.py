"""Labels of production rows: from a table of ids and labels to ground-truth records, and to where monitors look for them."""

import csv
import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cli.errors import TableError
from interfaces import layout

ID_NAMES, LABEL_NAMES = ("inference_id", "event_id", "id"), ("label", "ground_truth", "target")

Labelled = tuple[str, str | tuple[str, ...]]  # an id with its label, or with the label of each row of its request


@dataclass(frozen=True)
class Put:
    """What was written, and what the file itself says twice or in two ways."""

    key: str
    labels: int
    repeated: int
    contradicting: int


def read(text: str, where: str) -> list[Labelled]:
    """Ids with their labels of a CSV with a header, or of JSON Lines, whose label may be a list. Raises TableError naming the line."""
    rows = _json_lines(text, where) if text.lstrip().startswith("{") else _csv(text, where)
    if not rows:
        raise TableError(f"{where}: it holds no labels")
    return rows


def records(pairs: Sequence[Labelled]) -> str:
    """Ground truth as Model Monitor and our analyzer read it: one object a line."""
    lines = [
        {
            "groundTruthData": {"data": "\n".join(map(_cell, _rows(found))), "encoding": "CSV"},
            "eventMetadata": {"eventId": id},
            "eventVersion": "0",
        }
        for id, found in pairs
    ]
    return "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)


def put(s3: Any, bucket: str, pairs: Sequence[Labelled], collected: datetime) -> Put:
    """Write labels under the hour in which they were collected. The same labels put again in that hour are the same object."""
    body = records(pairs).encode()
    key = f"{layout.GROUND_TRUTH}/{collected.astimezone(UTC):%Y/%m/%d/%H}/{hashlib.sha256(body).hexdigest()[:32]}.jsonl"
    s3.put_object(Bucket=bucket, Key=key, Body=body)
    by_row: dict[tuple[str, int], set[str]] = {}
    for id, found in pairs:
        for row, label in enumerate(_rows(found)):
            by_row.setdefault((id, row), set()).add(_meant(label))
    contradicting = sum(len(labels) > 1 for labels in by_row.values())
    return Put(key, len(by_row), sum(len(_rows(found)) for _, found in pairs) - sum(map(len, by_row.values())), contradicting)


def _rows(found: str | tuple[str, ...]) -> tuple[str, ...]:
    return (found,) if isinstance(found, str) else found


def _meant(label: str) -> str:
    """A label in one spelling, as monitors compare them: numbers by value, true and false in any case."""
    try:
        return repr(float(label))
    except ValueError:
        return label.lower() if label.lower() in ("true", "false") else label


def _csv(text: str, where: str) -> list[Labelled]:
    rows = csv.reader(io.StringIO(text), strict=True)
    found = []
    try:
        header = [cell.strip() for cell in next(rows, [])]
        at = [_column(header, names, where) for names in (ID_NAMES, LABEL_NAMES)]
        for row in rows:
            if row:
                id, label = (row[place] if place < len(row) else "" for place in at)
                found.append(_pair(id, label, f"{where}:{rows.line_num}"))
    except csv.Error as error:
        raise TableError(f"{where}:{rows.line_num}: {error}") from None
    return found


def _column(header: list[str], names: tuple[str, ...], where: str) -> int:
    for name in names:
        if name in header:
            return header.index(name)
    raise TableError(f"{where}: the header is {', '.join(header) or 'empty'}; expected a column {' or '.join(names)}")


def _json_lines(text: str, where: str) -> list[Labelled]:
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
        labels = label if isinstance(label, list) else [label]
        for value in (id, *labels):
            if not isinstance(value, str | int | float):
                raise TableError(f"{where}:{number}: found {json.dumps(value)[:80]}; ids and labels are texts, numbers, true or false")
        id, *texts = (v if isinstance(v, str) else json.dumps(v) for v in (id, *labels))
        found.append(_pair(id, tuple(texts) if isinstance(label, list) else texts[0], f"{where}:{number}"))
    return found


def _pair(id: str, found: str | tuple[str, ...], where: str) -> Labelled:
    labels = tuple(label.strip() for label in _rows(found))
    if not id.strip() or not labels or not all(labels):
        raise TableError(f"{where}: id {id!r} with label {', '.join(map(repr, labels)) or 'none'}; neither may be empty")
    return id.strip(), labels[0] if isinstance(found, str) else labels


def _cell(label: str) -> str:
    """A label as one cell of CSV."""
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow([label])
    return out.getvalue()
