"""What a kind of thing is to destroy: how it is found by name, and how one of it is removed."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cli.collect import Client
from interfaces.names import Names


@dataclass(frozen=True)
class Kind:
    """``find`` gives what is left of this kind; ``remove`` removes one, and what is gone already is no error."""

    title: str
    find: Callable[[Client, Names], list[str]]
    remove: Callable[[Client, str], None]


def pages(client: Any, operation: str, result: str, **params: Any) -> list[Any]:
    """Everything that a paginated operation lists."""
    return [item for page in client.get_paginator(operation).paginate(**params) for item in page.get(result, [])]


def missing(error: Exception) -> bool:
    """Whether an error of a service says that the thing is not there."""
    answer = getattr(error, "response", {}).get("Error", {})
    code, message = answer.get("Code", ""), answer.get("Message", "")
    return "NotFound" in code or code.startswith("NoSuch") or any(t in message for t in ("Could not find", "not found", "does not exist"))
