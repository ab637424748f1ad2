"""Refuses, before anything is created, what is unknown to AWS or not emulated."""

from local_aws.cloudformation import schema
from local_aws.cloudformation.resources import HANDLERS
from local_aws.cloudformation.schema import is_custom
from local_aws.cloudformation.template import Template, error
from local_aws.errors import Unsupported


def check(template: Template) -> None:
    """Every resource type and property. Raises AwsError."""
    faults = []
    for name, resource in template.resources.items():
        kind = resource.get("Type", "")
        properties = resource.get("Properties", {})
        if is_custom(kind):
            if "ServiceToken" not in properties:
                faults.append(f"{name} ({kind}): /ServiceToken is required")
            continue
        handler = HANDLERS.get(kind)
        if handler is None:
            schema.schema(kind)  # names a type that AWS does not have either
            raise Unsupported(f"the resource type {kind} ({name}; it does {', '.join(sorted(HANDLERS))})")
        faults += [f"{name} ({kind}): {fault}" for fault in schema.faults(kind, properties)]
        for key in properties:
            if key not in handler.properties | handler.state_only and not any(f.startswith(f"{name} ({kind}): /{key} ") for f in faults):
                raise Unsupported(f"the property {key} of {kind} ({name})")
    if faults:
        raise error("Properties validation failed: " + "; ".join(faults))
