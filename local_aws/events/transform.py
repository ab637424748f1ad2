"""What a target receives: the event, a constant, a part of it, or a template filled from it."""

import json
import re
from typing import Any

from local_aws.errors import validation


def target_input(target: dict[str, Any], event: dict[str, Any], rule_arn: str) -> str:
    """The payload for a target, as text."""
    if "Input" in target:
        return str(target["Input"])
    if "InputPath" in target:
        return json.dumps(lookup(event, target["InputPath"]))
    if "InputTransformer" in target:
        return _transform(target["InputTransformer"], event, rule_arn)
    return json.dumps(event)


def lookup(event: dict[str, Any], path: str) -> Any:
    """A value by a JSON path of the simple kind that EventBridge takes: ``$.detail.name[0]``; None if absent."""
    if not path.startswith("$"):
        raise validation(f"{path!r} is not a JSON path; it must start with $")
    value: Any = event
    for name, index in re.findall(r"\.([\w-]+)|\[(\d+)\]", path):
        try:
            value = value[int(index)] if index else value[name]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _transform(transformer: dict[str, Any], event: dict[str, Any], rule_arn: str) -> str:
    values = {name: lookup(event, path) for name, path in transformer.get("InputPathsMap", {}).items()}
    values |= {"aws.events.rule-arn": rule_arn, "aws.events.rule-name": rule_arn.rsplit("/", 1)[-1], "aws.events.event.json": event}
    values["aws.events.event.ingestion-time"] = event["time"]
    template = transformer["InputTemplate"]
    quoted = re.compile(r'"[^"]*"')

    def inside_quotes(match: re.Match[str]) -> str:
        return re.sub(r"<([\w.-]+)>", lambda m: _plain(values.get(m[1], m[0])), match[0])

    text = quoted.sub(inside_quotes, template)
    return re.sub(r"<([\w.-]+)>", lambda m: json.dumps(values[m[1]]) if m[1] in values else m[0], text)


def _plain(value: Any) -> str:
    """A value inside a quoted string: text as it is, JSON otherwise, escaped for the quotes around it."""
    text = value if isinstance(value, str) else json.dumps(value) if value is not None else ""
    return json.dumps(text)[1:-1]
