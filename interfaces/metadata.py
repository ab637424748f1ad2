"""Customer metadata of a model package, within SageMaker's limits (CreateModelPackage: pattern and length of values)."""

from collections.abc import Mapping

VALUE_LIMIT = 256
_FORBIDDEN = str.maketrans(dict.fromkeys('<>,%(){}"', " "))


def clean(values: Mapping[str, str]) -> dict[str, str]:
    """Values that SageMaker accepts: what it forbids becomes a space, what is too long ends early."""
    return {key: value.translate(_FORBIDDEN)[:VALUE_LIMIT] for key, value in values.items()}
