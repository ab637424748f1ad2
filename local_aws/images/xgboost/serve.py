"""Stand-in for the XGBoost image's serving start: the user's handlers where SAGEMAKER_PROGRAM names them, else its models.

As in aws/sagemaker-xgboost-container, serving.py and algorithm_mode/serve.py, without multi-model endpoints.
"""

import os
import threading
from pathlib import Path

from ..toolkit import handlers, http_server
from . import answers


def start(argument, descriptors):
    if os.environ.get("SAGEMAKER_PROGRAM"):
        return handlers.start(argument, {"input_fn": read, "predict_fn": predict, "output_fn": write})
    folder = Path(argument["root"]) / "model"
    return http_server.serve(argument["socket"], handlers.workers(), lambda: application(folder))


def application(folder):
    """A function of one request: (status, headers, body), as algorithm mode answers it."""
    from .model import Model
    from .payload import matrix_of

    model, lock = Model(folder), threading.Lock()

    def answer(request):
        if not request.body:
            return 204, [], b""
        with lock:
            try:
                matrix, kind = matrix_of(request.body, request.header("content-type"))
            except Exception as error:
                return _text(415, error)
            try:
                predictions = model.predict(matrix, kind)
            except Exception as error:
                return _text(400, f"Unable to evaluate payload provided: {error}")
        try:
            accept = accepted(request.header("accept"))
        except ValueError as error:
            return _text(406, error)
        try:
            body = body_of(model, predictions, accept)
        except ValueError as error:
            return _text(500, error)
        kind = accept + ("; charset=utf-8" if accept.startswith("text/") else "")
        return 200, [("Content-Type", kind)], body.encode()

    return answer


def accepted(header):
    """The content type to answer in. Raises ValueError."""
    wanted = header.split(";")[0].strip()
    if wanted in ("", "*/*"):
        return os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", "text/csv")
    if wanted.lower() not in answers.ACCEPTED:
        raise ValueError(f"Accept type {wanted} is not supported. Please use supported accept types: {', '.join(answers.ACCEPTED)}.")
    return wanted.lower()


def body_of(model, predictions, accept):
    batch = bool(os.environ.get("SAGEMAKER_BATCH"))
    if keys := os.environ.get("SAGEMAKER_INFERENCE_OUTPUT"):
        wanted = keys.replace(" ", "").lower().split(",")
        return answers.selected(predictions, wanted, model.objective, model.classes, accept, batch=batch)
    return answers.written(predictions, accept, batch=batch)


def _text(status, content):
    return status, [("Content-Type", "text/html; charset=utf-8")], str(content).encode()


# what user code that leaves a handler out gets


def read(body, content_type):
    from .payload import matrix_of

    return matrix_of(body if isinstance(body, bytes) else body.encode(), content_type)[0]


def predict(data, model):
    return model.predict(data, validate_features=False)


def write(prediction, accept):
    if accept == "application/json":
        import json

        return json.dumps(prediction.tolist()), accept
    return answers.written(prediction, accept, batch=False), accept
