"""``loop retrain``."""

import json
import uuid
from typing import Annotated, Any

import typer

from cli import functions
from cli.errors import CliError, RunFailed
from cli.target import names_of
from interfaces import events


def retrain(
    environment: Annotated[str, typer.Option(help="PROJECT-ENVIRONMENT, for example loans-dev.")],
    reason: Annotated[str, typer.Option(help="Why; it is written on the model package.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Ask for a retraining: skips the cooldown and the minimum of labels, and no cap or budget."""
    import boto3

    if not reason.strip():
        raise CliError("--reason is empty: say why, it is written on the model package")
    answer = ask(boto3.client, environment, reason)
    print(json.dumps(answer) if as_json else f"{answer['decision']}: {answer.get('reason', '')}")
    if answer["decision"] != "retrain":
        raise RunFailed("retrain", answer.get("reason", "no reason given"))


def ask(client: Any, environment: str, reason: str) -> dict[str, Any]:
    """Invoke the retrain function as the caller; its decision. Raises CliError when there is none, RunFailed when it breaks."""
    detail = {"id": uuid.uuid4().hex, "by": client("sts").get_caller_identity()["Arn"], "reason": reason}
    request = {"source": events.SOURCE, "detail-type": events.RETRAIN_COMMAND, "detail": detail}
    return functions.ask(client("lambda"), names_of(environment), "retrain", request)
