"""``loop releases``: the release function's decisions, newest first, and which version serves."""

from collections.abc import Callable
from typing import Any

from cli.errors import CliError
from cli.target import parameters
from cli.times import shown
from interfaces.names import Names
from interfaces.releases import DESIRED, history_key

_TOLD = ("kind", "by", "reason", "at", "outcome")


def releases(client: Callable[[str], Any], names: Names, limit: int) -> list[dict[str, Any]]:
    """The newest decisions: release, version, whether it serves, who, when, why and what became of it. Raises CliError."""
    dynamodb = client("dynamodb")

    try:
        newest = int(ledger_item(dynamodb, names, DESIRED).get("generation", 0))
    except dynamodb.exceptions.ResourceNotFoundException:
        raise CliError(f"there is no table {names.state_table} in this account and region; is {names.prefix} deployed?") from None
    serving = _serving(client("cloudformation"), names)
    found = []
    for generation in range(newest, max(newest - limit, 0), -1):
        entry = ledger_item(dynamodb, names, history_key(generation))
        if entry:
            version = int(entry["package"].rsplit("/", 1)[-1])
            told = {name: entry.get(name, "") for name in _TOLD}
            found.append({"release": generation, "version": version, "serves": generation == serving, **told})
    return found


def ledger_item(dynamodb: Any, names: Names, key: str) -> dict[str, Any]:
    """An item of the release ledger; empty if there is none."""
    found = dynamodb.get_item(TableName=names.state_table, Key={"pk": {"S": key}}, ConsistentRead=True).get("Item", {})
    return {name: next(iter(value.values())) for name, value in found.items()}


def render(found: list[dict[str, Any]]) -> str:
    """A line for each release, and why it was made."""
    if not found:
        return "nothing has been released"
    lines = []
    for one in found:
        mark, who = "serves" if one["serves"] else "", f" by {one['by']}" if one["by"] else ""
        lines.append(f"{one['release']:>4}  version {one['version']:<4} {mark:<7} {one['outcome'] or 'under way'}")
        lines.append(f"      {shown(one['at'])}  {one['kind']}{who}: {one['reason']}".rstrip(": "))
    return "\n".join(lines)


def _serving(cloudformation: Any, names: Names) -> int:
    """The release that the Serving stack holds."""
    (stack,) = cloudformation.describe_stacks(StackName=names.serving_stack)["Stacks"]
    return int(parameters(stack).get("Generation", 0))
