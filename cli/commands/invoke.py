"""``loop invoke``."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from cli.errors import CliError
from cli.target import endpoint_of


def invoke(
    file: Annotated[str, typer.Argument(help="Rows as CSV, JSON or JSON Lines; - reads standard input.")],
    environment: Annotated[str, typer.Option(help="PROJECT-ENVIRONMENT, in the account and region of the shell's credentials.")],
    content_type: Annotated[
        str | None, typer.Option("--type", help="csv, json or jsonlines; default: by the file's ending or content.")
    ] = None,
    hosting: Annotated[str, typer.Option(help="real-time or serverless: each kind has an endpoint of its own.")] = "real-time",
    accept: Annotated[str, typer.Option(help="csv, json or jsonlines: the answer's form.")] = "json",
) -> None:
    """Ask the endpoint for predictions; what it refuses is shown row by row, with exit code 2."""
    import boto3

    from cli.invoke import CONTENT_TYPES, content_type_of
    from cli.invoke import invoke as send

    for name in (content_type, accept):
        if name is not None and name not in CONTENT_TYPES:
            raise CliError(f"found {name!r}; allowed: {', '.join(CONTENT_TYPES)}")
    if file == "-":
        body = sys.stdin.buffer.read()
    elif Path(file).is_file():
        body = Path(file).read_bytes()
    else:
        raise CliError(f"{file} is not a file")
    kind = CONTENT_TYPES[content_type] if content_type else content_type_of(body, file)
    answer = send(boto3.client("sagemaker-runtime"), endpoint_of(environment, hosting), body, kind, CONTENT_TYPES[accept])
    print(answer, end="" if answer.endswith("\n") else "\n")
