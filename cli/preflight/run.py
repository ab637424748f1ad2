"""Run every check; one that may not look is a finding of its own, and the others go on."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from cli.errors import CliError
from cli.preflight import checks
from cli.preflight.assembly import read
from cli.preflight.finding import UNKNOWN, Finding

CHECKS = (checks.bootstrap, checks.roles, checks.quotas, checks.keys, checks.buckets, checks.image, checks.engine)
_DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403", "AuthorizationError")


def preflight(client: Callable[[str], Any], assembly: Path, region: str) -> list[Finding]:
    """Findings in the order of the checks. Raises CliError without usable credentials or assembly."""
    try:
        account = client("sts").get_caller_identity()["Account"]
    except ClientError as error:
        raise CliError(f"the shell's credentials cannot be used: {error}") from None
    needs = read(assembly, account, region)
    where = checks.Account(client, account, region, _deployed(client("cloudformation"), set(needs.stacks.values())))
    found: list[Finding] = []
    for check in CHECKS:
        try:
            found += check(where, needs)
        except ClientError as error:
            if error.response["Error"]["Code"] not in _DENIED:
                raise
            operation = f"{error.operation_name} ({error.response['Error']['Code']})"
            found.append(
                Finding(check.__name__, UNKNOWN, f"may not be looked at: {operation}", "allow the caller that action to check it here")
            )
    return found


def _deployed(cloudformation: Any, stacks: set[str]) -> frozenset[str]:
    """Those of the stacks that exist; one that is being created for the first time, or was rolled back at once, has nothing to keep."""
    found = set()
    for name in stacks:
        try:
            status = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
        except ClientError as error:
            if "does not exist" not in str(error):
                raise
            continue
        if status not in ("REVIEW_IN_PROGRESS", "DELETE_COMPLETE"):
            found.add(name)
    return frozenset(found)
