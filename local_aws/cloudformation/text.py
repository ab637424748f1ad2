"""A template's text: JSON, or YAML with CloudFormation's short forms of functions."""

import json
from typing import Any

import yaml

from local_aws.errors import AwsError

_UNPREFIXED = ("Ref", "Condition")


def read(text: str) -> dict[str, Any]:
    """The template as plain values. Raises AwsError."""
    try:
        raw = json.loads(text) if text.lstrip().startswith("{") else yaml.load(text, _Loader)  # noqa: S506 - a safe loader
    except (ValueError, yaml.YAMLError) as fault:
        kind = "JSON" if text.lstrip().startswith("{") else "YAML"
        raise AwsError("ValidationError", f"Template format error: {kind} not well-formed. ({fault})") from None
    if not isinstance(raw, dict):
        raise AwsError("ValidationError", "Template format error: unsupported structure.")
    return raw


class _Loader(yaml.SafeLoader):  # type: ignore[misc]
    """Dates stay text: CloudFormation has none, and a policy's version is one."""


def _short_form(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    """``!Sub x`` → ``{"Fn::Sub": x}``; ``!GetAtt a.b`` → its list."""
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in _UNPREFIXED else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short_form)
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
