"""What a change set would do to each resource, worked out without doing it. Pure."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from local_aws.cloudformation import schema
from local_aws.cloudformation.scope import Scope
from local_aws.cloudformation.stack import Record
from local_aws.cloudformation.template import Template, references

UNKNOWN = "{{changeSet:KNOWN_AFTER_APPLY}}"  # CloudFormation's own placeholder
_VALUES = ("BeforeContext", "AfterContext", "BeforeValue", "AfterValue")
_ATTRIBUTES = ("Metadata", "DeletionPolicy", "UpdateReplacePolicy")


@dataclass
class Planned(Scope):
    """References to what the change set creates or replaces have no value yet."""

    pending: set[str] = field(default_factory=set)
    resolve: Callable[[Any], Any] = lambda value: value  # dynamic references
    exists: Callable[[str, dict[str, Any]], bool] = lambda kind, properties: False  # outside of any stack, to be imported

    def _ref(self, name: str) -> Any:
        return UNKNOWN if name in self.pending else super()._ref(name)

    def _attribute(self, name: str, attribute: str) -> Any:
        return UNKNOWN if name in self.pending else super()._attribute(name, attribute)


@dataclass(frozen=True)
class Before:
    """What a stack has: nothing, for one that is to be created."""

    template: Template | None
    parameters: Mapping[str, str]
    records: Mapping[str, Record]


def plan(before: Before, scope: Planned) -> list[dict[str, Any]]:
    """The ``Changes`` of a change set, with property values. Raises AwsError."""
    for name, record in before.records.items():
        scope.refs[name], scope.attributes[name] = record.id, record.attributes
    found = []
    active = [name for name in scope.template.order if scope.active(name)]
    for name in active:
        resource = scope.template.resources[name]
        properties = scope.resolve(scope.value(resource.get("Properties", {})))
        existing = before.records.get(name)
        if existing is None:
            scope.pending.add(name)
            known = {k: v for k, v in properties.items() if UNKNOWN not in json.dumps(v, default=str)}
            action = "Import" if scope.exists(resource["Type"], known) else "Add"
            found.append(
                {"Action": action, "LogicalResourceId": name, "ResourceType": resource["Type"], "AfterContext": _context(properties)}
            )
        elif change := _modification(before, scope, existing, properties):
            if change["Replacement"] != "False":
                scope.pending.add(name)
            found.append(change)
    for name, record in before.records.items():
        if name not in active:
            found.append(_removal(record))
    return [{"Type": "Resource", "ResourceChange": {"Scope": [], "Details": [], **change}} for change in found]


def _removal(record: Record) -> dict[str, Any]:
    policy = "Delete" if record.deletion_policy == "Delete" else "Retain"
    named = {"LogicalResourceId": record.logical_id, "PhysicalResourceId": record.id, "ResourceType": record.type}
    return {"Action": "Remove", "PolicyAction": policy, **named, "BeforeContext": _context(record.properties)}


def _modification(before: Before, scope: Planned, record: Record, properties: dict[str, Any]) -> dict[str, Any] | None:
    """A Modify, or None when nothing changes."""
    name, resource = record.logical_id, scope.template.resources[record.logical_id]
    old_resource = before.template.resources.get(name, {}) if before.template else {}
    recreating = schema.create_only(resource["Type"])
    details, replacement = [], "True" if resource["Type"] != record.type else "False"
    for key in sorted({*properties, *record.properties}):
        if properties.get(key) == record.properties.get(key):
            continue
        dynamic = UNKNOWN in json.dumps(properties.get(key), default=str)
        if key in recreating and replacement != "True":
            replacement = "Conditional" if dynamic else "True"
        target: dict[str, Any] = {"Attribute": "Tags" if key == "Tags" else "Properties", "Path": f"/Properties/{key}"}
        if key != "Tags":
            target["Name"] = key
        target["RequiresRecreation"] = "Never" if key not in recreating else "Conditionally" if dynamic else "Always"
        target["AttributeChangeType"] = "Add" if key not in record.properties else "Remove" if key not in properties else "Modify"
        target |= {k: _text(v[key]) for k, v in (("BeforeValue", record.properties), ("AfterValue", properties)) if key in v}
        raw = resource.get("Properties", {}).get(key)
        details += list(_causes(before, scope, raw, old_resource.get("Properties", {}).get(key), target, dynamic))
    for key in _ATTRIBUTES:
        if resource.get(key) != old_resource.get(key):
            target = {"Attribute": key, "RequiresRecreation": "Never"}
            details.append({"Target": target, "Evaluation": "Static", "ChangeSource": "DirectModification"})
    if not details and replacement == "False":
        return None
    change = {"Action": "Modify", "LogicalResourceId": name, "PhysicalResourceId": record.id, "ResourceType": resource["Type"]}
    change |= {"Replacement": replacement, "Scope": sorted({d["Target"]["Attribute"] for d in details}), "Details": details}
    if replacement != "False":
        change["PolicyAction"] = "ReplaceAndDelete" if resource.get("UpdateReplacePolicy", "Delete") == "Delete" else "ReplaceAndRetain"
    return {**change, "BeforeContext": _context(record.properties), "AfterContext": _context(properties)}


def _causes(before: Before, scope: Planned, raw: Any, old_raw: Any, target: dict[str, Any], dynamic: bool) -> Iterator[dict[str, Any]]:
    """Why a property changes: by what it refers to, and by itself when the template says something else than before."""
    evaluation = "Dynamic" if dynamic else "Static"
    caused = False
    for name in sorted(set(references(raw))):
        if name in scope.pending:
            source = "ResourceReference"
        elif name in scope.parameters and scope.parameters[name] != before.parameters.get(name):
            source = "ParameterReference"
        else:
            continue
        caused = True
        yield {"Target": target, "Evaluation": evaluation, "ChangeSource": source, "CausingEntity": name}
    if raw != old_raw or not caused:
        yield {"Target": target, "Evaluation": evaluation, "ChangeSource": "DirectModification"}


def without_values(change: dict[str, Any]) -> dict[str, Any]:
    """A change as it is described unless property values are asked for."""
    resource = {k: v for k, v in change["ResourceChange"].items() if k not in _VALUES}
    details = [{**d, "Target": {k: v for k, v in d["Target"].items() if k not in _VALUES}} for d in resource["Details"]]
    return {**change, "ResourceChange": {**resource, "Details": details}}


def _context(properties: Mapping[str, Any]) -> str:
    return json.dumps({"Properties": properties}, default=str)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)
