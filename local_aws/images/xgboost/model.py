"""The model or models in /opt/ml/model, as the XGBoost image loads and asks them.

As in aws/sagemaker-xgboost-container, algorithm_mode/serve_utils.py: pickled boosters or XGBoost's own files, and several of
them as an ensemble.
"""

import json
import os
import pickle

import numpy
import xgboost


class Model:
    """Boosters and what is known about them."""

    def __init__(self, folder):
        paths = sorted(p for p in folder.iterdir() if p.is_file() and not p.name.startswith("."))
        if not paths:
            raise RuntimeError(f"there is no model in {folder}")
        together = os.environ.get("SAGEMAKER_INFERENCE_ENSEMBLE", "true") == "true"
        loaded = [_loaded(path) for path in (paths if together else paths[:1])]
        self.boosters = [booster for booster, _ in loaded]
        self._pickled = loaded[0][1]
        learner = json.loads(self.boosters[0].save_config())["learner"]
        self.objective = learner["objective"]["name"]
        self.classes = int(learner["learner_model_param"].get("num_class") or 0)

    def predict(self, matrix, kind):
        """Raises ValueError for features that the model does not have."""
        if self._pickled:
            self._check_width(matrix.num_col(), kind)
        found = [b.predict(matrix, validate_features=False) for b in self.boosters]
        if len(found) == 1:
            return found[0]
        if self.objective in ("multi:softmax", "binary:hinge"):
            return numpy.apply_along_axis(lambda votes: numpy.bincount(votes.astype(int)).argmax(), 0, numpy.array(found)).astype(float)
        return numpy.mean(found, axis=0)

    def _check_width(self, given, kind):
        trained = self.boosters[0].num_features()
        if kind == "libsvm" and given > trained + 1:
            raise ValueError(f"Feature size of libsvm inference data {given} is larger than feature size of trained model {trained}.")
        if kind == "csv" and trained - given not in (0, 1):
            raise ValueError(f"Feature size of csv inference data {given} is not consistent with feature size of trained model {trained}.")


def _loaded(path):
    """(booster, whether it was pickled). Raises RuntimeError."""
    pickled = True
    try:
        booster = pickle.loads(path.read_bytes())
    except Exception as first:
        pickled, booster = False, xgboost.Booster()
        try:
            booster.load_model(path)
        except Exception as second:
            raise RuntimeError(f"Model {path} cannot be loaded:\nPickle load error={first}\nXGB load model error={second}") from None
    booster.set_param("nthread", 1)
    return booster, pickled
