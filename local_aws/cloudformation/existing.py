"""What is there already: CloudFormation makes what it manages, and takes over what it has not made only by an import."""

from typing import Any

from local_aws.cloudformation.resources import handler_of
from local_aws.cloudformation.resources.base import Context, Failed, Made
from local_aws.cloudformation.stack import Record, Stacks


def unowned(stacks: Stacks, context: Context, kind: str, properties: dict[str, Any]) -> Made | None:
    """A resource of the template's name that exists and belongs to no stack: it can be imported."""
    found = handler_of(kind).find(context, properties)
    return found if found and not _owner(stacks, kind, found) else None


def check_free(stacks: Stacks, context: Context, kind: str, properties: dict[str, Any], replaced: Record | None) -> None:
    """Raises Failed when the name that the template gives to a new resource is taken."""
    found = handler_of(kind).find(context, properties)
    if found is None:
        return
    name = _name(found.id)
    if replaced is not None and (replaced.type, _name(replaced.id)) == (kind, name):
        raise Failed(
            "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
            f"Rename {name} and update the stack again."
        )
    owner = _owner(stacks, kind, found)
    raise Failed(f"{name} already exists{f' in stack {owner}' if owner else ''}")


def _owner(stacks: Stacks, kind: str, found: Made) -> str:
    """The id of the stack that has it, empty when none has."""
    wanted = kind, _name(found.id)
    return next((s.id for s in stacks.live.values() for r in s.records.values() if (r.type, _name(r.id)) == wanted), "")


def _name(id: str) -> str:
    """As the template gives it: the end of an ARN, or of a queue's URL, which changes with the port of the local AWS."""
    if id.startswith("arn:"):
        return id.rsplit(":", 1)[-1]
    return id.rsplit("/", 1)[-1] if id.startswith("http") else id
