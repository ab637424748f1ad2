"""Ask the release function to return to a version, and follow the stack until it serves."""

import json
import time
import uuid
from collections.abc import Callable
from typing import Any

from cli.errors import CliError
from cli.target import parameters
from interfaces.events import ROLLBACK, SOURCE
from interfaces.names import Names

WAIT_S = 8 * 3600  # a deployment may take as long as AWS lets it


def roll_back(client: Callable[[str], Any], names: Names, version: int | None, reason: str) -> dict[str, Any]:
    """The decision: its generation and the package. Raises CliError when there is no such version to return to."""
    sts, sagemaker = client("sts"), client("sagemaker")
    caller = sts.get_caller_identity()
    package = ""
    if version is not None:
        region = sagemaker.meta.region_name
        package = (
            f"arn:{_partition(caller['Arn'])}:sagemaker:{region}:{caller['Account']}:model-package/{names.model_package_group}/{version}"
        )
    event = {
        "source": SOURCE,
        "detail-type": ROLLBACK,
        "id": uuid.uuid4().hex,
        "detail": {"to": package, "by": caller["Arn"], "reason": reason},
    }
    functions = client("lambda")
    try:
        answer = functions.invoke(FunctionName=names.function("release"), Payload=json.dumps(event).encode())
    except functions.exceptions.ResourceNotFoundException:
        raise CliError(f"{names.function('release')} is not deployed in this account and region") from None
    told: dict[str, Any] = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        raise CliError(f"the release function failed: {told.get('errorMessage', told)}; `loop logs` shows more")
    if "refused" in told:
        raise CliError(told["refused"])
    return {"generation": told["generation"], "by": caller["Arn"], "reason": reason}


def wait(client: Callable[[str], Any], names: Names, generation: int, seconds: float = WAIT_S) -> str:
    """The package that serves once the stack holds this release or a later one. Raises CliError when it went back."""
    cloudformation = client("cloudformation")
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        stack = cloudformation.describe_stacks(StackName=names.serving_stack)["Stacks"][0]
        held = parameters(stack)
        if not stack["StackStatus"].endswith("_IN_PROGRESS"):
            if int(held["Generation"]) >= generation:
                return held["ModelPackageArn"]
            if "ROLLBACK" in stack["StackStatus"]:
                raise CliError(f"{names.serving_stack} is {stack['StackStatus']}: see docs/runbooks/release-failed.md")
        time.sleep(0.5)
    raise CliError(f"release {generation} is not in {names.serving_stack} after {seconds:g} s; `loop status` shows where it is")


def _partition(arn: str) -> str:
    return arn.split(":")[1]
