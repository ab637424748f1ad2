"""A template: parameters, conditions, intrinsic functions and the order that its references demand."""

import base64
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from local_aws.cloudformation.text import read
from local_aws.errors import AwsError, Unsupported
from local_aws.principals import ACCOUNT, REGION

NO_VALUE = object()
_PSEUDO = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Region": REGION,
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::NoValue": NO_VALUE,
}
_SECTIONS = ("AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Mappings", "Conditions", "Rules", "Resources", "Outputs")
_RESOURCE_KEYS = ("Type", "Properties", "DependsOn", "Condition", "DeletionPolicy", "UpdateReplacePolicy", "Metadata")
POLICIES = ("Delete", "Retain", "RetainExceptOnCreate")
_SUB = re.compile(r"\$\{([^!${}][^${}]*)\}")
_INTRINSICS = (
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
    known = set(resources) | set(raw.get("Parameters", {})) | set(_PSEUDO) | {"AWS::StackName", "AWS::StackId", "AWS::NotificationARNs"}
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
        if name not in _INTRINSICS:
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


@dataclass
class Scope:
    """What intrinsics are evaluated against: parameters, and what has been created so far."""

    template: Template
    stack_name: str
    stack_id: str
    parameters: dict[str, str]
    refs: dict[str, Any] = field(default_factory=dict)
    attributes: dict[str, dict[str, Any]] = field(default_factory=dict)
    exports: Mapping[str, str] = field(default_factory=dict)
    imported: set[str] = field(default_factory=set)

    def condition(self, name: str) -> bool:
        conditions = self.template.raw.get("Conditions", {})
        if name not in conditions:
            raise error(f"Template format error: Unresolved condition {name}")
        return bool(self.value(conditions[name]))

    def active(self, name: str) -> bool:
        """Whether a resource's condition holds."""
        condition = self.template.resources[name].get("Condition")
        return condition is None or self.condition(condition)

    def value(self, value: Any) -> Any:
        """A value with its intrinsics evaluated. Raises AwsError."""
        if isinstance(value, list):
            return [v for v in (self.value(x) for x in value) if v is not NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((name, argument),) = value.items()
            if name == "Ref":
                return self._ref(argument)
            if name == "Condition":
                return self.condition(argument)
            if name.startswith("Fn::"):
                return self._intrinsic(name, argument)
        return {k: v for k, v in ((k, self.value(x)) for k, x in value.items()) if v is not NO_VALUE}

    def _ref(self, name: str) -> Any:
        if name in self.parameters:
            kind = str(self.template.raw["Parameters"][name]["Type"])
            listed = kind == "CommaDelimitedList" or "List<" in kind
            return [v.strip() for v in self.parameters[name].split(",")] if listed else self.parameters[name]
        own = {"AWS::StackName": self.stack_name, "AWS::StackId": self.stack_id, **_PSEUDO}
        if name in own:
            return own[name]
        if name not in self.refs:
            raise error(f"Unresolved resource dependencies [{name}]: it has not been created (its condition is false?)")
        return self.refs[name]

    def _attribute(self, name: str, attribute: str) -> Any:
        if name not in self.attributes:
            raise error(f"Unresolved resource dependencies [{name}]: it has not been created (its condition is false?)")
        if attribute not in self.attributes[name]:
            kind = self.template.resources[name]["Type"]
            raise Unsupported(f"the attribute {attribute} of {kind} ({name}; it does {', '.join(sorted(self.attributes[name])) or 'none'})")
        return self.attributes[name][attribute]

    def _intrinsic(self, name: str, argument: Any) -> Any:
        if name not in _INTRINSICS:
            raise Unsupported(f"the intrinsic function {name}")
        if name == "Fn::If":
            condition, yes, no = argument
            return self.value(yes if self.condition(condition) else no)
        if name == "Fn::GetAtt":
            resource, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
            return self._attribute(resource, self.value(attribute))
        if name == "Fn::Sub":
            return self._sub(argument)
        return self._function(name, self.value(argument))

    def _function(self, name: str, arguments: Any) -> Any:
        """A function of values alone."""
        if name == "Fn::Join":
            return str(arguments[0]).join(map(str, arguments[1]))
        if name == "Fn::FindInMap":
            return self._find_in_map(*arguments)
        if name == "Fn::Select":
            return self._select(*arguments)
        if name == "Fn::Split":
            return str(arguments[1]).split(arguments[0])
        if name == "Fn::ImportValue":
            return self._import(str(arguments))
        if name == "Fn::GetAZs":
            return [f"{arguments or REGION}{zone}" for zone in "abcdef"]
        if name == "Fn::Base64":
            return base64.b64encode(str(arguments).encode()).decode()
        if name == "Fn::Equals":
            return arguments[0] == arguments[1]
        if name == "Fn::Not":
            return not arguments[0]
        return all(arguments) if name == "Fn::And" else any(arguments)

    def _sub(self, argument: Any) -> str:
        text, values = argument if isinstance(argument, list) else (argument, {})
        values = {k: self.value(v) for k, v in values.items()}

        def replace(match: re.Match[str]) -> str:
            name = match[1].strip()
            if name in values:
                return str(values[name])
            if "." in name:
                return str(self._attribute(*name.split(".", 1)))
            return str(self._ref(name))

        return _SUB.sub(replace, text).replace("${!", "${")

    def _import(self, name: str) -> str:
        if name not in self.exports:
            raise error(f"No export named {name} found.")
        self.imported.add(name)
        return self.exports[name]

    @staticmethod
    def _select(index: Any, values: list[Any]) -> Any:
        if not 0 <= int(index) < len(values):
            raise error(f"Template error: Fn::Select cannot select nonexistent value at index {index}")
        return values[int(index)]

    def _find_in_map(self, mapping: str, first: str, second: str) -> Any:
        try:
            return self.template.raw["Mappings"][mapping][first][second]
        except KeyError:
            raise error(f"Unable to get mapping for {mapping}::{first}::{second}") from None


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
                yield from (m.strip().split(".")[0] for m in _SUB.findall(text) if m.strip() not in values)
            else:
                yield from references(argument)
