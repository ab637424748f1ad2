"""Metrics that the XGBoost image computes, by the direction in which they are better.

As in aws/sagemaker-xgboost-container, constants/xgb_constants.py. Read by the stand-in and by the service beside it.
"""

MAXIMIZED = (
    "accuracy", "auc", "aucpr", "balanced_accuracy", "f1", "f1_binary", "f1_macro", "map", "ndcg", "precision", "precision_macro",
    "precision_micro", "r2", "recall", "recall_macro", "recall_micro",
)  # fmt: skip
MINIMIZED = (
    "aft-nloglik", "cox-nloglik", "error", "gamma-deviance", "gamma-nloglik", "interval-regression-accuracy", "logloss", "mae", "mape",
    "merror", "mlogloss", "mphe", "mse", "poisson-nloglik", "rmse", "rmsle", "tweedie-nloglik",
)  # fmt: skip
METRICS = MAXIMIZED + MINIMIZED
OBJECTIVES = tuple(f"validation:{name}" for name in METRICS)
