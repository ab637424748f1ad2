"""``loop runs`` and ``loop logs``."""

import json
import sys
import time
from typing import Annotated

import typer

from cli.target import names_of

Environment = Annotated[str, typer.Option(help="PROJECT-ENVIRONMENT, for example loans-dev.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON instead of text.")]


def runs(
    environment: Environment,
    run: Annotated[str | None, typer.Argument(help="Show the steps of this one: latest, an id, or the start of one.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many, newest first.")] = 10,
    as_json: AsJson = False,
) -> None:
    """Pipeline executions and ingest runs, newest first; with RUN, its steps with durations and reasons."""
    import boto3

    from cli.inspect import render
    from cli.inspect.runs import find, runs_of

    names = names_of(environment)
    if run is None:
        found = runs_of(boto3.client, names, limit)
        print(json.dumps(found, indent=2) if as_json else render.runs(found))
    else:
        execution = find(boto3.client, names, run)
        print(json.dumps(execution, indent=2) if as_json else render.steps(execution))


def logs(
    step: Annotated[str, typer.Argument(help="A pipeline step, for example Train; or ingest, endpoint, function/approve.")],
    environment: Environment,
    run: Annotated[str, typer.Option(help="Which execution, or ingest run: latest, an id, or the start of an execution's.")] = "latest",
    minutes: Annotated[float | None, typer.Option(min=0, help="Only what was logged in the last so many minutes.")] = None,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Wait for a step that has not begun, and go on until it has ended; Ctrl-C stops.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """What a step, a function, the ingest job or the endpoint wrote to CloudWatch Logs."""
    import boto3

    from cli.inspect.logs import Patience, as_line, read, source
    from cli.inspect.logs import as_json as to_json
    from cli.inspect.logs import follow as follow_lines

    patience = Patience(lambda text: print(text, file=sys.stderr, flush=True)) if follow else None
    client = boto3.client("logs")
    since = 0 if minutes is None else int((time.time() - 60 * minutes) * 1000)
    try:
        where = source(boto3.client, names_of(environment), step, run, patience)
        for event in follow_lines(client, where, since) if follow else read(client, where, since):
            print(json.dumps(to_json(event)) if as_json else as_line(event), flush=True)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
