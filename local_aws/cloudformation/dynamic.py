"""Dynamic references: ``{{resolve:ssm:name:version}}`` in properties."""

import re
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from local_aws.cloudformation.template import error
from local_aws.errors import Unsupported

_REFERENCE = re.compile(r"\{\{resolve:([a-z-]+):([^}]*)\}\}")


def resolve(value: Any, client: Callable[[str], Any]) -> Any:
    """Properties with their dynamic references replaced. Raises AwsError."""
    if isinstance(value, str):
        return _REFERENCE.sub(lambda m: _one(m[1], m[2], client), value) if "{{resolve:" in value else value
    if isinstance(value, dict):
        return {k: resolve(v, client) for k, v in value.items()}
    return [resolve(v, client) for v in value] if isinstance(value, list) else value


def _one(service: str, reference: str, client: Callable[[str], Any]) -> str:
    if service not in ("ssm", "ssm-secure"):
        raise Unsupported(f"the dynamic reference {{{{resolve:{service}:{reference}}}}} (it does ssm and ssm-secure)")
    try:
        answer = client("ssm").get_parameter(Name=reference, WithDecryption=service == "ssm-secure")
    except ClientError as fault:
        raise error(f"Unable to resolve {{{{resolve:{service}:{reference}}}}}: {fault.response['Error']['Message']}") from None
    return str(answer["Parameter"]["Value"])
