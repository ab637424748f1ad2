"""Hyperparameters of the XGBoost image's algorithm mode: which there are, what they may be, what they ask of each other.

As in aws/sagemaker-xgboost-container, algorithm_mode/hyperparameter_validation.py. Standard library only.
"""

import ast
import math
import re

from .errors import NotHere, UserError
from .metric_names import METRICS, OBJECTIVES

REQUIRED = ("num_round",)
ALIASES = {"learning_rate": "eta", "min_split_loss": "gamma", "reg_lambda": "lambda", "reg_alpha": "alpha"}
INTEGERS = {
    "num_round": "[1, inf)", "csv_weights": "[0, 1]", "early_stopping_rounds": "[1, inf)", "verbosity": "[0, 3]", "nthread": "[1, inf)",
    "max_depth": "[0, inf)", "refresh_leaf": "[0, 1]", "max_leaves": "[0, inf)", "max_bin": "[0, inf)", "one_drop": "[0, 1]",
    "num_class": "[2, inf)", "_kfold": "[2, inf)", "_num_cv_round": "[1, inf)", "seed": "(-2147483648, 2147483647)",
    "num_parallel_tree": "[1, inf)", "prob_buffer_row": "(1, inf)",
}  # fmt: skip
FLOATS = {
    "eta": "[0, 1]", "gamma": "[0, inf)", "min_child_weight": "[0, inf)", "max_delta_step": "[0, inf)", "subsample": "(0, 1]",
    "colsample_bytree": "(0, 1]", "colsample_bylevel": "(0, 1]", "colsample_bynode": "(0, 1]", "lambda": "[0, inf)", "alpha": "[0, inf)",
    "sketch_eps": "(0, 1)", "scale_pos_weight": "(0, inf)", "rate_drop": "[0, 1]", "skip_drop": "[0, 1]", "lambda_bias": "[0, 1]",
    "tweedie_variance_power": "(1, 2)", "base_score": "[0, inf)", "aft_loss_distribution_scale": "[0, inf)",
}  # fmt: skip
_BOOLEAN = ("true", "false")
CHOICES = {
    "booster": ("gbtree", "gblinear", "dart"),
    "tree_method": ("auto", "exact", "approx", "hist", "gpu_hist"),
    "dsplit": ("row", "col"),
    "process_type": ("default", "update"),
    "grow_policy": ("depthwise", "lossguide"),
    "predictor": ("auto", "cpu_predictor", "gpu_predictor"),
    "sample_type": ("uniform", "weighted"),
    "normalize_type": ("tree", "forest"),
    "objective": (
        "aft_loss_distribution", "binary:logistic", "binary:logitraw", "binary:hinge", "count:poisson", "multi:softmax", "multi:softprob",
        "rank:pairwise", "rank:ndcg", "rank:map", "reg:linear", "reg:squarederror", "reg:logistic", "reg:gamma", "reg:pseudohubererror",
        "reg:squaredlogerror", "reg:absoluteerror", "reg:tweedie", "survival:aft", "survival:cox",
    ),
    "_tuning_objective_metric": OBJECTIVES,
    "save_model_on_termination": _BOOLEAN,
    "aft_loss_distribution": ("normal", "logistic", "extreme"),
    "deterministic_histogram": _BOOLEAN,
    "sampling_method": ("uniform", "gradient_based"),
    "use_dask_gpu_training": _BOOLEAN,
}  # fmt: skip
LISTS = ("updater", "eval_metric")
LITERALS = ("monotone_constraints", "interaction_constraints")
KNOWN = (*INTEGERS, *FLOATS, *CHOICES, *LISTS, *LITERALS)
_GROWING = ("grow_colmaker", "distcol", "grow_histmaker", "grow_quantile_histmaker")
_UPDATERS = (*_GROWING, "grow_skmaker", "sync", "refresh", "prune")
_LINEAR_UPDATERS = ("shotgun", "coord_descent")
_WITH_THRESHOLD = ("error", "ndcg", "map")


def validate(given):
    """Values by name, in their types. Raises UserError naming the hyperparameter, what was found and what is allowed."""
    given = {ALIASES.get(name, name): value for name, value in given.items()}
    for name in REQUIRED:
        if name not in given:
            raise UserError(f"Missing required hyperparameter: {name}")
    for name in given:
        if name not in KNOWN:
            raise UserError(f"Extraneous hyperparameter found: {name}; allowed: {', '.join(sorted(KNOWN))}")
    values = {name: _value(name, text) for name, text in given.items()}
    _together(values)
    _refused(values)
    return values


def _value(name, text):
    if name in INTEGERS or name in FLOATS:
        parse, interval = (int, INTEGERS[name]) if name in INTEGERS else (float, FLOATS[name])
        value = _parsed(name, text, parse)
        if not within(value, interval):
            raise UserError(f"Hyperparameter {name}: {value} is not in {interval}")
        return value
    if name in CHOICES:
        if text not in CHOICES[name]:
            raise UserError(f"Hyperparameter {name}: {text} is not in {list(CHOICES[name])}")
        return text
    if name in LITERALS:
        value = _parsed(name, text, ast.literal_eval)
        flat = value if name == "monotone_constraints" else [v for group in value for v in group]
        if any(v not in (-1, 0, 1) if name == "monotone_constraints" else v < 1 for v in flat):
            raise UserError(f"Hyperparameter {name}: value {text} not in range {'-1, 0, 1' if value is flat else '[1, inf)'}")
        return value
    parts = text.split(",")
    allowed = METRICS if name == "eval_metric" else (*_UPDATERS, *_LINEAR_UPDATERS)
    for part in parts:
        if not (_threshold(part) if name == "eval_metric" and "@" in part else part in allowed):
            raise UserError(f"Hyperparameter {name}: value {parts} not in range {list(allowed)}")
    return parts


def _parsed(name, text, parse):
    try:
        return parse(text)
    except (ValueError, SyntaxError, TypeError):
        raise UserError(f"Hyperparameter {name}: could not parse value {text!r}") from None


def within(value, interval):
    """Whether a number lies in an interval such as ``(0, 1]``."""
    left, low, high, right = re.fullmatch(r"([\[(])(.+), (.+)([\])])", interval).groups()
    above = value >= float(low) if left == "[" else value > float(low)
    below = value <= float(high) if right == "]" else value < float(high)
    return above and below and not math.isnan(value)


def _threshold(metric):
    name, _, limit = metric.partition("@")
    if name.strip() not in _WITH_THRESHOLD:
        raise UserError(f"Metric '{metric}' is not supported: a threshold goes with one of {', '.join(_WITH_THRESHOLD)}")
    _parsed(f"eval_metric {name}@", limit, float)
    return True


def _together(values):
    """What one hyperparameter asks of another."""
    objective, metrics = values.get("objective"), values.get("eval_metric", [])
    if objective in ("multi:softmax", "multi:softprob") and "num_class" not in values:
        raise UserError("Require input for parameter 'num_class' for multi-classification")
    if metrics and objective is None:
        raise UserError("Hyperparameter eval_metric: the image needs an objective beside it")
    if "auc" in metrics and not objective.startswith(("binary:", "rank:")):
        raise UserError(f"Metric 'auc' can only be applied for classification and ranking problems, and the objective is {objective}")
    if "aft-nloglik" in metrics and objective != "survival:aft":
        raise UserError(f"Metric 'aft-nloglik' can only be applied for 'survival:aft' objective, and the objective is {objective}")
    for name, methods in (("monotone_constraints", ("exact", "hist")), ("interaction_constraints", ("exact", "hist", "approx"))):
        if name in values and values.get("tree_method") not in methods:
            raise UserError(f"{name} can be used only when the tree_method parameter is set to one of {', '.join(methods)}")
    if "updater" in values:
        _check_updaters(values["updater"], values)


def _check_updaters(updaters, values):
    if values.get("booster") == "gblinear":
        if len(updaters) != 1 or updaters[0] not in _LINEAR_UPDATERS:
            raise UserError(f"Linear updater should be one of these options: {', '.join(_LINEAR_UPDATERS)}")
    elif values.get("process_type") == "update":
        if any(u not in ("refresh", "prune") for u in updaters):
            raise UserError("process_type 'update' can only be used with updater 'refresh' and 'prune'")
    elif any(u not in _UPDATERS for u in updaters):
        raise UserError(f"Tree updater should be selected from these options: {', '.join(_UPDATERS)}")
    elif sum(u in _GROWING for u in updaters) > 1:
        raise UserError(f"Only one tree grow plugin can be selected. Choose one of: {', '.join(_GROWING)}")


def _refused(values):
    """What the image does with these, and the stand-in does not."""
    if "_kfold" in values or "_num_cv_round" in values:
        raise NotHere("cross validation (hyperparameter _kfold)")
    if values.get("save_model_on_termination") == "true":
        raise NotHere("models of stopped jobs (hyperparameter save_model_on_termination)")
    if values.get("use_dask_gpu_training") == "true":
        raise UserError("Some configurations unsuitable for Dask GPU training were found: the instance has no GPU")
