"""A pipeline definition, parsed and checked before anything runs: step types, references, cycles.

What steps ask of the services behind them is checked by these (runners.py).

The format is SageMaker's "pipeline definition JSON schema", version 2020-12-01.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from local_aws.errors import Unsupported, validation
from local_aws.sagemaker.pipelines import structure
from local_aws.sagemaker.pipelines.cache import CACHED_TYPES, duration
from local_aws.sagemaker.pipelines.conditions import negated

STEP_TYPES = (
    "Processing", "Training", "Tuning", "Transform", "Model", "RegisterModel", "Lambda", "Callback", "Condition", "Fail",
)  # fmt: skip
TRIGGERS = ("Completed", "Failed", "Stopped", "Any")
# members of a step beside Arguments that may refer to parameters and other steps
_REFERRING = ("FunctionArn", "SqsQueueUrl")
CONDITION_TYPES = (
    "Equals", "GreaterThan", "GreaterThanOrEqualTo", "LessThan", "LessThanOrEqualTo", "In", "Not", "Or",
)  # fmt: skip
PARAMETER_TYPES: dict[str, type] = {"String": str, "Integer": int, "Float": float, "Boolean": bool}
EXECUTION_VARIABLES = (
    "StartDateTime", "CurrentDateTime", "PipelineName", "PipelineArn", "PipelineExecutionId", "PipelineExecutionArn",
    "TrainingJobName", "ProcessingJobName",
)  # fmt: skip
_STEP_REFERENCE = re.compile(r"Steps\.([A-Za-z0-9_-]+)(?:\.(.*))?", re.DOTALL)


@dataclass
class Step:
    """One step. ``branch`` is (condition step, outcome) for a step inside a condition."""

    name: str
    type: str
    arguments: dict[str, Any]
    raw: dict[str, Any]
    after: set[str] = field(default_factory=set)
    triggers: dict[str, str] = field(default_factory=dict)  # of dependencies that do not wait for success
    branch: tuple[str, bool] | None = None


@dataclass(frozen=True)
class Definition:
    """All steps by name, in order, and the declared parameters."""

    steps: dict[str, Step]
    parameters: dict[str, dict[str, Any]]

    @property
    def handled(self) -> set[str]:
        """Steps whose failure another step waits for."""
        return {name for step in self.steps.values() for name, trigger in step.triggers.items() if trigger in ("Failed", "Any")}


def parse(text: str) -> Definition:
    """Parse and check. Raises AwsError naming the step and what is wrong with it."""
    try:
        raw = json.loads(text)
    except ValueError as error:
        raise validation(f"Unable to parse pipeline definition: {error}") from None
    if not isinstance(raw, dict):
        raise validation(f"Unable to parse pipeline definition: it is of type {type(raw).__name__} and not an object")
    if raw.get("Version") != "2020-12-01":
        raise validation(f"Unable to parse pipeline definition. Version {raw.get('Version')!r} is not supported; expected 2020-12-01")
    structure.check(raw)
    parameters = {p["Name"]: p for p in raw.get("Parameters", [])}
    for name, parameter in parameters.items():
        if parameter["Type"] not in PARAMETER_TYPES:
            raise validation(f"Parameter {name} has the unknown type {parameter['Type']}; known: {', '.join(PARAMETER_TYPES)}")
    steps: dict[str, Step] = {}
    for step in _flatten(raw.get("Steps", []), None):
        if step.name in steps:
            raise validation(f"Unable to parse pipeline definition. Step names must be unique: {step.name}")
        steps[step.name] = step
    if not steps:
        raise validation("Unable to parse pipeline definition. It has no steps.")
    for step in steps.values():
        _check_references(step, steps, parameters)
        _check_cache(step)
    _check_cycles(steps)
    return Definition(steps, parameters)


def references(value: Any) -> Iterator[str]:
    """Every ``Get`` path inside a value."""
    if isinstance(value, dict):
        if set(value) == {"Get"}:
            yield value["Get"]
        else:
            for part in value.values():
                yield from references(part)
    elif isinstance(value, list):
        for part in value:
            yield from references(part)


def _flatten(raw_steps: list[dict[str, Any]], branch: tuple[str, bool] | None) -> Iterator[Step]:
    for raw in raw_steps:
        kind = raw.get("Type")
        if kind not in STEP_TYPES:
            raise Unsupported(f"pipeline steps of type {kind!r} (step {raw.get('Name')!r}; it does {', '.join(STEP_TYPES)})")
        arguments = raw.get("Arguments", {})
        own = {k: v for k, v in arguments.items() if k not in ("IfSteps", "ElseSteps")} if kind == "Condition" else arguments
        step = Step(raw["Name"], kind, own, raw, branch=branch)
        referring = [own, *(raw[k] for k in _REFERRING if k in raw)]
        step.after = {m[1] for path in references(referring) if (m := _STEP_REFERENCE.fullmatch(path))}
        _depend(step, raw.get("DependsOn", []))
        if branch:
            step.after.add(branch[0])
        yield step
        if kind == "Condition":
            for condition in arguments["Conditions"]:
                _check_condition(condition, raw["Name"])
            yield from _flatten(arguments.get("IfSteps", []), (raw["Name"], True))
            yield from _flatten(arguments.get("ElseSteps", []), (raw["Name"], False))


def _depend(step: Step, entries: list[Any]) -> None:
    """Names, or ``{"Step": …, "Trigger": …}`` for a dependency on another outcome than success."""
    for entry in entries:
        name, trigger = (entry["Step"], entry.get("Trigger", "Completed")) if isinstance(entry, dict) else (entry, "Completed")
        if trigger not in TRIGGERS:
            raise validation(f"Step '{step.name}' depends on '{name}' with the unknown trigger {trigger!r}; known: {', '.join(TRIGGERS)}")
        step.after.add(name)
        if trigger != "Completed":
            step.triggers[name] = trigger


def _check_condition(condition: dict[str, Any], step: str) -> None:
    kind = condition.get("Type")
    if kind not in CONDITION_TYPES:
        raise Unsupported(f"conditions of type {kind!r} (step {step}; it does {', '.join(CONDITION_TYPES)})")
    for inner in condition.get("Conditions", []) + ([negated(condition)] if kind == "Not" else []):
        _check_condition(inner, step)


def _check_references(step: Step, steps: dict[str, Step], parameters: dict[str, Any]) -> None:
    for name in step.after:
        if name not in steps:
            raise validation(f"Step '{step.name}' depends on the step '{name}', which does not exist")
    for path in references([step.arguments, *(step.raw[k] for k in _REFERRING if k in step.raw)]):
        root, _, rest = path.partition(".")
        known = {"Parameters": parameters, "Execution": EXECUTION_VARIABLES, "Steps": steps}.get(root)
        name = re.split(r"[.\[]", rest)[0]
        if known is None or name not in known:
            raise validation(f"Step '{step.name}' refers to {path!r}, which does not exist")


def _check_cache(step: Step) -> None:
    """A cache that could not be kept or never expires is refused when the definition is stored."""
    cached = step.raw.get("CacheConfig", {})
    if not cached.get("Enabled"):
        return
    if step.type not in CACHED_TYPES:
        raise Unsupported(f"a cached step of type {step.type} (step {step.name!r}; it does {', '.join(CACHED_TYPES)})")
    if "ExpireAfter" not in cached:
        raise validation(f"Step '{step.name}': CacheConfig needs ExpireAfter")
    duration(cached["ExpireAfter"])


def _check_cycles(steps: dict[str, Step]) -> None:
    done: set[str] = set()
    left = set(steps)
    while left:
        ready = {name for name in left if steps[name].after <= done}
        if not ready:
            raise validation(f"Unable to parse pipeline definition. Steps depend on each other in a circle: {', '.join(sorted(left))}")
        done |= ready
        left -= ready
