"""Captured rows that have a label: what model quality and bias look at."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from interfaces.analyzer import AnalyzerSettings
from interfaces.contract import Contract
from interfaces.reports import LabelCounts
from model_code.monitoring import cells
from model_code.monitoring.labels import Merged, merge, number, reader
from model_code.monitoring.quality import Labelled
from pipeline_steps.scripts.analyses import inputs


@dataclass
class Rows:
    """Labels and answers of the window's labelled rows, all of one length, and the inputs of those that have one."""

    truth: list[Any] = field(default_factory=list)
    predicted: list[Any] = field(default_factory=list)
    probability: list[float | None] = field(default_factory=list)
    tables: list[pa.Table] = field(default_factory=list)

    def inputs(self) -> pa.Table:
        return pa.concat_tables(self.tables, promote_options="default") if self.tables else pa.table({})


def read(
    given: AnalyzerSettings, known: Contract | None, problem: str, traffic: inputs.Traffic, *, described: bool = False
) -> tuple[Rows, LabelCounts]:
    """Merge the window with its ground truth; labels and answers that are none of the target's are counted and left out.

    ``described`` asks for rows with an input only: there are then as many of all.
    """
    understand = reader(known) if known else (number if problem == "regression" else _as_is)
    truth = inputs.labels(given, understand)
    cut = float(given.probability_threshold_attribute or 0.5)
    classes = _ordered(known) if known else ("0", "1")
    rows, unusable = Rows(), 0
    for chunk in traffic:
        merged = merge(chunk.answers, truth)
        kept = []
        for i, position in enumerate(merged.where):
            if described and not chunk.described[position]:
                continue
            label, probability = understand(merged.truth[i]), number(merged.probability[i])
            answer = understand(_answer(merged, i, probability, cut, classes))
            if label is None or answer is None:
                unusable += 1
                continue
            rows.truth.append(label)
            rows.predicted.append(answer)
            rows.probability.append(probability)
            if chunk.described[position]:
                kept.append(position)
        rows.tables.append(cells.features(chunk.inputs.take(pa.array(kept, pa.int64())), known))
    return rows, truth.counts(len(rows.truth), traffic.tally.rows, unusable)


def quality_rows(rows: Rows, known: Contract | None, problem: str) -> Labelled:
    """The rows as `model_code.monitoring.quality` takes them; a binary problem's positive class last."""
    if problem == "regression":
        return Labelled(problem, np.array(rows.truth, dtype="float64"), np.array(rows.predicted, dtype="float64"))
    classes = _ordered(known) if known else tuple(sorted({*rows.truth, *rows.predicted}))
    place = {name: i for i, name in enumerate(classes)}
    probability = None
    if problem == "binary" and all(p is not None for p in rows.probability):
        probability = np.array(rows.probability, dtype="float64")
    truth, predicted = (np.array([place[v] for v in values], dtype="int64") for values in (rows.truth, rows.predicted))
    return Labelled(problem, truth, predicted, probability, classes)


def _ordered(known: Contract) -> tuple[str, ...]:
    positive = known.positive_label
    return tuple(sorted(known.classes, key=lambda name: name == positive)) if positive else known.classes


def _answer(merged: Merged, row: int, probability: float | None, cut: float, classes: tuple[str, ...]) -> str | None:
    """The predicted label, or what follows from a bare probability."""
    if merged.predicted[row] is not None or probability is None or len(classes) != 2:
        return merged.predicted[row]
    return classes[probability >= cut]


def _as_is(text: str | None) -> str | None:
    return text.strip() if text and text.strip() else None
