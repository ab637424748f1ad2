"""Which deployment a command speaks to: PROJECT-ENVIRONMENT in the account of the shell's credentials, local or real."""

from typing import Any

from cli.errors import CliError
from interfaces.names import Names


def names_of(environment: str) -> Names:
    """``loans-dev`` → its resource names. Raises CliError."""
    project, _, stage = environment.rpartition("-")
    if not project or not stage:
        raise CliError(f"--environment: found {environment!r}; expected PROJECT-ENVIRONMENT, for example loans-dev")
    return Names(project, stage)


def ask(environment: str) -> dict[str, Any]:
    """What `collect` finds there. Raises CliError when nothing is deployed."""
    import boto3

    from cli.collect import collect

    found = collect(boto3.client, names_of(environment))
    if not found["stacks"]:
        raise CliError(f"nothing is deployed as {environment} in this account and region")
    return found
