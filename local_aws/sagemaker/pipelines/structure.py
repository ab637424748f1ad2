"""A definition's form, before its meaning: schema.json, and what the API behind a step has for members."""

import functools
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from local_aws import moto_seam
from local_aws.errors import validation

SCHEMA = Path(__file__).with_name("schema.json")
# what a step's Arguments are sent to, and the member that the pipeline itself fills in
_OPERATIONS = {
    "Processing": ("CreateProcessingJob", "ProcessingJobName"),
    "Training": ("CreateTrainingJob", "TrainingJobName"),
    "Tuning": ("CreateHyperParameterTuningJob", "HyperParameterTuningJobName"),
    "Transform": ("CreateTransformJob", "TransformJobName"),
    "Model": ("CreateModel", "ModelName"),
    "RegisterModel": ("CreateModelPackage", ""),
}
_LONGEST = 80


def check(raw: Any) -> None:
    """Raises AwsError naming the step or parameter, the member, what was found and what is allowed."""
    found = min(_validator().iter_errors(raw), key=lambda error: _order(error.absolute_path), default=None)
    if found is not None:
        where, member = _place(raw, list(found.absolute_path))
        raise validation(f"Unable to parse pipeline definition. {where}{_told(found, member)}")
    for step in _steps(raw["Steps"]):
        if step["Type"] in _OPERATIONS:
            _check_arguments(step)


@functools.cache
def _validator() -> Any:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(json.loads(SCHEMA.read_text()))


def _order(path: Iterable[str | int]) -> list[str]:
    """As in the document, steps by number."""
    return [f"{part:06d}" if isinstance(part, int) else part for part in path]


def _place(raw: Any, path: list[str | int]) -> tuple[str, str]:
    """("Step 'x': ", member within it) of the innermost step or parameter on a path."""
    where, member, value = "", list(path), raw
    for depth, part in enumerate(path):
        value = value[part]
        kind = path[depth - 1] if depth else ""
        if isinstance(part, int) and kind in ("Steps", "IfSteps", "ElseSteps", "Parameters"):
            name = value.get("Name") if isinstance(value, dict) else None
            title = "Parameter" if kind == "Parameters" else "Step"
            where = f"{title} '{name}': " if isinstance(name, str) else f"{title} {part + 1} of {kind}: "
            member = path[depth + 1 :]
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in member).lstrip(".")
    return where, text


def _told(error: Any, member: str) -> str:
    """What is wrong with a member, in one sentence."""
    prefix = f"{member}: " if member else ""
    rule, found = error.validator, error.instance
    if rule == "required":
        missing = next(name for name in error.validator_value if name not in found)
        return f"{prefix}the member {missing!r} is missing"
    if rule == "additionalProperties":
        allowed = error.schema.get("properties", {})
        return f"{prefix}unknown member {next(n for n in found if n not in allowed)!r}; allowed: {', '.join(allowed)}"
    shown = json.dumps(found)
    shown = shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…"
    if "description" in error.schema:
        return f"{prefix}found {shown}; allowed: {error.schema['description']}"
    wanted = error.validator_value
    allowed = {
        "type": lambda: f"of type {wanted if isinstance(wanted, str) else ' or '.join(wanted)}",
        "enum": lambda: ", ".join(map(str, wanted)),
        "minItems": lambda: f"at least {wanted}",
        "minimum": lambda: f"{wanted} or more",
    }
    return f"{prefix}found {shown}; allowed: {allowed[rule]()}" if rule in allowed else f"{prefix}{error.message}"


def _steps(steps: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for step in steps:
        yield step
        if step["Type"] == "Condition":
            yield from _steps([*step["Arguments"].get("IfSteps", []), *step["Arguments"].get("ElseSteps", [])])


def _check_arguments(step: dict[str, Any]) -> None:
    operation, own = _OPERATIONS[step["Type"]]
    members, required = moto_seam.members("sagemaker", operation)
    for name in step["Arguments"]:
        if name not in members:
            raise validation(f"Step '{step['Name']}': Arguments: unknown member {name!r}; {operation} takes: {', '.join(members)}")
    for name in sorted(required, key=members.index):
        if name != own and name not in step["Arguments"]:
            raise validation(f"Step '{step['Name']}': Arguments: the member {name!r} is missing; {operation} requires it")
