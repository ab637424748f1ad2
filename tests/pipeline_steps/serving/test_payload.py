"""Bodies become typed rows or refusals that say what to send; predictions become bodies of the accepted type."""

import csv
import io
import json

import numpy as np
import pandas as pd
import payload
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interfaces.contract import from_dict
from model_code.predict import Predictions, predict

CSV, JSON, LINES = "text/csv", "application/json", "application/jsonlines"
ROW = {"seen_at": "2026-01-01", "price": 10.5, "age": 33, "city": "Bern", "gender": "f", "member": True}
LINE = "2026-01-01,10.5,33,Bern,f,true"
HEADER = ",".join(ROW)


def rows_of(contract, body, kind) -> pd.DataFrame:
    got = payload.read(body, kind, contract)
    assert isinstance(got, payload.Rows), got
    return got.frame


def refusal_of(contract, body, kind=CSV) -> payload.Refusal:
    got = payload.read(body, kind, contract)
    assert isinstance(got, payload.Refusal), got
    return got


SAME = {
    "headerless": (LINE, CSV),
    "bytes": (LINE.encode(), CSV),
    "byte order mark": (b"\xef\xbb\xbf" + LINE.encode(), CSV),
    "windows lines": (LINE + "\r\n\r\n", CSV),
    "header": (f"{HEADER}\n{LINE}\n", CSV),
    "header in another order": ("member,price,seen_at,gender,city,age\ntrue,10.5,2026-01-01,f,Bern,33", CSV),
    "header with columns that are not features": (f"visit,{HEADER},bought\nV1,{LINE},0", CSV),
    "quoted": ('"2026-01-01","10.5","33","Bern","f","true"', CSV),
    "charset": (LINE, "Text/CSV; charset=utf-8"),
    "instances": (json.dumps({"instances": [ROW]}), JSON),
    "one object": (json.dumps(ROW), JSON),
    "list": (json.dumps([dict(reversed(ROW.items()))]), JSON),
    "list of lists": (json.dumps([list(ROW.values())]), JSON),
    "texts": (json.dumps([{k: str(v).lower() if v is True else str(v) for k, v in ROW.items()}]), JSON),
    "json lines": (json.dumps(ROW) + "\n\n", LINES),
}


@pytest.mark.parametrize(("body", "kind"), SAME.values(), ids=SAME.keys())
def test_every_form_of_a_row_is_the_same_typed_row(contract, body, kind):
    frame = rows_of(contract, body, kind)
    assert list(frame.columns) == list(ROW)
    assert frame.iloc[0].tolist() == [pd.Timestamp("2026-01-01", tz="UTC"), 10.5, 33, "Bern", "f", True]


def test_rows_keep_their_number_and_order(contract):
    lines = "\n".join(f"2026-01-01,{i},33,Bern,f,true" for i in range(50))
    assert rows_of(contract, lines, CSV)["price"].tolist() == list(range(50))
    many = "\n".join(json.dumps({**ROW, "price": i}) for i in range(50))
    assert rows_of(contract, many, LINES)["price"].tolist() == list(range(50))


def test_gaps_and_unknown_categories_are_accepted(contract):
    frame = rows_of(contract, json.dumps([{**ROW, "age": None, "price": None, "gender": "q", "city": "Atlantis"}]), JSON)
    assert frame.loc[0, ["gender", "city"]].tolist() == ["q", "Atlantis"]
    assert frame[["age", "price"]].isna().all().all()
    assert rows_of(contract, "2026-01-01,?,,Atlantis,NA,true", CSV)[["price", "age", "gender"]].isna().all().all()


def test_a_line_separator_inside_a_text_does_not_end_a_json_line(contract):
    body = json.dumps({**ROW, "city": "Be\u2028rn"}, ensure_ascii=False)
    assert rows_of(contract, body, LINES)["city"].tolist() == ["Be\u2028rn"]


WRONG_VALUES = [
    ("price", "cheap", "is not a finite number", "a number, at least 0"),
    ("price", "-1", "is below the minimum 0", "a number, at least 0"),
    ("age", "33.5", "is not a whole number", "a whole number, at least 0, at most 120"),
    ("age", "121", "is above the maximum 120", "a whole number, at least 0, at most 120"),
    ("member", "maybe", "is not true or false", "true or false"),
    ("seen_at", "yesterday", "is not an ISO 8601 time", "an ISO 8601 time"),
]


@pytest.mark.parametrize(("column", "value", "reason", "allowed"), WRONG_VALUES)
def test_a_wrong_value_names_row_column_value_and_allowed(contract, column, value, reason, allowed):
    body = f"{HEADER}\n{LINE}\n" + ",".join({**ROW, "member": "true", column: value}[name].__str__() for name in ROW)
    for got in (refusal_of(contract, body), refusal_of(contract, json.dumps([ROW, {**ROW, column: value}]), JSON)):
        assert got.status == 400
        assert got.message == f"row 1, column {column!r}: {value!r} {reason}; allowed: {allowed}"
        assert got.faults == ({"row": 1, "column": column, "value": value, "reason": reason, "allowed": allowed},)


def test_a_boolean_is_no_number(contract):
    got = refusal_of(contract, json.dumps([{**ROW, "price": True}]), JSON)
    assert got.message.startswith("row 0, column 'price': 'true' is not a finite number")


def test_many_faults_are_counted_and_the_first_twenty_listed(contract):
    got = refusal_of(contract, "\n".join(["2026-01-01,cheap,33,Bern,f,true"] * 30))
    assert got.message.endswith("(and 29 more)")
    assert [f["row"] for f in got.faults] == list(range(20))


REFUSED = {
    "unknown content type": (
        LINE,
        "text/plain",
        415,
        "content type 'text/plain' is not supported; allowed: text/csv, application/json, app",
    ),
    "no content type": (LINE, None, 415, "content type None is not supported"),
    "empty": (b"", CSV, 400, "the body is empty; send at least one row"),
    "blank": (" \n ", JSON, 400, "the body is empty"),
    "not utf-8": (b"2026-01-01,1,33,Z\xfcrich,f,true", CSV, 400, "not UTF-8: byte 0xfc at offset 17"),
    "header alone": (HEADER, CSV, 400, "a header and no rows"),
    "missing column": ("price,age\n1,2", CSV, 400, "the header lacks the column seen_at, city, gender, member; expected: seen_at, price"),
    "unknown column": (f"{HEADER},colour\n{LINE},red", CSV, 400, "the header has the unknown column colour; expected: seen_at"),
    "column twice": (f"{HEADER},age\n{LINE},1", CSV, 400, "the header names age more than once"),
    "ragged row": (f"{LINE}\n1,2", CSV, 400, "row 1 has 2 values; expected 6: seen_at, price"),
    "open quote": ('"2026-01-01,1', CSV, 400, "the body is not CSV"),
    "missing key": (json.dumps([ROW, {"age": 3}]), JSON, 400, "row 1 lacks the column seen_at, price, city, gender, member"),
    "unknown key": (json.dumps([{**ROW, "colour": 1}]), JSON, 400, "row 0 has the unknown column colour"),
    "short list": ("[[1, 2]]", JSON, 400, "row 0 has 2 values; expected 6"),
    "nested value": (
        json.dumps([{**ROW, "city": {"name": "Bern"}}]),
        JSON,
        400,
        'row 0, column \'city\': {"name": "Bern"} is not a single value',
    ),
    "row that is no row": ("[3]", JSON, 400, "row 0 is 3; expected an object or a list"),
    "no instances": ('{"instances": []}', JSON, 400, "the body holds no rows"),
    "a bare value": ("3", JSON, 400, "the body holds no rows"),
    "broken json": ('{"age": ', JSON, 400, "the body is not application/json: Expecting value"),
    "broken line": (json.dumps(ROW) + "\n{", LINES, 400, "the body is not application/jsonlines"),
    "number of 5000 digits": ('{"age": ' + "1" * 5000 + "}", JSON, 400, "the body is not application/json"),
    "endless nesting": ("[" * 100_000, JSON, 400, "the body is not application/json"),
    "not a number": (json.dumps([{**ROW, "price": float("nan")}]), JSON, 400, "row 0, column 'price': 'nan' is not a finite number"),
}


@pytest.mark.parametrize(("body", "kind", "status", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_a_clients_mistake_is_named(contract, body, kind, status, message):
    got = refusal_of(contract, body, kind)
    assert got.status == status
    assert message in got.message


@settings(max_examples=20)
@given(st.permutations(list(ROW)))
def test_the_order_of_columns_does_not_change_the_prediction(contract, bundle, raw_rows, order):
    raw = raw_rows(5, seed=9)
    expected = predict(bundle, rows_of(contract, raw[list(ROW)].to_csv(index=False, header=False), CSV)).probability
    for body, kind in ((raw[order].to_csv(index=False), CSV), (raw[order].to_json(orient="records"), JSON)):
        assert (predict(bundle, rows_of(contract, body, kind)).probability == expected).all()


BINARY = Predictions(np.array(["1", "0"], dtype=object), np.array([0.75, 0.25]))


def test_answers_are_written_in_the_accepted_type(contract):
    records = [{"label": "1", "probability": 0.75}, {"label": "0", "probability": 0.25}]
    answer = payload.Answer(BINARY, contract)
    for accept in (JSON, "", "*/*", "application/*", "application/json; q=1"):
        got = payload.write(answer, accept)
        assert (got.status, json.loads(got.body), got.content_type) == (200, {"predictions": records}, JSON)
    lines = payload.write(answer, LINES)
    assert ([json.loads(line) for line in lines.body.splitlines()], lines.content_type) == (records, LINES)
    table = payload.write(answer, CSV)
    assert (table.body, table.content_type) == ("1,0.75\n0,0.25\n", "text/csv; charset=utf-8")


def test_an_unknown_accept_is_406_with_those_allowed(contract):
    got = payload.write(payload.Answer(BINARY, contract), "image/png")
    assert (got.status, got.content_type) == (406, JSON)
    assert json.loads(got.body)["error"] == f"accept 'image/png' is not supported; allowed: {CSV}, {JSON}, {LINES}"


def test_a_refusal_is_json_whatever_is_accepted():
    got = payload.write(payload.Refusal(400, "row 0 is wrong", ({"row": 0},)), CSV)
    assert (got.status, got.content_type) == (400, JSON)
    assert json.loads(got.body) == {"error": "row 0 is wrong", "faults": [{"row": 0}]}


def test_a_regression_answers_values():
    contract = from_dict(
        {"name": "t", "target": "y", "problem_type": "regression", "columns": {"x": {"type": "number"}, "y": {"type": "number"}}}
    )
    answer = payload.Answer(Predictions(np.array([1.5, -2.0]), None), contract)
    assert json.loads(payload.write(answer, JSON).body) == {"predictions": [{"value": 1.5}, {"value": -2.0}]}
    assert payload.write(answer, CSV).body == "1.5\n-2.0\n"


def test_a_multiclass_answer_has_the_probability_of_every_class():
    y = {"type": "string", "allowed": ["a", "b,c", "d"]}
    contract = from_dict({"name": "t", "target": "y", "problem_type": "multiclass", "columns": {"x": {"type": "number"}, "y": y}})
    answer = payload.Answer(Predictions(np.array(["b,c"], dtype=object), np.array([[0.1, 0.7, 0.2]])), contract)
    [record] = json.loads(payload.write(answer, JSON).body)["predictions"]
    assert record == {"label": "b,c", "probability": 0.7, "probabilities": {"a": 0.1, "b,c": 0.7, "d": 0.2}}
    assert list(csv.reader(io.StringIO(payload.write(answer, CSV).body))) == [["b,c", "0.7"]]
