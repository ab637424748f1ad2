"""``loop contract infer``."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from cli.errors import CliError


def infer(
    file: Annotated[Path, typer.Argument(help="A CSV file with a header, UTF-8.")],
    target: Annotated[str | None, typer.Option(help="The column to predict; default: the last one.")] = None,
    name: Annotated[str | None, typer.Option(help="Name of the dataset; default: the file's.")] = None,
    output: Annotated[Path | None, typer.Option(help="Write to this file instead of standard output.")] = None,
    force: Annotated[bool, typer.Option(help="Replace the output file if it exists.")] = False,
) -> None:
    """Propose a dataset contract from a CSV file, and name what is unsure."""
    from cli.contract import propose

    proposal = propose(file, target, name)
    text = proposal.contract.to_toml(proposal.doubts)
    if output is None:
        print(text, end="")
    else:
        if output.exists() and not force:
            raise CliError(f"{output} exists; give another --output, or --force to replace it")
        output.write_text(text, encoding="utf-8")
    for column, doubt in proposal.doubts.items():
        print(f"unsure: {column + ': ' if column else ''}{doubt}", file=sys.stderr)
