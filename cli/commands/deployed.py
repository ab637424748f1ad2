"""``loop deployed``."""

import json
from typing import Annotated

import typer

from cli.target import names_of


def deployed(
    environment: Annotated[str, typer.Option(help="PROJECT-ENVIRONMENT, for example loans-dev.")],
) -> None:
    """What a synth has to know of what is deployed, as CDK context: the instance type on which the endpoint scales by itself."""
    import boto3

    from cli.deployed import scaled_on

    names = names_of(environment)
    print(json.dumps({"environment": names.environment, "scaled_on": scaled_on(boto3.client, names.endpoint)}))
