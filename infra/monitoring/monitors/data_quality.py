"""Data quality: types, completeness and drift of what is asked and answered."""

from infra.monitoring.monitors.base import Definition, Given
from interfaces.reports import CONSTRAINTS_FILE, STATISTICS_FILE

NAME = "data-quality"


def parts(given: Given) -> Definition:
    return Definition(
        app={"ImageUri": given.model_monitor_image, "Environment": given.environment()},
        baseline={
            "ConstraintsResource": {"S3Uri": f"{given.baseline}/{CONSTRAINTS_FILE}"},
            "StatisticsResource": {"S3Uri": f"{given.baseline}/{STATISTICS_FILE}"},
        },
        input=given.captured(),
    )
