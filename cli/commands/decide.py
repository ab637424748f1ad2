"""``loop approve`` and ``loop reject``."""

import json
from typing import Annotated, Any

import typer

from cli.errors import CliError
from cli.target import names_of

Version = Annotated[int, typer.Argument(help="The model version, as the notification and the registry show it.", min=1)]
Reason = Annotated[str, typer.Option(help="Why; it is recorded with the decision.")]
Environment = Annotated[str, typer.Option(help="PROJECT-ENVIRONMENT, in the account and region of the shell's credentials.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the record as JSON.")]


def approve(version: Version, reason: Reason, environment: Environment, as_json: AsJson = False) -> None:
    """Approve a model version: your identity, the time and the reason are recorded, and it is released."""
    _decide(version, "approve", reason, environment, as_json)


def reject(version: Version, reason: Reason, environment: Environment, as_json: AsJson = False) -> None:
    """Reject a model version: your identity, the time and the reason are recorded."""
    _decide(version, "reject", reason, environment, as_json)


def _decide(version: int, decision: str, reason: str, environment: str, as_json: bool) -> None:
    import boto3

    from cli.decide import decide

    session = boto3.Session()
    if session.region_name is None:
        raise CliError("no AWS region in this shell; set AWS_REGION")
    found: dict[str, Any] = decide(session, names_of(environment), version, decision, reason)
    print(json.dumps(found) if as_json else f"version {version} is {found['status']}, recorded for {found['by']} at {found['at']}")
