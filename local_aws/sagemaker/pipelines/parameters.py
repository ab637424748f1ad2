"""What StartPipelineExecution is given: parameters in their declared types, how many steps at once."""

from typing import Any

from local_aws.errors import validation
from local_aws.sagemaker.pipelines.definition import PARAMETER_TYPES, Definition


def values(definition: Definition, given: dict[str, str]) -> dict[str, Any]:
    """Values by name, in their declared types. Raises AwsError for unknown, missing or malformed ones."""
    unknown = sorted(set(given) - set(definition.parameters))
    if unknown:
        known = ", ".join(definition.parameters) or "none"
        raise validation(f"Unknown parameters {unknown}. The pipeline declares: {known}")
    found = {}
    for name, declared in definition.parameters.items():
        if name not in given and "DefaultValue" not in declared:
            raise validation(f"Parameter {name} has no default value and was not given")
        raw = given.get(name, declared.get("DefaultValue"))
        found[name] = _typed(name, raw, declared["Type"])
        allowed = declared.get("EnumValues")
        if allowed and found[name] not in allowed:
            raise validation(f"Parameter {name}: {raw!r} is not one of {allowed}")
    return found


def parallel(params: dict[str, Any]) -> int | None:
    found = params.get("ParallelismConfiguration", {}).get("MaxParallelExecutionSteps")
    return int(found) if found else None


def _typed(name: str, raw: Any, kind: str) -> Any:
    if kind == "Boolean":
        if str(raw).lower() not in ("true", "false"):
            raise validation(f"Parameter {name}: {raw!r} is not a Boolean")
        return str(raw).lower() == "true"
    try:
        return PARAMETER_TYPES[kind](raw)
    except (TypeError, ValueError):
        raise validation(f"Parameter {name}: {raw!r} is not of type {kind}") from None
