"""ARNs of SageMaker resources and what list operations share."""

import base64
from collections.abc import Sequence
from typing import Any

from local_aws.errors import validation
from local_aws.principals import ACCOUNT, REGION


def arn(kind: str, name: str) -> str:
    return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:{kind}/{name}"


def short(name_or_arn: str) -> str:
    """The name, from a name or an ARN."""
    return name_or_arn.split("/", 1)[1] if name_or_arn.startswith("arn:") else name_or_arn


def page(items: Sequence[Any], params: dict[str, Any], key: str, *, default: int = 10) -> dict[str, Any]:
    """One page of a list operation, with SageMaker's MaxResults and NextToken."""
    start = 0
    if token := params.get("NextToken"):
        try:
            start = int(base64.b64decode(token).decode())
        except ValueError:
            start = -1
        if start < 0:
            raise validation(f"Invalid NextToken: {token!r}")
    size = params.get("MaxResults", default)
    out: dict[str, Any] = {key: list(items[start : start + size])}
    if start + size < len(items):
        out["NextToken"] = base64.b64encode(str(start + size).encode()).decode()
    return out
