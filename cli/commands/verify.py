"""``loop verify``."""

import json
from pathlib import Path
from typing import Annotated

import typer

from cli.errors import RunFailed
from cli.progress import Progress
from cli.target import names_of


def verify(
    environment: Annotated[str, typer.Option(help="PROJECT-ENVIRONMENT in which nothing is released yet, for example loans-sandbox.")],
    data: Annotated[Path | None, typer.Option(exists=True, help="A small CSV that holds the contract; default: generated loans.")] = None,
    minutes: Annotated[float, typer.Option(min=0.1, help="How long one stage may take.")] = 90,
    save: Annotated[Path | None, typer.Option(help="Write all that was seen to this file: evidence to report with a difference.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON Lines; the last line holds the differences.")] = False,
) -> None:
    """Drive one small run, compare what AWS shows with what the local AWS claims, print every difference, clean up."""
    import boto3

    from cli.verify.run import verify as carry_out

    progress = Progress(as_json=as_json)
    try:
        done = carry_out(boto3.client, names_of(environment), progress, data=data, minutes=minutes)
    finally:
        progress.end()
    if save:
        save.write_text(json.dumps(done.seen, indent=1) + "\n", encoding="utf-8")
    if as_json:
        print(json.dumps({"differences": [d.plain() for d in done.differences], "stopped": done.stopped}))
    else:
        for difference in done.differences:
            print(difference)
        print(f"{len(done.differences)} differences between this account and what the local AWS claims")
    if done.stopped:
        raise RunFailed("verify", f"the run did not come to its end, so what follows was not compared ({done.stopped})")
    if done.differences:
        raise typer.Exit(1)
