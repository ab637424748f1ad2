"""Whatever body the endpoint answers, the analyzer and retraining read the same rows of it."""

import csv
import io
import json
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interfaces.contract import from_dict
from model_code.collect import production
from model_code.monitoring import cells
from model_code.monitoring.capture import Decoder
from model_code.monitoring.labels import Labels
from model_code.monitoring.records import Layout
from pipeline_steps.serving import payload

CONTRACT = from_dict(
    {
        "name": "v",
        "target": "y",
        "positive_label": "1",
        "problem_type": "binary",
        "identifiers": ["id"],
        "exclude": ["p", "q", "r"],
        "columns": {
            **{name: {"type": "string", "nullable": True} for name in ("id", "p", "q", "r", "s")},
            "n": {"type": "number", "nullable": True},
            "i": {"type": "integer", "nullable": True},
            "b": {"type": "boolean", "nullable": True},
            "y": {"type": "integer", "allowed": ["0", "1"]},
        },
    }
)
FEATURES = [c.name for c in CONTRACT.features]
KINDS = {"text/csv": "CSV", "application/json": "JSON", "application/jsonlines": "JSON"}
LAYOUT = Layout(tuple(FEATURES), known=tuple(c.name for c in CONTRACT.columns))
TEXTS = st.one_of(st.text(max_size=4), st.sampled_from(["s", "n", "p", "x,y", 'say "a"', "line\nbreak", "\u2028", "NA", " ", "\ufeff"]))
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "n": st.one_of(st.none(), st.floats(-1e6, 1e6), st.sampled_from([".5", "5.", "-.5", " 3 ", "1e5", "nan", 7])),
    "i": st.one_of(st.none(), st.integers(-(10**6), 10**6), st.sampled_from(["3.0", "1e3", ""])),
    "b": st.one_of(st.none(), st.booleans(), st.sampled_from(["yes", "F", "0"])),
    "s": st.one_of(st.none(), TEXTS, st.integers(0, 9), st.just(float("nan"))),
}


def record(body: str, kind: str) -> bytes:
    given = {"observedContentType": kind, "mode": "INPUT", "data": body, "encoding": KINDS[kind]}
    answered = {"observedContentType": "text/csv", "mode": "OUTPUT", "data": "1,0.5\n" * 2, "encoding": "CSV"}
    metadata = {"eventId": "e", "inferenceTime": "2026-01-01T00:00:00Z"}
    captured = {"endpointInput": given, "endpointOutput": answered}
    return (json.dumps({"captureData": captured, "eventMetadata": metadata, "eventVersion": "0"}) + "\n").encode()


def check(body: str, kind: str) -> bool:
    """False where the endpoint refuses the body; else the analyzer must have its rows."""
    answer = payload.read(body.encode("utf-8", "replace"), kind, CONTRACT)
    if isinstance(answer, payload.Refusal):
        return False
    decoder = Decoder(LAYOUT)
    decoded = decoder.decode(record(body.encode("utf-8", "replace").decode(), kind))
    found = cells.typed(cells.features(decoded.given, CONTRACT), CONTRACT)
    pd.testing.assert_frame_equal(found, answer.frame)
    return True


@st.composite
def bodies(draw: st.DrawFn) -> tuple[str, str]:
    kind = draw(st.sampled_from(list(KINDS)))
    names = draw(st.permutations([*FEATURES, *draw(st.sets(st.sampled_from(["p", "q", "r", "id"])))]))
    named = draw(st.booleans())
    names = names if named else FEATURES
    rows = [[draw(VALUES.get(name, TEXTS)) for name in names] for _ in range(draw(st.integers(1, 3)))]
    if kind == "text/csv":
        out = io.StringIO()
        writer = csv.writer(out, lineterminator=draw(st.sampled_from(["\n", "\r\n"])))
        writer.writerows([*([names] if named else []), *rows])
        return draw(st.sampled_from(["", "\ufeff"])) + out.getvalue(), kind
    listed: list[Any] = [dict(zip(names, row, strict=True)) if named else row for row in rows]
    if kind == "application/jsonlines":
        return "\n".join(json.dumps(row) for row in listed) + "\n", kind
    return json.dumps(draw(st.sampled_from([listed, {"instances": listed}, listed[0] if named else listed]))), kind


@given(bodies())
@settings(max_examples=80, deadline=None)
def test_what_the_endpoint_accepts_is_captured_as_the_same_rows(body: tuple[str, str]) -> None:
    check(*body)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ('["x", 1, 2, true]\n["y", 2, 3, false]\n', "application/jsonlines"),
        ('["x", 1, 2, true]', "application/jsonlines"),
        ("s,n,i,b,p,q,r,id\nx,1,2,true,a,b,c,d\n", "text/csv"),
        ("p,q,r,id,b,i,n,s\na,b,c,d,true,2,.5,x\n", "text/csv"),
        ("\ufeffx,1,2,true", "text/csv"),
        ('"x\u2028y",1,2,true\n', "text/csv"),
        ('[["s", 1, 2, true]]', "application/json"),
        ('[{"s": NaN, "n": 1, "i": 2, "b": true}]', "application/json"),
    ],
)
def test_forms_that_are_easily_read_otherwise(body: str, kind: str) -> None:
    assert check(body, kind)


def label(count: int) -> Labels:
    labels = Labels()
    truth = {"data": "\n".join("10"[:count]), "encoding": "CSV"}
    labels.add([json.dumps({"groundTruthData": truth, "eventMetadata": {"eventId": "e"}})])
    return labels


def test_retraining_learns_from_rows_and_never_from_gaps_in_their_place() -> None:
    read = production([record('["x", 1, 2, true]\n["y", 2, 3, false]\n', "application/jsonlines")], label(2), CONTRACT)
    assert read[FEATURES].to_numpy().tolist() == [["x", "1", "2", "true"], ["y", "2", "3", "false"]]
    labels = label(2)
    nothing = production([record("1,2\n3,4\n", "text/csv")], labels, CONTRACT)
    assert (len(nothing), labels.counts(0, 0).unmatched) == (0, 0)
