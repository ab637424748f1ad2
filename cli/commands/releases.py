"""``loop releases``."""

import json
from typing import Annotated

import typer

from cli.target import names_of


def releases(
    environment: Annotated[str, typer.Option(help="PROJECT-ENVIRONMENT, for example loans-dev.")],
    limit: Annotated[int, typer.Option(min=1, max=60, help="How many, newest first.")] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="JSON instead of text.")] = False,
) -> None:
    """What was released, by whom and why, and what became of it: the versions to which loop rollback --to can return are good or left."""
    import boto3

    from cli.releases import releases as read
    from cli.releases import render

    found = read(boto3.client, names_of(environment), limit)
    print(json.dumps(found, indent=2) if as_json else render(found))
