"""Ground truth finds its rows by id and position; late, repeated and contradicting labels have a defined outcome."""

import json

import numpy as np
import pyarrow as pa
import pytest

from interfaces.contract import from_dict
from model_code.monitoring.labels import Labels, merge, reader


def line(event, data="1", encoding="CSV", **truth):
    return json.dumps({"groundTruthData": {"data": data, "encoding": encoding, **truth}, "eventMetadata": {"eventId": event}})


def answers(*ids, positions=None, predictions=None):
    count = len(ids)
    return pa.table(
        {
            "id": pa.array(ids, pa.string()),
            "position": pa.array(positions or [0] * count),
            "prediction": pa.array(predictions or ["1"] * count, pa.string()),
            "probability": pa.nulls(count, pa.string()),
        }
    )


@pytest.mark.parametrize(
    ("data", "encoding", "attribute"),
    [
        ("0", "CSV", ""),
        ("0\n", "CSV", ""),
        ('{"instances": [{"label": 0}]}', "JSON", ""),
        ('{"label": 0}', "JSON", ""),
        ('{"outcome": 0}', "JSON", "outcome"),
        ("7,0", "CSV", "1"),
        ("MA==", "BASE64", ""),
    ],
)
def test_a_label_is_read_in_every_form(data, encoding, attribute):
    labels = Labels(attribute)
    kind = {"observedContentType": "text/csv"} if encoding == "BASE64" else {}
    labels.add([line("e", data, encoding, **kind)])
    assert labels.known == {("e", 0): "0"}


def test_rows_and_labels_meet_by_id_and_position():
    labels = Labels()
    labels.add([line("a", "0\n1"), line("b", "1"), line("nobody", "1")])
    merged = merge(answers("b", "a", "c", "a", positions=[0, 1, 0, 0], predictions=["p", "q", "r", "s"]), labels)
    assert merged.where.tolist() == [0, 1, 3]
    assert (merged.truth, merged.predicted) == (["1", "1", "0"], ["p", "q", "s"])
    counts = labels.counts(3, 4)
    assert (counts.labelled, counts.share, counts.unmatched) == (3, 0.75, 1)


def test_a_label_that_is_repeated_counts_once_and_contradicting_ones_not_at_all():
    labels = Labels()
    labels.add([line("same"), line("same"), line("torn", "0"), line("torn", "1"), line("torn", "0"), line("one")])
    merged = merge(answers("same", "torn", "one"), labels)
    assert merged.where.tolist() == [0, 2]
    counts = labels.counts(2, 3)
    assert (counts.repeated, counts.contradicting, counts.unmatched) == (1, 1, 0)


def test_late_labels_count_and_are_counted():
    labels = Labels()
    labels.add([line("a")])
    labels.add([line("b"), line("a")], late=True)
    assert (labels.counts(2, 2).late, len(labels.known)) == (1, 2)


def test_what_is_no_label_is_counted_and_left_out():
    labels = Labels()
    labels.add(["", "{", "[]", line("a", "{", "JSON"), line("b", '{"other": 1}', "JSON"), '{"eventMetadata": {"eventId": "c"}}', b"\xff"])
    assert (labels.known, labels.counts(0, 0).unreadable) == ({}, 6)


def test_a_row_without_an_answer_is_matched_and_not_measured():
    labels = Labels()
    labels.add([line("a")])
    silent = answers("a").set_column(2, "prediction", pa.nulls(1, pa.string()))
    assert merge(silent, labels).where.dtype == np.int64
    assert (len(merge(silent, labels).truth), labels.counts(0, 1).unmatched) == (0, 0)


def contract(kind, allowed=(), problem="binary"):
    target = {"type": kind, **({"allowed": list(allowed)} if allowed else {})}
    raw = {"name": "t", "target": "y", "problem_type": problem, "columns": {"x": {"type": "number"}, "y": target}}
    return from_dict(raw | ({"positive_label": allowed[-1]} if problem == "binary" else {}))


@pytest.mark.parametrize(
    ("known", "text", "value"),
    [
        (contract("integer", ["0", "1"]), "1", "1"),
        (contract("integer", ["0", "1"]), " 1.0 ", "1"),
        (contract("integer", ["0", "1"]), "2", None),
        (contract("integer", ["0", "1"]), "0.5", None),
        (contract("boolean", ["false", "true"]), "True", "true"),
        (contract("string", ["no", "yes"]), "yes", "yes"),
        (contract("string", ["no", "yes"]), None, None),
        (contract("number", problem="regression"), "1.5", 1.5),
        (contract("number", problem="regression"), "nan", None),
        (contract("number", problem="regression"), "many", None),
    ],
)
def test_labels_are_spelt_as_the_contract_spells_them(known, text, value):
    assert reader(known)(text) == value


@pytest.mark.parametrize(
    ("known", "one", "other", "same"),
    [
        (contract("integer", ["0", "1"]), "1", "1.0", True),
        (contract("boolean", ["false", "true"]), "true", "True", True),
        (contract("number", problem="regression"), "12.50", "12.5", True),
        (contract("string", ["no", "yes"]), "yes", " yes", True),
        (contract("integer", ["0", "1"]), "1", "0.0", False),
        (contract("integer", ["0", "1"]), "x", "y", False),
    ],
)
def test_two_spellings_of_a_label_do_not_contradict_each_other(known, one, other, same):
    labels = Labels(read=reader(known))
    labels.add([line("e", one), line("e", other)])
    assert (labels.repeated, labels.counts(0, 1).contradicting) == ((1, 0) if same else (0, 1))
