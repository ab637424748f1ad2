"""What a resource handler is: it turns properties into API calls and never ignores one."""

import secrets
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from local_aws.cloudformation.responses import Responses
from local_aws.errors import AwsError


@dataclass(frozen=True)
class Context:
    """What a handler works with: clients of the principal that deploys, and the resource's place in the stack."""

    client: Callable[[str], Any]
    stack_name: str
    stack_id: str
    logical_id: str
    # waits for what may take time of the clock; see Background.park
    park: Callable[[Callable[[], bool]], None]
    sees_endpoint_rollbacks: bool = True
    kind: str = ""
    responses: Responses | None = None

    def generated_name(self, limit: int = 64) -> str:
        """A name for a resource that the template leaves unnamed; a new one each time, so that a replacement can stand beside the old."""
        return f"{self.stack_name}-{self.logical_id}"[: limit - 13] + f"-{secrets.token_hex(6)}"


@dataclass(frozen=True)
class Made:
    """A resource as it now is: what Ref gives and what GetAtt gives."""

    id: str
    attributes: dict[str, Any] = field(default_factory=dict)


class Failed(Exception):
    """A resource did not reach the state that was asked for; the reason goes into the stack's events."""


class Resource(ABC):
    """A handler of one resource type. ``properties`` are those it honours: any other is refused by name.

    ``state_only`` are those that are kept or accepted without behaviour; docs/local-aws.md lists them.
    """

    type: ClassVar[str]
    properties: ClassVar[frozenset[str]]
    state_only: ClassVar[frozenset[str]] = frozenset()

    @abstractmethod
    def create(self, context: Context, properties: dict[str, Any]) -> Made:
        """Create it."""

    @abstractmethod
    def delete(self, context: Context, id: str, properties: dict[str, Any]) -> None:
        """Delete it; what is gone already is no error."""

    def find(self, context: Context, properties: dict[str, Any]) -> Made | None:
        """The resource of this name that exists outside of any stack, for an import; None when there is none or a type has no names."""
        return None

    def update(self, context: Context, id: str, old: dict[str, Any], new: dict[str, Any]) -> Made:
        """Change it in place. By default a type cannot."""
        raise AwsError("NotUpdatable", f"the local AWS cannot update {self.type} in place", 400)


def names(text: str) -> frozenset[str]:
    """A set from words: shorter to read than a set display."""
    return frozenset(text.split())


def pick(properties: dict[str, Any], *keys: str) -> dict[str, Any]:
    """Those of the keys that are given."""
    return {k: properties[k] for k in keys if k in properties}


def tag_list(properties: dict[str, Any]) -> list[dict[str, str]]:
    return list(properties.get("Tags", []))


def tag_map(properties: dict[str, Any]) -> dict[str, str]:
    return {t["Key"]: t["Value"] for t in properties.get("Tags", [])}
