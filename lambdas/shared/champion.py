"""The model that serves, as a parameter of the pipeline: whoever starts an execution passes it along, and the gate asks for it."""

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from interfaces.pipeline_settings import CHAMPION_PARAMETER


@dataclass(frozen=True)
class Champion:
    """What the Serving stack holds: the package, and its artefact. Empty where the package was deleted: then it cannot be told."""

    package: str
    artefact: str


def champion(cloudformation: Any, sagemaker: Any, serving_stack: str) -> Champion | None:
    """What serves; None where nothing does."""
    try:
        stack = cloudformation.describe_stacks(StackName=serving_stack)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in error.response["Error"]["Message"]:
            return None
        raise
    package = {p["ParameterKey"]: p["ParameterValue"] for p in stack.get("Parameters", [])}.get("ModelPackageArn")
    if not package:
        return None
    try:
        described = sagemaker.describe_model_package(ModelPackageName=package)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationException":  # which is what a package that does not exist is answered with
            raise
        return Champion(package, "")
    return Champion(package, described["InferenceSpecification"]["Containers"][0]["ModelDataUrl"])


def champion_parameters(found: Champion | None) -> list[dict[str, str]]:
    """The pipeline parameter that names the artefact of what serves.

    None where nothing does, which is the parameter's default, nor where it cannot be told: the model is trained all the same, and
    the gate, which looks for itself, leaves it for a person.
    """
    return [{"Name": CHAMPION_PARAMETER, "Value": found.artefact}] if found and found.artefact else []
