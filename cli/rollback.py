"""Ask the release function to return to a version, and follow that release until it counts."""

import time
import uuid
from collections.abc import Callable
from typing import Any

from cli import functions
from cli.errors import CliError
from cli.releases import ledger_item
from interfaces.events import ROLLBACK, SOURCE
from interfaces.names import Names
from interfaces.releases import DESIRED, history_key

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
    told = functions.ask(client("lambda"), names, "release", event)
    return {"generation": told["generation"], "by": caller["Arn"], "reason": reason}


def wait(client: Callable[[str], Any], names: Names, generation: int, seconds: float = WAIT_S, every: float = 0.5) -> str:
    """The package that serves once the release has been tested and counts. Raises CliError when it failed, or another one overtook it.

    What counts is what the ledger says of this release: the stack may still be taking an earlier update back, and a stack that
    holds the release says nothing of the answers.
    """
    dynamodb, cloudformation = client("dynamodb"), client("cloudformation")
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        entry = ledger_item(dynamodb, names, history_key(generation))
        outcome = entry.get("outcome", "")
        if outcome.startswith("failed"):
            raise CliError(f"release {generation} {outcome}: see docs/runbooks/release-failed.md")
        if outcome:
            return str(entry["package"])
        newest = int(ledger_item(dynamodb, names, DESIRED).get("generation", 0))
        if newest > generation:
            raise CliError(f"release {newest} was decided on before release {generation} was done; see: loop releases")
        status = cloudformation.describe_stacks(StackName=names.serving_stack)["Stacks"][0]["StackStatus"]
        if status.endswith("ROLLBACK_FAILED"):
            raise CliError(f"{names.serving_stack} is {status}: see docs/runbooks/stack-stuck.md")
        time.sleep(every)
    raise CliError(f"release {generation} has no outcome after {seconds:g} s; `loop releases` shows where it is")


def _partition(arn: str) -> str:
    return arn.split(":")[1]
