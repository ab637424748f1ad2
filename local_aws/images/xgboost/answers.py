"""How the XGBoost image writes predictions: csv, json, and what SAGEMAKER_INFERENCE_OUTPUT selects of them.

As in aws/sagemaker-xgboost-container, algorithm_mode/serve.py and serve_utils.py.
"""

import json

import numpy

ACCEPTED = ("application/json", "application/jsonlines", "application/x-recordio-protobuf", "text/csv")
_SCORES = ("predicted_label", "labels", "raw_score", "raw_scores")
_PROBABILITIES = ("predicted_label", "labels", "probability", "probabilities", "raw_score", "raw_scores")
SELECTABLE = {
    **{f"reg:{name}": ("predicted_score",) for name in ("squarederror", "logistic", "gamma", "absoluteerror", "tweedie")},
    "binary:logistic": _PROBABILITIES,
    "binary:logitraw": _SCORES,
    "binary:hinge": _SCORES,
    "multi:softmax": _SCORES,
    "multi:softprob": _PROBABILITIES,
}


def written(predictions, accept, *, batch):
    """The body of an answer. In a batch transform every prediction is a line, whatever is accepted. Raises ValueError."""
    if batch:
        return "\n".join(map(str, predictions.tolist())) + "\n"
    if accept == "application/json":
        return json.dumps({"predictions": [{"score": p} for p in predictions.tolist()]})
    if accept == "text/csv":
        rows = predictions.tolist() if predictions.ndim > 1 else [[p] for p in predictions.tolist()]
        return "".join(",".join(map(str, row)) + "\n" for row in rows)
    raise ValueError(
        f"{accept} is for selected content (SAGEMAKER_INFERENCE_OUTPUT); predictions are written as text/csv or application/json"
    )


def selected(predictions, keys, objective, classes, accept, *, batch):
    """The body of an answer with the contents that were asked for. Raises ValueError."""
    if objective not in SELECTABLE:
        raise ValueError(f"Objective `{objective}` unsupported for selectable inference predictions.")
    found = [{key: _content(key, raw, objective, classes) for key in keys} for raw in predictions]
    if accept == "application/json":
        return json.dumps({"predictions": found})
    if accept == "application/jsonlines":
        return "".join(json.dumps(record) + "\n" for record in found)
    if accept == "text/csv":
        lines = [",".join(f'"{v}"' if isinstance(v, list) else str(v) for v in record.values()) for record in found]
        return "\n".join(lines) + ("\n" if batch else "")
    raise ValueError(f"the stand-in of the local AWS does not write {accept}; it writes application/json, application/jsonlines, text/csv")


def _content(key, raw, objective, classes):
    """One content of one prediction; not a number where the objective has none of it."""
    if key not in SELECTABLE[objective]:
        return numpy.nan
    if key == "labels":
        return [0, 1] if objective.startswith("binary:") else list(range(classes))
    if objective == "multi:softprob":
        best = {
            "predicted_label": lambda: int(raw.argmax()),
            "probability": lambda: float(raw.max()),
            "raw_score": lambda: float(raw.max()),
        }
        return best[key]() if key in best else raw.tolist()
    value = raw.item()
    if key in ("raw_scores", "probabilities"):
        return [1.0 - value, value]
    if key == "predicted_label" and objective in ("binary:logistic", "binary:logitraw"):
        return int(value > (0.5 if objective == "binary:logistic" else 0))
    return value
