"""``loop status`` and ``loop report``: the last demo's run, or AWS's."""

import json
from pathlib import Path
from typing import Annotated

import typer

from cli import last_run
from cli.collect import ask

Environment = Annotated[
    str | None, typer.Option(help="Ask AWS about PROJECT-ENVIRONMENT (for example loans-dev) instead of using the last demo.")
]


def status(environment: Environment = None, as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False) -> None:
    """What ran, what is approved, what serves."""
    from cli.status import render

    found = last_run.load() if environment is None else ask(environment)
    print(json.dumps(found, indent=2) if as_json else render(found))


def report(
    environment: Environment = None,
    output: Annotated[Path, typer.Option(help="Where the HTML report goes.")] = last_run.REPORT,
) -> None:
    """Write the HTML report of the last run again."""
    from cli.report.render import write

    write(last_run.load() if environment is None else ask(environment), output)
    print(output.resolve())
