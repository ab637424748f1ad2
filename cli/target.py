"""Which deployment a command speaks to: PROJECT-ENVIRONMENT in the account of the shell's credentials, local or real."""

import json
from collections.abc import Callable
from typing import Any

from cli.errors import CliError
from interfaces import layout
from interfaces.names import Names


def names_of(environment: str) -> Names:
    """``loans-dev`` → its resource names. Raises CliError."""
    project, _, stage = environment.rpartition("-")
    if not project or not stage:
        raise CliError(f"--environment: found {environment!r}; expected PROJECT-ENVIRONMENT, for example loans-dev")
    return Names(project, stage)


def endpoint_of(environment: str, hosting: str) -> str:
    """The endpoint's name. Raises CliError."""
    try:
        return names_of(environment).endpoint_of(hosting)
    except KeyError:
        raise CliError(f"--hosting: found {hosting!r}; allowed: real-time, serverless") from None


def serving_endpoint(client: Callable[[str], Any], names: Names) -> str:
    """The endpoint of the hosting kind that serves, as the Serving stack says; the real-time one's name where nothing is deployed."""
    cloudformation = client("cloudformation")
    try:
        stack = cloudformation.describe_stacks(StackName=names.serving_stack)["Stacks"][0]
    except cloudformation.exceptions.ClientError:
        return names.endpoint
    outputs = {o["OutputKey"]: o["OutputValue"] for o in stack.get("Outputs", [])}
    return str(outputs.get("EndpointName", names.endpoint))


def identified(names: Names, endpoint: str, id: str) -> dict[str, str]:
    """How a request tells its id, by which labels find it: on serverless hosting only CustomAttributes reach who captures it."""
    by_container = endpoint == names.endpoint_of("serverless")
    return {"InferenceId": id, **({"CustomAttributes": f"inference_id={id}"} if by_container else {})}


def serving_contract(client: Callable[[str], Any], names: Names, otherwise: str = "") -> dict[str, Any]:
    """The dataset contract, as plain values, that the released model was trained under.

    Raises CliError when nothing is released; ``otherwise`` says what else can be done.
    """
    cloudformation, sagemaker = client("cloudformation"), client("sagemaker")
    try:
        stack = cloudformation.describe_stacks(StackName=names.serving_stack)["Stacks"][0]
    except cloudformation.exceptions.ClientError:
        raise CliError(f"{names.serving_stack} is not deployed in this account and region{otherwise}") from None
    package = parameters(stack).get("ModelPackageArn")
    if not package:
        raise CliError(f"{names.serving_stack} has no released model yet{otherwise}")
    version = sagemaker.describe_model_package(ModelPackageName=package).get("CustomerMetadataProperties", {}).get("dataset_version")
    if version is None:
        raise CliError(f"{package} names no dataset version{otherwise}")
    account = client("sts").get_caller_identity()["Account"]
    bucket = names.bucket("data", account, sagemaker.meta.region_name)
    manifest = json.loads(client("s3").get_object(Bucket=bucket, Key=layout.manifest_key(version))["Body"].read())
    return dict(manifest["contract"])


def parameters(stack: dict[str, Any]) -> dict[str, str]:
    """The parameters of a described stack."""
    return {p["ParameterKey"]: p["ParameterValue"] for p in stack.get("Parameters", [])}
