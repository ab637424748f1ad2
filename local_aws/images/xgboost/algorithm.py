"""Algorithm mode of the XGBoost image: hyperparameters and channels in, ``xgboost-model`` out, metrics line by line.

As in aws/sagemaker-xgboost-container, algorithm_mode/train.py and callback.py, on one host.
"""

import xgboost

from . import data, metrics
from .errors import AlgorithmError, UserError
from .hyperparameters import validate
from .metric_names import MAXIMIZED

MODEL = "xgboost-model"
# beginnings of XGBoost's messages that are about the user's data
_ABOUT_DATA = (
    "label must be in [0,1] for logistic regression",
    "label must be in [0, num_class)",
    "Target is multiclass but average='binary'",
    "feature_names mismatch",
    "Check failed: preds.size() == info.labels_.size()",
    "the dataset only contains pos or neg samples",
    "base_score must be in (0,1) for logistic loss",
    "label must be nonnegative",
    "Parameter reg_lambda should be greater equal to 0",
)


def train(root, config):
    """Train and store the model. Raises UserError, NotHere or AlgorithmError."""
    print("Running XGBoost Sagemaker in algorithm mode", flush=True)
    values = validate(config["hyperparameters"])
    kind = data.check_channels(config["inputdataconfig"])
    weighted = values.pop("csv_weights", 0) == 1
    folders = {name: root / "input" / "data" / name for name in config["inputdataconfig"]}
    matrices = {name: data.read(folder, kind, weighted) for name, folder in folders.items()}
    for name, what in (("train", "training"), ("validation", "validation")):
        if name in matrices and matrices[name] is None:
            raise UserError(f"No data in {what} channel path {folders[name]}")
    print("Single node training.")
    print(f"Train matrix has {matrices['train'].num_row()} rows and {matrices['train'].num_col()} columns", flush=True)
    if "validation" in matrices:
        print(f"Validation matrix has {matrices['validation'].num_row()} rows", flush=True)
    booster = _boosted(values, matrices)
    booster.save_model(root / "model" / MODEL)


def _boosted(values, matrices):
    rounds = values.pop("num_round")
    patience = values.pop("early_stopping_rounds", None)
    tuned = values.pop("_tuning_objective_metric", None)
    for name in ("save_model_on_termination", "use_dask_gpu_training"):
        values.pop(name, None)
    if "updater" in values:
        values["updater"] = ",".join(values["updater"])
    asked = values.pop("eval_metric", None)
    objective = [tuned.partition(":")[2]] if tuned else None
    names = sorted({*objective, *asked}) if objective and asked else objective or asked or []
    builtin, custom = metrics.split(names)
    if builtin:
        values["eval_metric"] = builtin
    callbacks = [xgboost.callback.EvaluationMonitor()]
    watched = (objective or asked or [None])[-1]
    if patience and watched and "validation" in matrices:
        callbacks.append(
            xgboost.callback.EarlyStopping(
                rounds=patience, data_name="validation", metric_name=watched, maximize=watched in MAXIMIZED, save_best=True
            )
        )
    evaluated = [(matrices[name], name) for name in ("train", "validation") if name in matrices]
    try:
        return xgboost.train(
            values, matrices["train"], rounds, evals=evaluated, custom_metric=custom, callbacks=callbacks, verbose_eval=False
        )
    except Exception as error:
        if any(text in str(error) for text in _ABOUT_DATA):
            raise UserError(str(error)) from None
        raise AlgorithmError(f"XGB train call failed with exception:\n {error}") from None
