"""``loop rollback``."""

import json
from typing import Annotated

import typer

from cli.target import names_of


def rollback(
    environment: Annotated[str, typer.Option(help="PROJECT-ENVIRONMENT, for example loans-dev.")],
    reason: Annotated[str, typer.Option(help="Why; it goes into the history and to the people who are told.")],
    to: Annotated[int | None, typer.Option(help="The version to return to; default: the good one before.")] = None,
    follow: Annotated[bool, typer.Option(help="Wait until it serves.")] = True,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Return to a good version, in one update of the Serving stack. Approvals from before do not undo it."""
    import boto3

    from cli.rollback import roll_back, wait

    names = names_of(environment)
    done = roll_back(boto3.client, names, to, reason)
    if follow:
        done["serves"] = wait(boto3.client, names, done["generation"])
    text = f"release {done['generation']}: {done.get('serves', 'under way')}"
    print(json.dumps(done) if as_json else text)
