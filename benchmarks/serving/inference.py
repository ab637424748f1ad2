"""The least that the scikit-learn image needs: load the model, and predict one row as a table of one."""

from pathlib import Path

import joblib
import numpy


def model_fn(model_dir):  # type: ignore[no-untyped-def]
    return joblib.load(Path(model_dir) / "model.joblib")


def predict_fn(data, model):  # type: ignore[no-untyped-def]
    return model.predict(numpy.atleast_2d(data))
