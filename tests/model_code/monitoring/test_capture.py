"""Decoding of capture files: plain records by Arrow and all others one by one come to the same rows; faults are counted."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_code.monitoring import capture, records
from model_code.monitoring.capture import Decoder
from model_code.monitoring.records import Layout

LAYOUT = Layout(("x", "s"))
# a record of a real endpoint, its inputs cut to three
GENUINE = (
    '{"captureData":{"endpointInput":{"observedContentType":"text/csv","mode":"INPUT","data":"132,10,182.9","encoding":"CSV"},'
    '"endpointOutput":{"observedContentType":"text/csv; charset=utf-8","mode":"OUTPUT","data":"0.036397725343704224","encoding":"CSV"}},'
    '"eventMetadata":{"eventId":"f04a8538-696c-4648-8064-8b680b2e3318","inferenceTime":"2022-04-18T00:21:48Z"},"eventVersion":"0"}'
)


def record(given="1,a", answered="yes,0.9", when="2026-01-01T00:30:00Z", event="e1", **metadata):
    def side(value):
        return value if isinstance(value, dict) else {"observedContentType": "text/csv", "mode": "INPUT", "data": value, "encoding": "CSV"}

    captured = {}
    if given is not None:
        captured["endpointInput"] = side(given)
    if answered is not None:
        captured["endpointOutput"] = side(answered)
    return json.dumps(
        {"captureData": captured, "eventMetadata": {"eventId": event, "inferenceTime": when, **metadata}, "eventVersion": "0"}
    )


def body(data, kind="application/json", encoding="JSON"):
    data = base64.b64encode(data.encode()).decode() if encoding == "BASE64" else data
    return {"observedContentType": kind, "mode": "INPUT", "data": data, "encoding": encoding}


def decode(*lines, layout=LAYOUT, start="", end=""):
    decoder = Decoder(layout, start, end)
    found = decoder.decode("\n".join(lines).encode())
    rows = [{**a, **i} for a, i in zip(found.answers.to_pylist(), found.inputs.to_pylist(), strict=True)]
    return rows, decoder.tally


def test_a_genuine_record_without_names_has_the_service_s_columns():
    rows, tally = decode(GENUINE, layout=Layout(probability="0"))
    assert rows == [
        {
            "id": "f04a8538-696c-4648-8064-8b680b2e3318",
            "position": 0,
            "prediction": None,
            "probability": "0.036397725343704224",
            "_c0": "132",
            "_c1": "10",
            "_c2": "182.9",
        }
    ]
    assert (tally.records, tally.rows, dict(tally.faults)) == (1, 1, {})


ROW = {"id": "e1", "position": 0, "prediction": "yes", "probability": "0.9", "x": "1", "s": "a"}


@pytest.mark.parametrize(
    ("given", "answered"),
    [
        ("1,a", "yes,0.9"),
        ("1,a\n", "yes,0.9\n"),
        ("x,s\n1,a\n", "yes,0.9"),
        ("s,x\na,1\n", "yes,0.9"),
        ('1,"a"', "yes,0.9"),
        (body('{"s": "a", "x": 1}'), "yes,0.9"),
        (body('{"instances": [[1, "a"]]}'), body('{"predictions": [{"label": "yes", "probability": 0.9}]}')),
        (body('{"x": 1, "s": "a"}\n', "application/jsonlines"), body('{"label": "yes", "probability": 0.9}\n', "application/jsonlines")),
        (body("1,a", "text/csv", "BASE64"), body("yes,0.9", "text/csv", "BASE64")),
        (body('[{"x": 1, "s": "a"}]', "application/json", "BASE64"), "yes,0.9"),
    ],
)
def test_a_row_is_the_same_in_every_form(given, answered):
    assert decode(record(given, answered))[0] == [ROW]


def test_forms_may_be_mixed_in_a_file():
    lines = [record(event="e1"), record(body('{"x": 2, "s": "b"}'), "no,0.2", event="e2"), record("3,c", "yes,0.8", event="e3")]
    rows, tally = decode(*lines)
    assert {(r["id"], r["x"], r["prediction"]) for r in rows} == {("e1", "1", "yes"), ("e2", "2", "no"), ("e3", "3", "yes")}
    assert (tally.records, tally.rows) == (3, 3)


def test_several_rows_of_a_record_keep_their_positions():
    rows, _ = decode(record("1,a\n2,b\n", "yes,0.9\nno,0.1\n"))
    assert [(r["id"], r["position"], r["x"], r["prediction"]) for r in rows] == [("e1", 0, "1", "yes"), ("e1", 1, "2", "no")]


def test_the_inference_id_is_the_id_where_there_is_one():
    rows, _ = decode(record(inferenceId="mine"), record(event="e2"))
    assert {r["id"] for r in rows} == {"mine", "e2"}


def test_every_row_of_a_large_block_keeps_its_own_answer():
    lines = [record(f"{i},{'s' * 80}", f"{i},0.5", event=f"e{i}") for i in range(20_000)]
    decoder = Decoder(LAYOUT)
    found = decoder.decode("\n".join(lines).encode())
    assert found.inputs["x"].to_pylist() == found.answers["prediction"].to_pylist() == [str(i) for i in range(20_000)]
    assert decoder.tally.rows == 20_000


def test_rows_that_the_parser_loses_are_read_again(monkeypatch):
    whole = capture.pa_csv.read_csv
    monkeypatch.setattr(capture.pa_csv, "read_csv", lambda *args: whole(*args).slice(1))
    rows, _ = decode(*(record(f"{i},a", f"{i},0.5", event=f"e{i}") for i in range(3)))
    assert [(r["x"], r["prediction"]) for r in rows] == [("0", "0"), ("1", "1"), ("2", "2")]


def test_half_a_capture_gives_half_a_row():
    rows, tally = decode(record(answered=None), record(None, "no,0.1", event="e2"))
    assert [(r["id"], r["x"], r["prediction"]) for r in rows] == [("e1", "1", None), ("e2", None, "no")]
    assert dict(tally.faults) == {records.NO_INPUT: 1}


@pytest.mark.parametrize(
    ("line", "fault", "rows"),
    [
        ("{", records.NOT_JSON, 0),
        ("42", records.NOT_JSON, 0),
        ('{"captureData": {}, "eventMetadata": {}}', records.NOT_JSON, 0),
        ('{"captureData": null, "eventMetadata": {"eventId": "e"}}', records.NOT_JSON, 0),
        (record("1,a,too many", None), records.BAD_INPUT, 0),
        (record("1,a,too many"), records.BAD_INPUT, 1),
        (record(body("{", "application/json")), records.BAD_INPUT, 1),
        (record(answered=body("{", "application/json")), records.BAD_OUTPUT, 1),
        (record("1,a\n2,b", "yes,0.9"), records.ROWS_DIFFER, 2),
        (record(body("x", "image/png", "BASE64"), None), records.BAD_INPUT, 0),
    ],
)
def test_a_fault_is_counted_and_its_neighbours_are_read(line, fault, rows):
    found, tally = decode(record(event="before"), line, record(event="after"))
    assert tally.faults[fault] == 1
    assert (tally.records, tally.rows, len(found)) == (3, 2 + rows, 2 + rows)
    assert {"before", "after"} <= {r["id"] for r in found}


def test_the_window_includes_its_start_and_excludes_its_end():
    times = ["2025-12-31T23:59:59Z", "2026-01-01T00:00:00Z", "2026-01-01T00:59:59Z", "2026-01-01T01:00:00Z"]
    rows, tally = decode(*(record(when=t, event=t) for t in times), start="2026-01-01T00:00:00Z", end="2026-01-01T01:00:00Z")
    assert [r["id"] for r in rows] == times[1:3]
    assert tally.outside == 2


def test_times_of_another_form_are_understood_and_absent_ones_counted():
    lines = [
        record(when="2026-01-01T01:30:00.250+01:00", event="offset"),
        record(when="2026-01-01T01:30:00Z", event="outside"),
        record(when="soon", event="odd"),
        record(when=None, event="none"),
    ]
    rows, tally = decode(*lines, start="2026-01-01T00:00:00Z", end="2026-01-01T01:00:00Z")
    assert [r["id"] for r in rows] == ["offset"]
    assert (tally.outside, tally.faults[records.NO_TIME]) == (1, 2)
    assert len(decode(*lines)[0]) == 4


@pytest.mark.parametrize(
    ("attribute", "answer", "expected"),
    [
        ("0", "a,b", "a"),
        ("1", "a,b", "b"),
        ("5", "a,b", None),
        ("kind", body('{"kind": "q"}'), "q"),
        ("best.name", body('{"best": {"name": "q"}}'), "q"),
        ("best.0", body('{"best": ["q", "r"]}'), "q"),
        ("best.name", body('{"best": 3}'), None),
        ("name", "a,b", None),
    ],
)
def test_answers_are_found_by_attribute(attribute, answer, expected):
    assert decode(record(answered=answer), layout=Layout(("x", "s"), inference=attribute))[0][0]["prediction"] == expected


@pytest.mark.parametrize("answered", ["yes,0.9", "yes,0.9\nno,0.2"])
def test_the_names_of_our_own_answers_are_found_in_answers_without_names(answered):
    given = "1,a" if "\n" not in answered else "1,a\n2,b"
    rows, _ = decode(record(given, answered), layout=Layout(("x", "s"), inference="label", probability="probability"))
    assert (rows[0]["prediction"], rows[0]["probability"]) == ("yes", "0.9")
    other, _ = decode(record(given, answered), layout=Layout(("x", "s"), inference="outcome"))
    assert other[0]["prediction"] is None


def test_columns_that_nobody_knows_are_kept():
    rows, _ = decode(record(body('{"x": 1, "s": "a", "new": 5}')))
    assert rows[0]["new"] == "5"


@given(st.lists(st.binary(max_size=60) | st.sampled_from([record().encode(), GENUINE.encode()]), max_size=6))
def test_no_block_breaks_the_decoder(lines):
    decoder = Decoder(LAYOUT, "2020-01-01T00:00:00Z", "")
    found = decoder.decode(b"\n".join(lines))
    assert found.inputs.num_rows == found.answers.num_rows == decoder.tally.rows


@given(
    st.lists(
        st.tuples(st.sampled_from(["1,a", "x,s\n1,a", "1,a\n2,b", '1,"q"', ""]), st.sampled_from(["y,1", "y", "", "y,1\nz,0"])), max_size=6
    )
)
def test_arrow_and_python_read_the_same(pairs):
    lines = [record(given, answered, event=f"e{i}") for i, (given, answered) in enumerate(pairs)]
    fast = sorted(map(str, decode(*lines)[0]))
    slow = sorted(map(str, decode(*lines, "{broken")[0]))
    assert fast == slow
