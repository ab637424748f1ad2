"""Model quality: predictions against ground truth, as it comes."""

from infra.monitoring.monitors.base import Definition, Given
from interfaces.analyzer import MODEL_QUALITY, PROBLEM_TYPES
from interfaces.reports import BASELINES, CONSTRAINTS_FILE

NAME = "model-quality"


def parts(given: Given) -> Definition:
    problem = given.contract.problem_type
    spelt = {ours: theirs for theirs, ours in PROBLEM_TYPES.items()}[problem]
    # names of our endpoint's answer per row; Model Monitor's image reads them from application/jsonlines
    attributes = {"InferenceAttribute": "value"} if problem == "regression" else {"InferenceAttribute": "label"}
    return Definition(
        app={"ImageUri": given.model_monitor_image, "ProblemType": spelt, "Environment": given.environment()},
        baseline={"ConstraintsResource": {"S3Uri": f"{given.baseline}/{BASELINES[MODEL_QUALITY]}{CONSTRAINTS_FILE}"}},
        input=given.labelled(**attributes),
    )
