"""``loop sweep``."""

import json
from typing import Annotated, Any

import typer

from cli.errors import RunFailed
from cli.functions import ask
from cli.target import names_of
from interfaces.events import SOURCE, SWEEP

KINDS = {"endpoint_configs": "endpoint config", "models": "model", "runs": "run"}


def sweep(
    environment: Annotated[str, typer.Option(help="PROJECT-ENVIRONMENT, for example loans-dev.")],
    remove: Annotated[bool, typer.Option("--remove", help="Remove them now; without it they are only named.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Endpoint configs, models and files of runs that nothing references: what the daily sweep would remove."""
    import boto3

    event = {"source": SOURCE, "detail-type": SWEEP, "detail": {"dry_run": not remove}}
    answer = ask(boto3.client("lambda"), names_of(environment), "sweep", event)
    if as_json:
        print(json.dumps(answer))
    else:
        for line in _lines(answer):
            print(line)
    if "skipped" in answer:
        raise RunFailed("sweep", answer["skipped"])


def _lines(answer: dict[str, Any]) -> list[str]:
    if "skipped" in answer:
        return []
    named = [f"{kind} {name}" for key, kind in KINDS.items() for name in answer[key]]
    if not named:
        return ["nothing to remove", *answer["remarks"]]
    done = "would remove" if answer["dry_run"] else "removed"
    after = ["remove them with --remove, or wait for the daily sweep"] if answer["dry_run"] else []
    return [*(f"{done} {line}" for line in named), *answer["remarks"], *after]
