"""The handlers answer as the scikit-learn image calls them, and never raise for a client's mistake."""

import json
import threading

import flask
import inference
import joblib
import pytest

from model_code.predict import predict

LINE = b"2026-01-01,10.5,33,Bern,f,true"


@pytest.fixture(scope="module")
def loaded(bundle, tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    joblib.dump(bundle.to_dict(), folder / "model.joblib")
    return inference.model_fn(str(folder))


def invoke(model, body, content_type, accept) -> flask.Response:
    return inference.output_fn(inference.predict_fn(inference.input_fn(body, content_type), model), accept)


def test_a_request_is_answered_with_the_models_prediction(loaded, bundle):
    response = invoke(loaded, LINE, "text/csv", "application/json")
    assert (response.status_code, response.content_type) == (200, "application/json")
    expected = predict(bundle, inference.input_fn(LINE, "text/csv").frame)
    assert json.loads(response.get_data()) == {"predictions": [{"label": expected.predicted[0], "probability": expected.probability[0]}]}


def test_a_batch_has_one_answer_per_row(loaded):
    response = invoke(loaded, b"\n".join([LINE] * 7), "text/csv", "text/csv")
    assert len(response.get_data(as_text=True).splitlines()) == 7


@pytest.mark.parametrize(
    ("body", "content_type", "accept", "status"),
    [
        (b"2026-01-01,cheap,33,Bern,f,true", "text/csv", "text/csv", 400),
        (LINE, "image/png", "text/csv", 415),
        (LINE, "text/csv", "image/png", 406),
    ],
)
def test_a_clients_mistake_is_a_4xx_with_its_reason(loaded, body, content_type, accept, status):
    response = invoke(loaded, body, content_type, accept)
    assert (response.status_code, response.content_type) == (status, "application/json")
    assert set(json.loads(response.get_data())) == {"error", "faults"}


@pytest.mark.parametrize(
    ("body", "content_type", "accept", "line"),
    [
        (
            b"2026-01-01,cheap,33,Bern,f,true",
            "text/csv",
            "text/csv",
            "refused with 400: row 0, column price: is not a finite number; allowed: a number",
        ),
        (b'[{"price": 3}]', "application/json", "text/csv", "refused with 400: row 0 lacks the column seen_at"),
        (b"[3]", "application/json", "text/csv", "refused with 400: row 0: is no row; allowed: an object or a list"),
        (LINE, "image/png", "text/csv", "refused with 415: content type 'image/png' is not supported"),
        (LINE, "text/csv", "image/png", "refused with 406: accept 'image/png' is not supported"),
    ],
)
def test_a_refusal_is_logged_without_the_value(loaded, capsys, body, content_type, accept, line):
    invoke(loaded, body, content_type, accept)
    (logged,) = capsys.readouterr().out.splitlines()
    assert logged.startswith(line) and "cheap" not in logged and "[3]" not in logged


def test_an_answer_is_not_logged(loaded, capsys):
    invoke(loaded, LINE, "text/csv", "text/csv")
    assert not capsys.readouterr().out


def test_rows_before_a_model_are_our_own_mistake(monkeypatch):
    monkeypatch.setattr(inference, "_bundle", None)
    with pytest.raises(RuntimeError, match="before model_fn"):
        inference.input_fn(LINE, "text/csv")


def test_a_prediction_takes_one_processor_as_the_image_has_a_worker_for_each(loaded, monkeypatch):
    asked = []
    monkeypatch.setattr(inference, "threadpool_limits", lambda *limits: asked.append(limits))

    def requests() -> None:
        for _ in range(2):
            inference.predict_fn(inference.input_fn(LINE, "text/csv"), loaded)

    for _ in range(2):  # OpenMP keeps the number per thread
        thread = threading.Thread(target=requests)
        thread.start()
        thread.join()
    assert asked == [(1, "openmp")] * 2
