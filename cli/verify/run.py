"""A whole verification: refuse, listen, drive, observe, compare, clean up."""

import json
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.collect import Client
from cli.errors import CliError, RunFailed
from cli.progress import Progress
from cli.target import parameters
from cli.verify import cleanup, permissions
from cli.verify.compare import Difference, differences
from cli.verify.drive import Drive, Run, deployed_contract, rows_for
from cli.verify.listen import Listener
from cli.verify.observe import observe
from interfaces.names import Names

CLAIMS = Path(__file__).parent / "claims"
# how long events may still be under way when the run has ended
_LATE_S = 60.0


@dataclass
class Verification:
    """What was seen and how it differs. ``stopped`` says where a run ended that did not come to its end."""

    seen: dict[str, Any]
    differences: list[Difference]
    stopped: str = ""


def claims() -> dict[str, Any]:
    """What the local AWS claims: data, written by `make golden` from a run on it."""
    return {path.stem: json.loads(path.read_text()) for path in sorted(CLAIMS.glob("*.json"))}


def verify(
    client: Client, names: Names, progress: Progress, *, data: Path | None = None,
    minutes: float = 90, poll_s: float = 10.0, late_s: float = _LATE_S,
) -> Verification:  # fmt: skip
    """Raises CliError before anything is touched. What the run made is gone when this returns."""
    refuse_released(client, names)
    contract = deployed_contract(client, names)
    seed = secrets.randbelow(2**31)
    rows = rows_for(contract, data, seed)
    id = f"{seed:08x}"
    run = Run(id, f"verify-{id}", time.time())
    with Listener(client, names, id) as listener:
        drive = Drive(client, names, listener, progress, minutes * 60, poll_s)
        try:
            drive.run(run, rows, contract)
        except RunFailed as failure:
            run.stopped = str(failure)
            progress.note(failure.stage, failure.reason, "fail")
        try:
            _hear_the_last(listener, late_s, poll_s)
            seen = observe(client, names, run, listener.heard)
            claimed = claims()
            denied = permissions.simulate(client, names, claimed["permissions"]) | permissions.refused(client, names, run)
            seen["permissions"] = denied
        finally:
            cleanup.clean(drive, run)
    return Verification(seen, differences(claimed, seen), run.stopped)


def refuse_released(client: Client, names: Names) -> None:
    """Raises CliError where nothing is deployed, or something serves that a run would replace."""
    cloudformation = client("cloudformation")
    try:
        stack = cloudformation.describe_stacks(StackName=names.serving_stack)["Stacks"][0]
    except cloudformation.exceptions.ClientError as error:
        if "does not exist" not in str(error):
            raise
        raise CliError(f"nothing is deployed as {names.prefix} in this account and region") from None
    package = parameters(stack).get("ModelPackageArn", "")
    if package:
        raise CliError(
            f"{names.prefix} serves {package}: a verification releases a model of its own and takes it away again, so it runs only where "
            "nothing is released. Deploy an environment for it, for example: make deploy ENVIRONMENT=sandbox"
        )


def _hear_the_last(listener: Listener, late_s: float, poll_s: float) -> None:
    """Events come late: listen until none has come for a while."""
    quiet_since, before = time.monotonic(), -1
    while time.monotonic() - quiet_since < late_s:
        listener.hear()
        if len(listener.heard) != before:
            quiet_since, before = time.monotonic(), len(listener.heard)
        time.sleep(poll_s)
