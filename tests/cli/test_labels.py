"""Labels: from a user's table to the records and the place where monitors look."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from cli.errors import TableError
from cli.labels import put, read, records
from interfaces.contract import Contract
from model_code.monitoring.labels import Labels

MOMENT = datetime(2026, 3, 4, 12, 59, tzinfo=UTC)


class Bucket:
    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def put_object(self, Bucket: str, Key: str, Body: bytes) -> None:  # noqa: N803
        self.objects[Key] = Body


@pytest.mark.parametrize(
    "text",
    [
        "inference_id,label\na,1\nb,0\n",
        "label,when,event_id\n1,x,a\n0,y,b\n",
        '{"inference_id": "a", "label": 1}\n\n{"id": "b", "ground_truth": "0"}\n',
    ],
)
def test_tables_and_lines_are_read(text: str) -> None:
    assert read(text, "f") == [("a", "1"), ("b", "0")]


def test_a_request_of_several_rows_has_a_list_of_labels() -> None:
    found = read('{"inference_id": "a", "label": [1, 0]}\n{"inference_id": "b", "label": ["x,y", true]}\n', "f")
    assert found == [("a", ("1", "0")), ("b", ("x,y", "true"))]
    labels = Labels()
    labels.add(records(found).splitlines())
    assert labels.known == {("a", 0): "1", ("a", 1): "0", ("b", 0): "x,y", ("b", 1): "true"}


def test_labels_that_mean_the_same_do_not_contradict_each_other() -> None:
    pairs = [("a", "1"), ("a", "1.0"), ("b", "true"), ("b", "True"), ("c", "x"), ("c", "X")]
    done = put(Bucket(), "b", pairs, MOMENT)
    assert (done.labels, done.repeated, done.contradicting) == (3, 2, 1)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "header is empty"),
        ("inference_id,label\n", "no labels"),
        ("key,label\na,1\n", "expected a column inference_id"),
        ("id,label\na,1\n,0\n", "f:3"),
        ("id,label\na\n", "f:2"),
        ('{"id": "a", "label": 1}\n{"id": "b"}\n', "f:2"),
        ('{"id": null, "label": 1}', "f:1: found null; ids and labels are"),
        ('{"id": "a", "label": null}', "f:1: found null"),
        ('{"id": "a", "label": [1, null]}', "f:1: found null"),
        ('{"id": "a", "label": {"x": 1}}', 'f:1: found {"x": 1}'),
        ('{"id": "a", "label": []}', "f:1: id 'a' with label none"),
        ('"a"b,label\n1,2\n', "f:1: "),
    ],
)
def test_what_cannot_be_read_names_the_line(text: str, words: str) -> None:
    with pytest.raises(TableError, match=words):
        read(text, "f")


def test_records_are_those_that_the_analyzer_reads(contract: Contract) -> None:
    labels = Labels()
    labels.add(records([("a", "1"), ("b", 'say "yes", twice'), ("a", "1")]).splitlines())
    assert labels.known == {("a", 0): "1", ("b", 0): 'say "yes", twice'}
    assert labels.repeated == 1 and labels.unreadable == 0


def test_they_lie_under_the_hour_of_their_collection_and_once() -> None:
    bucket: Any = Bucket()
    pairs = [("a", "1"), ("a", "1"), ("b", "0"), ("b", "1")]
    first = put(bucket, "b", pairs, MOMENT)
    again = put(bucket, "b", pairs, MOMENT)
    assert first == again and list(bucket.objects) == [first.key]
    assert first.key.startswith("ground-truth/2026/03/04/12/")
    assert (first.labels, first.repeated, first.contradicting) == (2, 1, 1)
    record = json.loads(bucket.objects[first.key].splitlines()[0])
    assert record == {"groundTruthData": {"data": "1", "encoding": "CSV"}, "eventMetadata": {"eventId": "a"}, "eventVersion": "0"}
