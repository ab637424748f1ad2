"""The endpoint's handlers, by the scikit-learn image's contract.

``input_fn`` never raises for a client's mistake: the image would turn it into a 500. What is wrong
travels as a `payload.Refusal` through ``predict_fn`` and becomes a 4xx response in ``output_fn``.
"""

import threading
from pathlib import Path

import capture
import flask
import joblib
import payload
from threadpoolctl import threadpool_limits

from model_code.predict import Bundle, predict

_bundle: Bundle | None = None
_requests = threading.local()
_captured = capture.from_environment()


def model_fn(model_dir: str) -> Bundle:
    """Load the artefact. The image calls this once per worker."""
    global _bundle  # noqa: PLW0603 - input_fn gets no model, and has to know its contract
    _bundle = Bundle.from_dict(joblib.load(Path(model_dir) / "model.joblib"))
    return _bundle


def input_fn(body: bytes | str, content_type: str) -> "payload.Rows | payload.Refusal":
    """Read CSV, JSON or JSON Lines into typed rows, or a refusal that names the fault."""
    if _bundle is None:
        raise RuntimeError("input_fn was called before model_fn")
    if _captured:
        _requests.asked = (body, content_type)
    return payload.read(body, content_type, _bundle.contract)


def predict_fn(data: "payload.Rows | payload.Refusal", model: Bundle) -> "payload.Answer | payload.Refusal":
    """Predict typed rows; pass a refusal on."""
    if isinstance(data, payload.Refusal):
        return data
    _one_thread()
    return payload.Answer(predict(model, data.frame), model.contract)


def _one_thread() -> None:
    """The image starts a worker per processor: a prediction that asks for all processors as well waits for the other workers.

    OpenMP keeps the number per thread, so it is set once in each thread that answers requests.
    """
    if not getattr(_requests, "limited", False):
        threadpool_limits(1, "openmp")
        _requests.limited = True


def output_fn(prediction: "payload.Answer | payload.Refusal", accept: str) -> "flask.Response":
    """Write predictions in the accepted type, or the refusal as a 4xx that the log keeps as well."""
    result = payload.write(prediction, accept)
    if result.status >= 400:
        print(payload.line(result), flush=True)
    elif _captured:
        _captured.record(_requests.asked, (result.body, result.content_type), _custom_attributes())
    return flask.Response(result.body, status=result.status, content_type=result.content_type)


def _custom_attributes() -> str:
    try:
        return str(flask.request.headers.get("X-Amzn-SageMaker-Custom-Attributes", ""))
    except RuntimeError:
        return ""  # nobody asked over HTTP
