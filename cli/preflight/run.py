"""Run every check; one that may not look is a finding of its own, and the others go on."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from cli.errors import CliError
from cli.preflight import checks
from cli.preflight.assembly import Needs, read
from cli.preflight.finding import UNKNOWN, Finding

CHECKS: tuple[Callable[[checks.Account, Needs], Iterator[Finding]], ...] = (
    checks.bootstrap,
    checks.roles,
    checks.quotas,
    checks.keys,
    checks.buckets,
    checks.image,
    checks.engine,
)
_BY_STACK = (checks.roles, checks.keys, checks.buckets)  # what they find depends on which stacks are there
_ALLOW = "allow the caller that action to check it here"
_DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403", "AuthorizationError")


def preflight(client: Callable[[str], Any], assembly: Path, region: str) -> list[Finding]:
    """Findings in the order of the checks. Raises CliError without usable credentials or assembly."""
    try:
        account = client("sts").get_caller_identity()["Account"]
    except ClientError as error:
        raise CliError(f"the shell's credentials cannot be used: {error}") from None
    needs = read(assembly, account, region)
    where, unseen = checks.Account(client, account, region, frozenset()), ""
    try:
        where = replace(where, deployed=_deployed(client("cloudformation"), set(needs.stacks.values())))
    except ClientError as error:
        unseen = _denied(error)
    found: list[Finding] = []
    for check in CHECKS:
        if unseen and check in _BY_STACK:
            found.append(Finding(check.__name__, UNKNOWN, f"what is deployed {unseen}", _ALLOW))
            continue
        try:
            found += check(where, needs)
        except ClientError as error:
            found.append(Finding(check.__name__, UNKNOWN, _denied(error), _ALLOW))
    return found


def _denied(error: ClientError) -> str:
    """What the caller may not look at; any other error is raised."""
    if error.response["Error"]["Code"] not in _DENIED:
        raise error
    return f"may not be looked at: {error.operation_name} ({error.response['Error']['Code']})"


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
