"""A template: parameters, conditions, intrinsic functions and the order that its references demand."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from local_aws.cloudformation.text import read
from local_aws.errors import AwsError, Unsupported
from local_aws.principals import ACCOUNT, REGION

NO_VALUE = object()
PSEUDO = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Region": REGION,
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::NoValue": NO_VALUE,
}
_SECTIONS = ("AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Mappings", "Conditions", "Rules", "Resources", "Outputs")
_RESOURCE_KEYS = ("Type", "Properties", "DependsOn", "Condition", "DeletionPolicy", "UpdateReplacePolicy", "Metadata")
POLICIES = ("Delete", "Retain", "RetainExceptOnCreate")
SUB = re.compile(r"\$\{([^!${}][^${}]*)\}")
INTRINSICS = (
    "Fn::Join",
    "Fn::Sub",
    "Fn::GetAtt",
    "Fn::If",
    "Fn::FindInMap",
    "Fn::Select",
    "Fn::Split",
    "Fn::Base64",
    "Fn::Equals",
    "Fn::Not",
    "Fn::And",
    "Fn::Or",
    "Fn::ImportValue",
    "Fn::GetAZs",
)


def error(message: str) -> AwsError:
    """CloudFormation's answer to a bad template or request."""
    return AwsError("ValidationError", message)


@dataclass
class Template:
    """A parsed template. Raises AwsError from `parse` for what is malformed or not emulated."""

    text: str
    raw: dict[str, Any]
    resources: dict[str, dict[str, Any]]

    @property
    def order(self) -> list[str]:
        """Logical ids, each after what it depends on."""
        waiting = {name: self.dependencies(name) for name in self.resources}
        order: list[str] = []
        while waiting:
            ready = sorted(name for name, needs in waiting.items() if needs <= set(order))
            if not ready:
                raise error(f"Circular dependency between resources: [{', '.join(sorted(waiting))}]")
            order += ready
            for name in ready:
                del waiting[name]
        return order

    def dependencies(self, name: str) -> set[str]:
        resource = self.resources[name]
        named = resource.get("DependsOn", [])
        return ({named} if isinstance(named, str) else set(named)) | {
            r for r in references(resource.get("Properties", {})) if r in self.resources
        }


EMPTY = Template("{}", {}, {})  # of a stack that is still in review


def parse(text: str) -> Template:
    """Parse, and check everything that can be checked without parameters."""
    raw = read(text)
    for section in raw:
        if section == "Transform":
            raise Unsupported(f"templates with a Transform ({raw[section]})")
        if section not in _SECTIONS:
            raise error(f"Invalid template property or properties [{section}]")
    resources = raw.get("Resources") or {}
    if not resources:
        raise error("Template format error: At least one Resources member must be defined.")
    for name, resource in resources.items():
        for key in resource:
            if key not in _RESOURCE_KEYS:
                raise Unsupported(f"the attribute {key} of a resource ({name})")
    template = Template(text, raw, resources)
    known = set(resources) | set(raw.get("Parameters", {})) | set(PSEUDO) | {"AWS::StackName", "AWS::StackId", "AWS::NotificationARNs"}
    for name, resource in resources.items():
        unknown = set(references(resource.get("Properties", {}))) - known
        unknown |= template.dependencies(name) - set(resources)
        if unknown:
            listed = ", ".join(sorted(unknown))
            raise error(f"Template format error: Unresolved resource dependencies [{listed}] in the Resources block of the template")
    _check_outputs(template, known)
    _check_functions(template)
    _ = template.order
    return template


def _check_outputs(template: Template, known: set[str]) -> None:
    for spec in template.raw.get("Outputs", {}).values():
        unknown = set(references([spec.get("Value"), spec.get("Export")])) - known
        if unknown:
            missing = ", ".join(sorted(unknown))
            raise error(f"Template format error: Unresolved resource dependencies [{missing}] in the Outputs block of the template")


def _check_functions(template: Template) -> None:
    """Functions, conditions and policies that are not known are refused before anything is created."""
    raw = template.raw
    conditions = raw.get("Conditions", {})
    used = [*conditions.values(), *([s.get("Value"), s.get("Export")] for s in raw.get("Outputs", {}).values())]
    named = {item["Condition"] for item in (*template.resources.values(), *raw.get("Outputs", {}).values()) if "Condition" in item}
    for name, resource in template.resources.items():
        used.append(resource.get("Properties"))
        for key in ("DeletionPolicy", "UpdateReplacePolicy"):
            if resource.get(key, "Delete") not in POLICIES:
                raise Unsupported(f"the {key} {resource[key]} ({name}; it does {', '.join(POLICIES)})")
    for name, argument in (pair for value in used for pair in _functions(value)):
        if name not in INTRINSICS:
            raise Unsupported(f"the intrinsic function {name}")
        if name == "Fn::If":
            named.add(argument[0])
    if missing := sorted(named - set(conditions)):
        raise error(f"Template format error: Unresolved condition dependency {', '.join(missing)}")


def parameters(template: Template, given: Mapping[str, str | None], previous: Mapping[str, str]) -> dict[str, str]:
    """Values of every parameter. None means the previous value. Raises AwsError."""
    declared = template.raw.get("Parameters", {})
    unknown = sorted(set(given) - set(declared))
    if unknown:
        raise error(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    values: dict[str, str] = {}
    missing = []
    for name, spec in declared.items():
        value = given.get(name, previous.get(name) if name in given else spec.get("Default"))
        if name in given and given[name] is None:
            value = previous.get(name, spec.get("Default"))
        if value is None:
            missing.append(name)
            continue
        values[name] = ",".join(map(str, value)) if isinstance(value, list) else str(value)
        pattern, allowed = spec.get("AllowedPattern"), spec.get("AllowedValues")
        if pattern and not re.fullmatch(pattern, values[name]):
            raise error(f"Parameter '{name}' must match pattern {pattern}")
        if allowed and values[name] not in map(str, allowed):
            raise error(f"Parameter '{name}' must be one of AllowedValues")
        _check_limits(name, spec, values[name])
    if missing:
        raise error(f"Parameters: [{', '.join(missing)}] must have values")
    return values


def _check_limits(name: str, spec: dict[str, Any], value: str) -> None:
    size: float = len(value)
    if spec["Type"] == "Number":
        try:
            size = float(value)
        except ValueError:
            raise error(f"Parameter '{name}' must be a number.") from None
    kind = "Value" if spec["Type"] == "Number" else "Length"
    if size < float(spec.get(f"Min{kind}", size)) or size > float(spec.get(f"Max{kind}", size)):
        raise error(f"Parameter '{name}' is outside of Min{kind} {spec.get(f'Min{kind}')} and Max{kind} {spec.get(f'Max{kind}')}.")


def _functions(value: Any) -> Iterator[tuple[str, Any]]:
    """Every intrinsic function in a value, with its argument."""
    for part in value if isinstance(value, list) else value.values() if isinstance(value, dict) else ():
        yield from _functions(part)
    if isinstance(value, dict) and len(value) == 1:
        yield from ((name, argument) for name, argument in value.items() if name.startswith("Fn::"))


def references(value: Any) -> Iterator[str]:
    """Logical ids and parameters that a value refers to."""
    if isinstance(value, list):
        for part in value:
            yield from references(part)
    elif isinstance(value, dict):
        for name, argument in value.items():
            if name == "Ref":
                yield argument
            elif name == "Fn::GetAtt":
                yield argument.split(".")[0] if isinstance(argument, str) else argument[0]
            elif name == "Fn::Sub":
                text, values = argument if isinstance(argument, list) else (argument, {})
                yield from references(values)
                yield from (m.strip().split(".")[0] for m in SUB.findall(text) if m.strip() not in values)
            else:
                yield from references(argument)
