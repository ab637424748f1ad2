"""What a resource handler is: it turns properties into API calls and never ignores one."""

import secrets
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from botocore.exceptions import ClientError

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
        """Delete it. What is gone already is no error: the engine takes a not-found answer for done."""

    def find(self, context: Context, properties: dict[str, Any]) -> Made | None:
        """The resource of the name that the template gives; None when there is none, or no name is given. Before a creation
        it is asked for, as what is found is refused; for an import, it is what is taken up. A type whose own API refuses a
        name that is taken needs none, and is not imported."""
        return None

    def update(self, context: Context, id: str, old: dict[str, Any], new: dict[str, Any]) -> Made:
        """Change it in place. By default a type cannot."""
        raise AwsError("NotUpdatable", f"the local AWS cannot update {self.type} in place", 400)


def names(text: str) -> frozenset[str]:
    """A set from words: shorter to read than a set display."""
    return frozenset(text.split())


# what services answer about a thing that is not there
_GONE = names(
    "NoSuchBucket NoSuchBucketPolicy AWS.SimpleQueueService.NonExistentQueue NotFound NotFoundException ParameterNotFound "
    "ResourceNotFound ResourceNotFoundException NoSuchEntity RepositoryNotFoundException EntityNotFoundException "
    "ObjectNotFoundException"
)
# SageMaker's, and moto's for ObjectNotFoundException
_GONE_WORDS = ("Could not find", "does not exist", "No scalable target found", "No scaling policy found")


def is_gone(fault: BaseException) -> bool:
    """Whether a service says that what it was asked about does not exist, by its code or in a ValidationException's words."""
    if not isinstance(fault, ClientError):
        return False
    code, message = fault.response["Error"]["Code"], fault.response["Error"]["Message"]
    return code in _GONE or (code == "ValidationException" and any(words in message for words in _GONE_WORDS))


def if_there(call: Callable[..., Any], **parameters: Any) -> Any:
    """What a call answers; None when what it concerns does not exist."""
    try:
        return call(**parameters)
    except ClientError as fault:
        if is_gone(fault):
            return None
        raise


def pick(properties: dict[str, Any], *keys: str) -> dict[str, Any]:
    """Those of the keys that are given."""
    return {k: properties[k] for k in keys if k in properties}


def tag_list(properties: dict[str, Any]) -> list[dict[str, str]]:
    return list(properties.get("Tags", []))


def tag_map(properties: dict[str, Any]) -> dict[str, str]:
    return {t["Key"]: t["Value"] for t in properties.get("Tags", [])}
