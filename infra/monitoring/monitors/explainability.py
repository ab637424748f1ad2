"""Explainability: whether the model still leans on the same features."""

from infra.monitoring.monitors.base import Definition, Given
from interfaces.analyzer import MODEL_EXPLAINABILITY
from interfaces.reports import ANALYSIS_CONFIG_FILE, ANALYSIS_FILE, BASELINES

NAME = "explainability"


def parts(given: Given) -> Definition:
    return Definition(
        app={"ImageUri": given.clarify_image, "ConfigUri": f"{given.baseline}/{ANALYSIS_CONFIG_FILE}", "Environment": given.environment()},
        baseline={"ConstraintsResource": {"S3Uri": f"{given.baseline}/{BASELINES[MODEL_EXPLAINABILITY]}{ANALYSIS_FILE}"}},
        input=given.captured(),
    )
