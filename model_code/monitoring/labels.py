"""Ground truth: labels by the id of the inference, and their merge with what was captured.

Match on inferenceId where the capture has one, else on eventId. Of several labels for one row, equal ones count once and
contradicting ones not at all: there is no telling which is true.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from interfaces.contract import Contract
from interfaces.reports import LabelCounts
from model_code.monitoring import payload
from model_code.monitoring.records import LABEL_KEYS, pick

_CONTRADICTING = object()
Key = tuple[str, int]


@dataclass
class Labels:
    """Labels seen so far, by id and position of the row in its record. ``read`` is the `reader` of the target: what it reads as the same
    label is the same, however it is spelt."""

    attribute: str = ""
    read: "Callable[[str | None], str | float | None] | None" = None
    known: dict[Key, object] = field(default_factory=dict)
    matched: set[Key] = field(default_factory=set)
    repeated: int = 0
    late: int = 0
    unreadable: int = 0

    def add(self, lines: Iterable[str | bytes], *, late: bool = False) -> None:
        """Take ground-truth lines; ``late`` ones were collected after the window that they are for."""
        for line in lines:
            if not line.strip():
                continue
            try:
                record = json.loads(line)
                identity = str(record["eventMetadata"]["eventId"])
                rows = payload.rows({"observedContentType": "", **record["groundTruthData"]})
                found = [pick(row, self.attribute, LABEL_KEYS, 0) for row in rows]
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
                self.unreadable += 1
                continue
            for position, label in enumerate(found):
                self._put((identity, position), label, late)

    def _put(self, key: Key, label: str | None, late: bool) -> None:
        if label is None:
            self.unreadable += 1
            return
        before = self.known.get(key)
        if before is None:
            self.known[key] = label
            self.late += late
        elif before == label or (isinstance(before, str) and self._same(before, label)):
            self.repeated += 1
        else:
            self.known[key] = _CONTRADICTING

    def _same(self, one: str, other: str) -> bool:
        found = self.read(one) if self.read else None
        return found is not None and self.read is not None and found == self.read(other)

    def counts(self, labelled: int, rows: int, unusable: int = 0) -> LabelCounts:
        """``unusable`` labels matched a row and are none of the contract's."""
        return LabelCounts(
            labelled=labelled,
            share=labelled / rows if rows else 0.0,
            repeated=self.repeated,
            contradicting=sum(label is _CONTRADICTING for label in self.known.values()),
            unmatched=len(self.known) - len(self.matched),
            late=self.late,
            unreadable=self.unreadable + unusable,
        )


@dataclass(frozen=True)
class Merged:
    """Rows that have a label and a prediction: labels, answers and positions in the chunk, all of shape (n,)."""

    truth: list[str]
    predicted: list[str | None]
    probability: list[str | None]
    where: np.ndarray


def merge(answers: pa.Table, labels: Labels) -> Merged:
    """The answered rows of a chunk whose label is known and not contradicted."""
    truth: list[str] = []
    where: list[int] = []
    answered = pc.or_(pc.is_valid(answers["prediction"]), pc.is_valid(answers["probability"])).to_pylist()
    keys = zip(answers["id"].to_pylist(), answers["position"].to_pylist(), answered, strict=True)
    for row, (identity, position, has_answer) in enumerate(keys):
        label = labels.known.get((identity, position))
        if label is None:
            continue
        labels.matched.add((identity, position))
        if has_answer and isinstance(label, str):
            truth.append(label)
            where.append(row)
    kept = answers.take(pa.array(where, pa.int64()))
    return Merged(truth, kept["prediction"].to_pylist(), kept["probability"].to_pylist(), np.array(where, dtype="int64"))


def reader(contract: Contract) -> Callable[[str | None], str | float | None]:
    """How to read a label or a prediction of this contract's target: a class as the contract spells it, or a number.

    None for what is neither.
    """
    if contract.problem_type == "regression":
        return number
    kind, classes = contract.column(contract.target).type, frozenset(contract.classes)

    def read(text: str | None) -> str | None:
        label = (text or "").strip()
        if label in classes:
            return label
        if kind == "boolean":
            label = label.lower()
        elif kind == "integer" and (whole := number(label)) is not None and whole.is_integer():
            label = str(int(whole))
        return label if label in classes else None

    return read


def number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if np.isfinite(value) else None
