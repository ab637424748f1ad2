"""Capture records one by one: whatever is not one plain row of CSV."""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from model_code.monitoring import payload
from model_code.monitoring.payload import Row, Unreadable

NOT_JSON, NO_TIME, NO_INPUT = "not JSON", "no time", "no input"
BAD_INPUT, BAD_OUTPUT, ROWS_DIFFER = "unreadable input", "unreadable output", "rows differ"
NO_OUTPUT = "no output"  # of a batch transform's file
LABEL_KEYS = ("label", "value", "predicted_label", "prediction")
PROBABILITY_KEYS = ("probability", "score")


@dataclass(frozen=True)
class Layout:
    """How to read rows: the names of headerless columns, and where an answer has prediction and probability.

    ``names`` is empty when nobody says: columns are then ``_c0``, ``_c1``, … as the service calls them. Attributes are names, dotted
    paths or positions; empty means what our own endpoint answers. ``known`` are all columns of the contract: those that a request may
    name beside its features.
    """

    names: tuple[str, ...] = ()
    inference: str = ""
    probability: str = ""
    known: tuple[str, ...] = ()

    @property
    def probability_only(self) -> bool:
        """The answer is a probability, and the prediction follows from it."""
        return bool(self.probability) and not self.inference

    @property
    def columns(self) -> tuple[str, ...]:
        """What a header may name."""
        return self.known or self.names

    def fits(self, row: Row) -> bool:
        """Whether a row can be one of these columns."""
        if isinstance(row, Mapping):
            return not self.known or any(name in row for name in self.names)
        return not self.names or len(row) == len(self.names)


@dataclass
class Tally:
    """What became of the records so far; a record with a fault may still give rows of its good side. ``described`` rows have an input."""

    records: int = 0
    rows: int = 0
    described: int = 0
    outside: int = 0
    faults: Counter[str] = field(default_factory=Counter)


@dataclass
class Rows:
    """Rows as Python lists: inputs are values in the layout's order or mappings, empty where no input was read: not ``described``."""

    inputs: list[Row] = field(default_factory=list)
    described: list[bool] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    predictions: list[str | None] = field(default_factory=list)
    probabilities: list[str | None] = field(default_factory=list)


def parse(line: str | bytes) -> dict[str, Any] | None:
    """A record with its parts, or None for what is none."""
    try:
        record = json.loads(line)
        metadata = record["eventMetadata"]
        whole = isinstance(record["captureData"], dict) and bool(metadata.get("inferenceId") or metadata["eventId"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return record if whole else None


def read(records: Iterable[Mapping[str, Any]], layout: Layout, tally: Tally) -> Rows:
    """The rows of parsed records; faults go to the tally."""
    out = Rows()
    for record in records:
        captured, metadata = record["captureData"], record["eventMetadata"]
        given = _side(captured, "endpointInput", BAD_INPUT, tally, layout.columns)
        answered = _side(captured, "endpointOutput", BAD_OUTPUT, tally)
        if given and not all(map(layout.fits, given)):
            tally.faults[BAD_INPUT] += 1
            given = None
        if given and answered and len(given) != len(answered):
            tally.faults[ROWS_DIFFER] += 1
            answered = None
        count = len(given or answered or ())
        out.inputs += given or [()] * count
        out.described += [given is not None] * count
        out.ids += [str(metadata.get("inferenceId") or metadata["eventId"])] * count
        out.positions += range(count)
        answers = answered or [()] * count
        out.predictions += [None if layout.probability_only else pick(row, layout.inference, LABEL_KEYS, 0) for row in answers]
        out.probabilities += [pick(row, layout.probability, PROBABILITY_KEYS, 1) for row in answers]
    return out


def moment(value: Any) -> str | None:
    """An inference time in UTC to the second, as capture files write it; None where there is none."""
    try:
        return datetime.fromisoformat(value).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (TypeError, ValueError):
        return None


def pick(row: Row, attribute: str, usual: tuple[str, ...], position: int) -> str | None:
    """A value of an answer's row by name, dotted path or position; by what is usual where no attribute is given."""
    if not isinstance(row, Mapping):
        where = place(attribute, usual, position)
        return row[where] if where is not None and where < len(row) else None
    if not attribute:
        return next((row[key] for key in usual if key in row), None)
    if attribute in row:
        return row[attribute]
    head, _, rest = attribute.partition(".")
    try:
        inner = json.loads(row.get(head) or "null")
    except ValueError:
        return None
    if not rest or not isinstance(inner, list | dict):
        return None
    return pick(
        [payload.text(v) for v in inner] if isinstance(inner, list) else {k: payload.text(v) for k, v in inner.items()}, rest, usual, 0
    )


def place(attribute: str, usual: tuple[str, ...], position: int) -> int | None:
    """Where an attribute stands in a row without names, or None: a name that our own endpoint gives stands where it writes that."""
    if not attribute or attribute in usual:
        return position
    return int(attribute) if attribute.isdecimal() else None


def _side(captured: Mapping[str, Any], name: str, fault: str, tally: Tally, known: Collection[str] = ()) -> list[Row] | None:
    """Rows of one side; None where it was not captured or cannot be read."""
    side = captured.get(name)
    if side is None:
        if name == "endpointInput":
            tally.faults[NO_INPUT] += 1
        return None
    try:
        found = payload.rows(side, known)
    except (Unreadable, AttributeError, TypeError):
        found = []
    if not found:
        tally.faults[fault] += 1
    return found or None
