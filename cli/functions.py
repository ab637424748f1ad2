"""Ask one of the environment's functions, as the caller; what it answers."""

import json
from typing import Any

from cli.errors import CliError, RunFailed
from interfaces.names import Names


def ask(functions: Any, names: Names, verb: str, request: dict[str, Any]) -> dict[str, Any]:
    """``functions`` is a Lambda client. Raises CliError where the function is not deployed or refuses, RunFailed where it breaks."""
    name = names.function(verb)
    try:
        answer = functions.invoke(FunctionName=name, Payload=json.dumps(request).encode())
    except functions.exceptions.ResourceNotFoundException:
        raise CliError(f"there is no function {name} in this account and region; is {names.prefix} deployed?") from None
    found: dict[str, Any] = json.loads(answer["Payload"].read())
    if "FunctionError" in answer:
        why = found.get("errorMessage", found)
        raise RunFailed(verb, f"{name} failed: {why}; read: loop logs function/{verb} --environment {names.prefix}")
    if "refused" in found:
        raise CliError(f"{name} refused: {found['refused']}")
    return found
