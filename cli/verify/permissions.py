"""May each role do what the local AWS saw it do? IAM's own simulator answers; and what was refused while the run went on."""

import re
from typing import Any

from cli.collect import Client, failure_of
from cli.inspect.logs import read, source
from cli.verify.drive import Run
from interfaces.names import Names

Claim = dict[str, Any]
_REFUSED = re.compile(r"AccessDenied|is not authorized to perform|UnauthorizedOperation")
_FUNCTIONS = ("ingest", "approve", "release")


def simulate(client: Client, names: Names, claims: list[Claim]) -> dict[str, str]:
    """Role, action and resource → decision, of those that are not allowed.

    A claim that hangs on a condition whose value only the real call carries is left out: the simulator cannot decide it.
    """
    identity = client("sts").get_caller_identity()
    partition = identity["Arn"].split(":")[1]
    places = {
        "prefix": names.prefix,
        "database": names.glue_database,
        "account": identity["Account"],
        "region": client("s3").meta.region_name,
        "partition": partition,
    }
    iam, out = client("iam"), {}
    for claim in claims:
        role, action = f"{names.prefix}-{claim['role']}", claim["action"]
        answer = iam.simulate_principal_policy(
            PolicySourceArn=f"arn:{partition}:iam::{identity['Account']}:role/{role}",
            ActionNames=[action],
            ResourceArns=[_filled(resource, places) for resource in claim["resources"]],
            ContextEntries=[
                {"ContextKeyName": key, "ContextKeyValues": [_filled(value, places)], "ContextKeyType": "string"}
                for key, value in claim.get("context", {}).items()
            ],
        )
        for result in answer["EvaluationResults"]:
            if result["EvalDecision"] != "allowed" and not result.get("MissingContextValues"):
                out[f"{role} · {action} on {result['EvalResourceName']}"] = result["EvalDecision"]
    return out


def refused(client: Client, names: Names, run: Run) -> dict[str, str]:
    """Refusals in the reasons of steps and in the logs of the functions since the run began."""
    out = {}
    if _REFUSED.search(reason := failure_of(run.steps)):
        out["a step"] = reason
    for verb in _FUNCTIONS:
        for event in read(client("logs"), source(client, names, f"function/{verb}"), int(run.started * 1000)):
            if _REFUSED.search(event["message"]):
                out[f"function {verb}"] = event["message"].strip()[:500]
    return out


def _filled(text: str, places: dict[str, str]) -> str:
    for name, value in places.items():
        text = text.replace(f"{{{name}}}", value)
    return text
