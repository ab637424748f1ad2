"""``loop describe-endpoint``."""

import json
from pathlib import Path
from typing import Annotated

import typer

from cli.errors import CliError
from cli.target import endpoint_of, names_of
from interfaces.contract import Contract, from_dict, parse
from interfaces.errors import ContractError


def describe_endpoint(
    environment: Annotated[str, typer.Option(help="PROJECT-ENVIRONMENT: names the endpoint.")],
    hosting: Annotated[str, typer.Option(help="real-time or serverless: each kind has an endpoint of its own.")] = "real-time",
    contract: Annotated[Path | None, typer.Option(help="Describe by this contract instead of the one of the model that serves.")] = None,
) -> None:
    """Print the endpoint's input and output as an OpenAPI document, generated from the dataset contract."""
    from cli.openapi import describe

    found = _read(contract) if contract else _serving(environment)
    print(json.dumps(describe(found, endpoint_of(environment, hosting)), indent=2))


def _read(path: Path) -> Contract:
    try:
        return parse(path.read_text(encoding="utf-8"), str(path))
    except (ContractError, OSError, UnicodeDecodeError) as error:
        raise CliError(f"{path}: {error}") from None


def _serving(environment: str) -> Contract:
    """The contract that the released model was trained under. Raises CliError when nothing is released."""
    import boto3

    from cli.target import serving_contract

    return from_dict(serving_contract(boto3.client, names_of(environment), "; describe a file with --contract"), environment)
