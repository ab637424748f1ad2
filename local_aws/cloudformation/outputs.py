"""Outputs and exports of a stack, once its resources exist."""

from typing import Any

from local_aws.cloudformation.scope import Scope
from local_aws.cloudformation.stack import Stack, Stacks


class OutputFailed(Exception):
    """An output has no value, or an export clashes or is in use; the reason goes into the stack's events."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(reason)
        self.name = name


def evaluate(stack: Stack, stacks: Stacks) -> list[dict[str, Any]]:
    """As DescribeStacks gives them. Raises OutputFailed."""
    scope = Scope(stack.template, stack.name, stack.id, stack.parameters)
    for name, record in stack.records.items():
        scope.refs[name], scope.attributes[name] = record.id, record.attributes
    found = []
    for name, spec in stack.template.raw.get("Outputs", {}).items():
        try:
            if spec.get("Condition") is not None and not scope.condition(spec["Condition"]):
                continue
            output = {"OutputKey": name, "OutputValue": str(scope.value(spec["Value"]))}
            if "Description" in spec:
                output["Description"] = spec["Description"]
            if "Export" in spec:
                output["ExportName"] = str(scope.value(spec["Export"]["Name"]))
        except Exception as fault:
            raise OutputFailed(name, f"Output {name}: {getattr(fault, 'message', fault)}") from None
        found.append(output)
    _check_exports(stack, stacks, found)
    return found


def check_deletable(stack: Stack, stacks: Stacks) -> None:
    """Raises OutputFailed when another stack imports what this one exports."""
    for output in stack.outputs:
        if "ExportName" in output:
            _check_unused(output["ExportName"], stack, stacks, "deleted")


def _check_exports(stack: Stack, stacks: Stacks, found: list[dict[str, Any]]) -> None:
    exports = {o["ExportName"]: o["OutputValue"] for o in found if "ExportName" in o}
    taken = stacks.exports()
    for name in exports:
        owner = taken.get(name)
        if owner is not None and owner[0] != stack.id:
            raise OutputFailed(name, f"Export with name {name} is already exported by stack {owner[0].split('/')[1]}")
    for output in stack.outputs:
        export = output.get("ExportName")
        if export and exports.get(export) != output["OutputValue"]:
            _check_unused(export, stack, stacks, "updated" if export in exports else "deleted")


def _check_unused(export: str, stack: Stack, stacks: Stacks, what: str) -> None:
    if users := [s for s in stacks.importers(export) if s != stack.name]:
        raise OutputFailed(export, f"Export {export} cannot be {what} as it is in use by {' and '.join(users)}")
