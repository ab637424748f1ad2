"""Customer metadata of a model package, within SageMaker's limits (CreateModelPackage: pattern and length of values)."""

from collections.abc import Mapping

VALUE_LIMIT = 256
_FORBIDDEN = str.maketrans(dict.fromkeys('<>,%({"', " ") | dict.fromkeys(")}", ""))


def clean(values: Mapping[str, str]) -> dict[str, str]:
    """Values that SageMaker accepts: what it forbids becomes a blank, or nothing where it closes; what is too long ends early."""
    return {key: " ".join(value.translate(_FORBIDDEN).split())[:VALUE_LIMIT] for key, value in values.items()}
