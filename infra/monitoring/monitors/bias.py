"""Bias: how differently the model treats groups of the contract's sensitive columns."""

from infra.monitoring.monitors.base import Definition, Given
from interfaces.analyzer import MODEL_BIAS
from interfaces.reports import ANALYSIS_CONFIG_FILE, ANALYSIS_FILE, BASELINES

NAME = "bias"


def parts(given: Given) -> Definition:
    return Definition(
        app={"ImageUri": given.clarify_image, "ConfigUri": f"{given.baseline}/{ANALYSIS_CONFIG_FILE}", "Environment": given.environment()},
        baseline={"ConstraintsResource": {"S3Uri": f"{given.baseline}/{BASELINES[MODEL_BIAS]}{ANALYSIS_FILE}"}},
        input=given.labelled(),
    )
