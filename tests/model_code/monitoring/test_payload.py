"""Rows of captured bodies, whatever their content type and encoding."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_code.monitoring.payload import Unreadable, rows


def side(data, kind, encoding):
    return {"data": data, "observedContentType": kind, "encoding": encoding, "mode": "INPUT"}


@pytest.mark.parametrize(
    ("data", "kind", "encoding", "expected"),
    [
        ("1,a", "text/csv", "CSV", [["1", "a"]]),
        ("1,a\n2,b\n", "text/csv; charset=utf-8", "CSV", [["1", "a"], ["2", "b"]]),
        ('1,"a,b"\r\n2,"c\nd"', "text/csv", "CSV", [["1", "a,b"], ["2", "c\nd"]]),
        ("1,a", None, "CSV", [["1", "a"]]),
        ('{"x": 1, "s": "a", "t": true, "n": null}', "application/json", "JSON", [{"x": "1", "s": "a", "t": "true", "n": None}]),
        ('[{"x": 1.0}, {"x": 2}]', "application/json", "JSON", [{"x": "1.0"}, {"x": "2"}]),
        ('{"instances": [[1, "a"], [2, null]]}', "application/json", "JSON", [["1", "a"], ["2", None]]),
        ('{"instances": [{"features": [1, 2]}]}', "application/json", "JSON", [["1", "2"]]),
        ('{"predictions": [0.5, 0.25]}', "application/json", "JSON", [["0.5"], ["0.25"]]),
        ('{"x": 1}\n{"x": 2}\n', "application/jsonlines", "JSON", [{"x": "1"}, {"x": "2"}]),
        ('{"x": 1}\n{"x": 2}\n', "application/json", "JSON", [{"x": "1"}, {"x": "2"}]),
        ("0.5", "application/json", "JSON", [["0.5"]]),
        ('{"probabilities": {"a": 0.1}}', "application/json", "JSON", [{"probabilities": '{"a": 0.1}'}]),
    ],
)
def test_a_body_gives_its_rows(data, kind, encoding, expected):
    assert rows(side(data, kind, encoding)) == expected
    if kind:
        assert rows(side(base64.b64encode(data.encode()).decode(), kind, "BASE64")) == expected


@pytest.mark.parametrize(
    ("data", "kind", "encoding"),
    [
        (None, "text/csv", "CSV"),
        ("!!!", "text/csv", "BASE64"),
        (base64.b64encode(b"\xff\xfe\xfa").decode(), "text/csv", "BASE64"),
        (base64.b64encode(b"png").decode(), "image/png", "BASE64"),
        ("1,2", "text/csv", "ZIP"),
        ('1,"open', "text/csv", "CSV"),
        ("{broken", "application/json", "JSON"),
        ("[" * 100_000, "application/json", "JSON"),
    ],
)
def test_what_holds_no_rows_is_told_apart(data, kind, encoding):
    with pytest.raises(Unreadable):
        rows(side(data, kind, encoding))


@given(
    st.text(), st.sampled_from(["text/csv", "application/json", "application/jsonlines", "x/y"]), st.sampled_from(["CSV", "JSON", "BASE64"])
)
def test_no_body_breaks_the_reader(data, kind, encoding):
    try:
        found = rows(side(data, kind, encoding))
    except Unreadable:
        return
    assert json.dumps(found) is not None
