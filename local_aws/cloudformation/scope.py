"""Intrinsic functions, evaluated against parameters and what has been created so far."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from local_aws.cloudformation.template import INTRINSICS, NO_VALUE, PSEUDO, SUB, Template, error
from local_aws.errors import Unsupported
from local_aws.principals import REGION


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
        own = {"AWS::StackName": self.stack_name, "AWS::StackId": self.stack_id, **PSEUDO}
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
        if name not in INTRINSICS:
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

        return SUB.sub(replace, text).replace("${!", "${")

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
