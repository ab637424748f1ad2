"""The model that serves, as a parameter of the pipeline: whoever starts an execution passes it along."""

from typing import Any

from botocore.exceptions import ClientError

from interfaces.pipeline_settings import CHAMPION_PARAMETER


def champion_parameters(cloudformation: Any, sagemaker: Any, serving_stack: str) -> list[dict[str, str]]:
    """The pipeline parameter that names the artefact of what serves; none where nothing does, which is the parameter's default."""
    try:
        stack = cloudformation.describe_stacks(StackName=serving_stack)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in error.response["Error"]["Message"]:
            return []
        raise
    package = {p["ParameterKey"]: p["ParameterValue"] for p in stack.get("Parameters", [])}.get("ModelPackageArn")
    if not package:
        return []
    container = sagemaker.describe_model_package(ModelPackageName=package)["InferenceSpecification"]["Containers"][0]
    return [{"Name": CHAMPION_PARAMETER, "Value": container["ModelDataUrl"]}]
