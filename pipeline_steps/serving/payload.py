"""Request bodies to typed rows, predictions to response bodies. Pure: no model, no server."""

import csv
import io
import json
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from interfaces.contract import Contract
from interfaces.header import names_columns
from model_code.predict import Predictions
from model_code.predict import records as predicted_records
from model_code.validate import check

CSV, JSON, JSON_LINES = "text/csv", "application/json", "application/jsonlines"
CONTENT_TYPES = (CSV, JSON, JSON_LINES)
MAX_FAULTS = 20


@dataclass(frozen=True)
class Rows:
    """Typed rows, shape (n, features)."""

    frame: pd.DataFrame


@dataclass(frozen=True)
class Refusal:
    """A client's mistake: the status and faults, each naming row, column, value and what is allowed."""

    status: int
    message: str
    faults: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Answer:
    """Predictions and the contract that says how to write them."""

    predictions: Predictions
    contract: Contract


@dataclass(frozen=True)
class Written:
    """A response: status, body and its content type."""

    status: int
    body: str
    content_type: str


def read(body: bytes | str, content_type: str, contract: Contract) -> Rows | Refusal:
    """Parse a body. Columns may come in any order where they are named; unknown ones are refused."""
    kind = (content_type or "").split(";")[0].strip().lower()
    if kind not in CONTENT_TYPES:
        return Refusal(415, f"content type {content_type!r} is not supported; allowed: {', '.join(CONTENT_TYPES)}")
    try:
        text = body.decode("utf-8-sig") if isinstance(body, bytes) else body
    except UnicodeDecodeError as error:
        return Refusal(400, f"the body is not UTF-8: byte {error.object[error.start]:#04x} at offset {error.start}")
    if not text.strip():
        return Refusal(400, "the body is empty; send at least one row")
    try:
        table = _read_csv(text, contract) if kind == CSV else _read_json(text, kind, contract)
    except _Fault as fault:
        return Refusal(400, str(fault), fault.faults)
    return _typed(table, contract)


def write(result: Answer | Refusal, accept: str) -> Written:
    """Serialise. A refusal is always JSON."""
    if isinstance(result, Refusal):
        error = {"error": result.message, "faults": list(result.faults)}
        return Written(result.status, json.dumps(error), JSON)
    kind = (accept or JSON).split(";")[0].strip().lower()
    if kind in ("*/*", "application/*"):
        kind = JSON
    if kind not in CONTENT_TYPES:
        return write(Refusal(406, f"accept {accept!r} is not supported; allowed: {', '.join(CONTENT_TYPES)}"), JSON)
    records = predicted_records(result.predictions, result.contract)
    if kind == JSON:
        return Written(200, json.dumps({"predictions": records}), JSON)
    if kind == JSON_LINES:
        return Written(200, "".join(json.dumps(r) + "\n" for r in records), JSON_LINES)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([[v for v in r.values() if not isinstance(v, dict)] for r in records])
    return Written(200, out.getvalue(), f"{CSV}; charset=utf-8")


def line(written: Written) -> str:
    """A refusal for the endpoint's log: what was wrong where, without the values, which are for the caller alone."""
    told = json.loads(written.body)
    faults = [_where(f) + f"{f['reason']}; allowed: {f['allowed']}" for f in told["faults"] if "reason" in f]
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    return f"refused with {written.status}: {faults[0] if faults else told['error']}{more}"


def _where(fault: dict[str, Any]) -> str:
    return ", ".join(f"{key} {fault[key]}" for key in ("row", "column") if key in fault) + ": "


class _Fault(Exception):
    def __init__(self, message: str, faults: tuple[dict[str, Any], ...] = ()) -> None:
        super().__init__(message)
        self.faults = faults


def _read_csv(text: str, contract: Contract) -> list[dict[str, str | None]]:
    try:
        lines = [row for row in csv.reader(io.StringIO(text), strict=True) if row]
    except csv.Error as error:
        raise _Fault(f"the body is not CSV: {error}") from None
    names = [c.name for c in contract.features]
    first = 0
    order = names
    if names_columns(lines[0], {c.name for c in contract.columns}):
        order = [cell.strip() for cell in lines[0]]
        _check_names(order, names, contract, "the header")
        first = 1
    if len(lines) == first:
        raise _Fault("the body has a header and no rows")
    for number, row in enumerate(lines[first:]):
        if len(row) != len(order):
            raise _Fault(f"row {number} has {len(row)} values; expected {len(order)}: {', '.join(order)}")
    return [dict(zip(order, row, strict=True)) for row in lines[first:]]


def _read_json(text: str, kind: str, contract: Contract) -> list[dict[str, str | None]]:
    try:
        if kind == JSON_LINES:
            raw: Any = [json.loads(line) for line in text.split("\n") if line.strip()]
        else:
            raw = json.loads(text)
    except (ValueError, RecursionError) as error:  # also numbers of thousands of digits and endless nesting
        raise _Fault(f"the body is not {kind}: {error}") from None
    if isinstance(raw, dict):
        raw = raw.get("instances", [raw])
    if not isinstance(raw, list) or not raw:
        raise _Fault('the body holds no rows; send [{"column": value}] or {"instances": [...]}')
    names = [c.name for c in contract.features]
    table = []
    for number, given in enumerate(raw):
        row = _named(given, number, names)
        _check_names(list(row), names, contract, f"row {number}")
        table.append({name: _text(value, number, name) for name, value in row.items()})
    return table


def _named(row: Any, number: int, names: list[str]) -> dict[str, Any]:
    """A row as an object; a list of values is in the order of the features."""
    if isinstance(row, list):
        if len(row) != len(names):
            raise _Fault(f"row {number} has {len(row)} values; expected {len(names)}: {', '.join(names)}")
        return dict(zip(names, row, strict=True))
    if not isinstance(row, dict):
        found = json.dumps(row)[:80]
        fault = {"row": number, "value": found, "reason": "is no row", "allowed": "an object or a list"}
        raise _Fault(f"row {number} is {found}; expected an object or a list", (fault,))
    return row


def _text(value: Any, row: int, column: str) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        found = json.dumps(value)[:80]
        fault = {"row": row, "column": column, "value": found, "reason": "is not a single value", "allowed": "text, a number or a boolean"}
        raise _Fault(f"row {row}, column {column!r}: {found} is not a single value", (fault,))
    return str(value)


def _check_names(found: list[str], features: list[str], contract: Contract, where: str) -> None:
    twice = sorted({n for n in found if found.count(n) > 1})
    if twice:
        raise _Fault(f"{where} names {', '.join(twice)} more than once")
    absent = [n for n in features if n not in found]
    if absent:
        raise _Fault(
            f"{where} lacks the column {', '.join(absent)}; expected: {', '.join(features)}", ({"column": absent[0], "value": None},)
        )
    known = {c.name for c in contract.columns}
    unknown = [n for n in found if n not in known]
    if unknown:
        raise _Fault(f"{where} has the unknown column {', '.join(unknown)}; expected: {', '.join(features)}")


def _typed(table: list[dict[str, str | None]], contract: Contract) -> Rows | Refusal:
    # At the endpoint a gap is imputed and an unknown category is treated as missing, as in training;
    # a value of the wrong type or outside its range would give a wrong prediction and is refused.
    columns = tuple(replace(c, nullable=True, allowed=()) for c in contract.features)
    raw = pd.DataFrame(table, columns=[c.name for c in columns], dtype="object")
    checked = check(raw, contract, columns=columns)
    if checked.problems:
        faults = tuple(
            {"row": p.row, "column": p.column, "value": p.value, "reason": p.reason, "allowed": _allowed(contract, p.column)}
            for p in checked.problems[:MAX_FAULTS]
        )
        first = faults[0]
        message = f"row {first['row']}, column {first['column']!r}: {first['value']!r} {first['reason']}; allowed: {first['allowed']}"
        more = len(checked.problems) - 1
        return Refusal(400, message + (f" (and {more} more)" if more else ""), faults)
    return Rows(checked.rows)


def _allowed(contract: Contract, name: str) -> str:
    column = contract.column(name)
    text = {"integer": "a whole number", "number": "a number", "boolean": "true or false", "timestamp": "an ISO 8601 time"}.get(
        column.type, "text"
    )
    if column.minimum is not None:
        text += f", at least {column.minimum:g}"
    if column.maximum is not None:
        text += f", at most {column.maximum:g}"
    return text
