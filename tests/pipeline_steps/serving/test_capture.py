"""The container's own capture has the form of SageMaker's, and never costs an answer."""

import json
import re
from datetime import UTC, datetime

import capture
import flask
import inference
import joblib
import pytest

from model_code.monitoring.capture import Decoder
from model_code.monitoring.records import Layout

AT = datetime(2026, 1, 31, 13, 5, 7, 89_000, tzinfo=UTC)
LINE = "2026-01-01,10.5,33,Bern,f,true"


class Bucket(dict):
    def __call__(self, bucket: str, key: str, content: bytes) -> None:
        self[f"{bucket}/{key}"] = content


def capture_to(bucket, percent=100.0):
    return capture.Capture("s3://data/capture/e/AllTraffic", percent, bucket, lambda: AT)


def test_a_record_has_the_form_and_the_place_of_a_genuine_one():
    bucket = Bucket()
    capture_to(bucket).record(("1,2", "text/csv"), ("0,0.25\n", "text/csv; charset=utf-8"), "trace=1, inference_id=loan-7")
    ((key, content),) = bucket.items()
    assert re.fullmatch(r"data/capture/e/AllTraffic/2026/01/31/13/05-07-089-[0-9a-f-]{36}\.jsonl", key)
    record = json.loads(content)
    event = record["eventMetadata"].pop("eventId")
    assert content.endswith(b"\n") and b": " not in content.replace(b"; charset", b"") and len(event) == 36
    assert record == {
        "captureData": {
            "endpointInput": {"observedContentType": "text/csv", "mode": "INPUT", "data": "1,2", "encoding": "CSV"},
            "endpointOutput": {"observedContentType": "text/csv; charset=utf-8", "mode": "OUTPUT", "data": "0,0.25\n", "encoding": "CSV"},
        },
        "eventMetadata": {
            "customAttributes": ["trace=1, inference_id=loan-7"],
            "inferenceId": "loan-7",
            "inferenceTime": "2026-01-31T13:05:07Z",
        },
        "eventVersion": "0",
    }


def test_the_analyzer_reads_what_the_container_wrote():
    bucket = Bucket()
    capture_to(bucket).record(('[{"x": 1, "y": "a"}]', "application/json"), ('{"predictions": [{"label": "no"}]}', "application/json"))
    capture_to(bucket).record(("2,b", "text/csv"), ("yes,0.9", "text/csv"))
    decoder = Decoder(Layout(("x", "y")), "2026-01-31T13:00:00Z", "2026-01-31T14:00:00Z")
    decoded = decoder.decode(b"".join(bucket.values()))
    assert sorted(map(str, decoded.inputs["x"].to_pylist())) == ["1", "2"]
    assert sorted(decoded.answers["prediction"].to_pylist()) == ["no", "yes"]
    assert not decoder.tally.faults and decoder.tally.rows == 2


def test_other_bodies_are_base64_and_sampling_is_kept():
    bucket = Bucket()
    capture_to(bucket).record((b"\x01\xff", "application/x-npy"), (b"x", "text/csv"))
    assert json.loads(next(iter(bucket.values())))["captureData"]["endpointInput"]["data"] == "Af8="
    none, some = Bucket(), Bucket()
    capture_to(none, 0).record(("1", "text/csv"), ("1", "text/csv"))
    for _ in range(400):
        capture_to(some, 25).record(("1", "text/csv"), ("1", "text/csv"))
    assert not none and 50 < len(some) < 150


def test_what_cannot_be_written_is_told_and_costs_no_answer(capsys):
    def refuse(*_):
        raise ConnectionError("no route")

    capture_to(refuse).record(("1", "text/csv"), ("1", "text/csv"))
    assert "not captured: ConnectionError: no route" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("variables", "captures"),
    [({}, False), ({"CAPTURE_URI": "s3://b/p"}, True), ({"CAPTURE_URI": "s3://b/p", "SAGEMAKER_BATCH": "true"}, False)],
)
def test_only_an_endpoint_that_is_told_to_captures(variables, captures, monkeypatch):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert (capture.from_environment() is not None) == captures


def test_the_handlers_capture_answers_and_no_refusals(bundle, tmp_path, monkeypatch):
    joblib.dump(bundle.to_dict(), tmp_path / "model.joblib")
    model, bucket = inference.model_fn(str(tmp_path)), Bucket()
    monkeypatch.setattr(inference, "_captured", capture_to(bucket))

    def ask(body: str) -> int:
        return inference.output_fn(inference.predict_fn(inference.input_fn(body, "text/csv"), model), "text/csv").status_code

    assert ask(LINE) == 200  # outside a request as well, as the measuring step asks
    with flask.Flask("x").test_request_context(headers={"X-Amzn-SageMaker-Custom-Attributes": "inference_id=a"}):
        assert (ask(LINE), ask("2026-01-01,cheap,33,Bern,f,true")) == (200, 400)
    ids = [json.loads(content)["eventMetadata"].get("inferenceId") for content in bucket.values()]
    assert ids == [None, "a"]
    assert json.loads(next(iter(bucket.values())))["captureData"]["endpointInput"]["data"] == LINE
