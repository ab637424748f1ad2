"""``loop destroy``."""

import json
import sys
from typing import Annotated

import typer

from cli.errors import CliError
from cli.progress import Progress
from cli.target import names_of


def destroy(
    environment: Annotated[str, typer.Option(help="PROJECT-ENVIRONMENT, for example loans-dev.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    role_arn: Annotated[str | None, typer.Option(help="The role that CloudFormation deletes with; default: the CDK bootstrap's.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON Lines; the last line holds the summary.")] = False,
) -> None:
    """Remove an environment and everything that it left: data, models, logs, key. Refuses where termination protection is on."""
    import boto3

    from cli.destroy import stacks
    from cli.destroy.run import Destroy

    names = names_of(environment)
    progress = Progress(as_json=as_json)
    work = Destroy(boto3.client, names, progress, role_arn)
    stacks.refuse_protected(stacks.existing(boto3.client, names))
    found = work.found()
    if found and not yes:
        _ask(environment, found)
    try:
        work.run()
    finally:
        progress.end()
    progress.summary({"environment": environment, "removed": sum(len(ids) for ids in found.values()), "left": 0})


def _ask(environment: str, found: dict[str, list[str]]) -> None:
    """Show what goes and have the environment's name typed. Raises CliError."""
    for title, ids in found.items():
        shown = [id.replace("\n", " ") for id in ids[:3]]
        print(f"  {len(ids):>5} {title}: {', '.join(shown)}{' …' if len(ids) > 3 else ''}", file=sys.stderr)
    if not sys.stdin.isatty():
        raise CliError(
            f"this removes {environment} and its data for good; confirm with --yes. {json.dumps({k: len(v) for k, v in found.items()})}"
        )
    if input(f"This removes all of it for good. Type {environment} to go on: ") != environment:
        raise CliError("nothing was touched")
