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


def ask(environment: str) -> dict[str, Any]:
    """What `collect` finds there. Raises CliError when nothing is deployed."""
    import boto3

    from cli.collect import collect

    found = collect(boto3.client, names_of(environment))
    if not found["stacks"]:
        raise CliError(f"nothing is deployed as {environment} in this account and region")
    return found


def serving_contract(client: Callable[[str], Any], names: Names) -> dict[str, Any]:
    """The dataset contract, as plain values, that the released model was trained under. Raises CliError when nothing is released."""
    cloudformation, sagemaker = client("cloudformation"), client("sagemaker")
    try:
        stack = cloudformation.describe_stacks(StackName=names.serving_stack)["Stacks"][0]
    except cloudformation.exceptions.ClientError:
        raise CliError(f"{names.serving_stack} is not deployed in this account and region; describe a file with --contract") from None
    package = parameters(stack).get("ModelPackageArn")
    if not package:
        raise CliError(f"{names.serving_stack} has no released model yet; describe a file with --contract")
    version = sagemaker.describe_model_package(ModelPackageName=package).get("CustomerMetadataProperties", {}).get("dataset_version")
    if version is None:
        raise CliError(f"{package} names no dataset version; describe a file with --contract")
    account = client("sts").get_caller_identity()["Account"]
    bucket = names.bucket("data", account, sagemaker.meta.region_name)
    manifest = json.loads(client("s3").get_object(Bucket=bucket, Key=layout.manifest_key(version))["Body"].read())
    return dict(manifest["contract"])


def parameters(stack: dict[str, Any]) -> dict[str, str]:
    """The parameters of a described stack."""
    return {p["ParameterKey"]: p["ParameterValue"] for p in stack.get("Parameters", [])}
