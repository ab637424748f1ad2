"""Handlers, one class per resource type, one file per service. A new type is a class here and nothing else."""

from local_aws.cloudformation.resources import (
    chatbot,
    cloudwatch,
    custom,
    ecr,
    events,
    glue,
    iam,
    kms,
    lambda_,
    messaging,
    monitoring,
    oidc,
    operations,
    s3,
    sagemaker,
    storage,
)
from local_aws.cloudformation.resources.base import Resource
from local_aws.cloudformation.schema import is_custom

_MODULES = (
    chatbot, cloudwatch, custom, ecr, events, glue, iam, kms, lambda_, messaging, monitoring, oidc, operations, s3, sagemaker, storage,
)  # fmt: skip

HANDLERS: dict[str, Resource] = {
    value.type: value()
    for module in _MODULES
    for value in vars(module).values()
    if isinstance(value, type) and issubclass(value, Resource) and value is not Resource and hasattr(value, "type")
}


def handler_of(kind: str) -> Resource:
    """The handler of a type that `check` has let pass."""
    return HANDLERS[custom.CustomResource.type if is_custom(kind) else kind]
