"""Provider schemas, as cfn-lint ships them: which properties exist, which force a replacement."""

import json
from functools import cache
from importlib.resources import files
from typing import Any

from local_aws.errors import Unsupported
from local_aws.principals import REGION

_DATA = files("cfnlint") / "data" / "schemas"


@cache
def schema(kind: str) -> dict[str, Any]:
    """The schema of a resource type in the local region. Raises AwsError for a type that AWS does not have there."""
    index = _index()
    if kind not in index:
        raise Unsupported(f"the resource type {kind}: CloudFormation has no such type in {REGION}")
    return dict(json.loads((_DATA / "resources" / f"{index[kind]}.json").read_text()))


@cache
def _index() -> dict[str, str]:
    return dict(json.loads((_DATA / "providers" / f"{REGION}.json").read_text()))


def is_custom(kind: str) -> bool:
    """Whether a function of the user's stands behind a type."""
    return kind.startswith("Custom::") or kind == "AWS::CloudFormation::CustomResource"


def create_only(kind: str) -> frozenset[str]:
    """Top-level properties whose change means a new resource."""
    if is_custom(kind):
        return frozenset()
    return frozenset(path.split("/")[2] for path in schema(kind).get("createOnlyProperties", []))


def faults(kind: str, properties: dict[str, Any]) -> list[str]:
    """Unknown and missing properties, by path, at any depth. Values that are intrinsics are not looked into."""
    root = schema(kind)
    return list(_faults(root, root, properties, ""))


def _faults(root: dict[str, Any], shape: dict[str, Any], value: Any, path: str) -> Any:
    shape = _deref(root, shape)
    if isinstance(value, list):
        for item in value:
            yield from _faults(root, shape.get("items", {}), item, f"{path}[]")
        return
    if not isinstance(value, dict) or _intrinsic(value):
        return
    known = shape.get("properties", {})
    if known and shape.get("additionalProperties") is False:
        for name, inner in value.items():
            if name not in known:
                yield f"{path}/{name} is not a property; allowed: {', '.join(sorted(known))}"
            else:
                yield from _faults(root, known[name], inner, f"{path}/{name}")
    for name in shape.get("required", []):
        if known and name not in value:
            yield f"{path}/{name} is required"


def _deref(root: dict[str, Any], shape: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in shape:
        target: Any = root
        for part in shape["$ref"].lstrip("#/").split("/"):
            target = target[part]
        shape = target
    return shape


def _intrinsic(value: dict[str, Any]) -> bool:
    return (len(value) == 1 and next(iter(value)) in ("Ref", "Condition")) or any(k.startswith("Fn::") for k in value)
