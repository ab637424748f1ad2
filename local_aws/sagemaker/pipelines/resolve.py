"""Values of a definition at run time: parameters, execution variables, step properties, Join and JsonGet."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_REFERENCES = ({"Get"}, {"Std:Join"}, {"Std:JsonGet"})
_SEGMENT = re.compile(r"\.?([A-Za-z0-9_-]+)|\[(\d+)\]|\[['\"]([^'\"]+)['\"]\]")


class ResolveError(Exception):
    """A value cannot be found: the step that needs it fails with this reason."""


@dataclass(frozen=True)
class Scope:
    """What references are resolved against. ``properties`` describes a finished step; ``report`` reads a
    property file of a step as parsed JSON, ``document`` what lies at a URI of S3."""

    parameters: Mapping[str, Any]
    execution: Mapping[str, Any]
    properties: Callable[[str], dict[str, Any]]
    report: Callable[[str, str], Any]
    document: Callable[[str], Any]


def resolve(value: Any, scope: Scope) -> Any:
    """A value with every reference replaced. Raises ResolveError."""
    if isinstance(value, list):
        return [resolve(v, scope) for v in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"Get"}:
        return _get(value["Get"], scope)
    if set(value) == {"Std:Join"}:
        join = value["Std:Join"]
        return str(join["On"]).join(text(resolve(v, scope)) for v in join["Values"])
    if set(value) == {"Std:JsonGet"}:
        return _json_get(value["Std:JsonGet"], scope)
    return {k: resolve(v, scope) for k, v in value.items()}


def known(value: Any, parameters: Mapping[str, Any]) -> Any:
    """A value as far as parameters tell: references that only an execution can follow stay as they are."""
    if isinstance(value, list):
        return [known(v, parameters) for v in value]
    if not isinstance(value, dict):
        return value
    if not is_reference(value):
        return {k: known(v, parameters) for k, v in value.items()}
    try:
        return resolve(value, Scope(parameters, {}, _not_yet, _not_yet, _not_yet))
    except (ResolveError, LookupError):
        return value


def is_reference(value: Any) -> bool:
    """Whether it stands for a value that is found at run time."""
    return isinstance(value, dict) and set(value) in _REFERENCES


def _not_yet(*of: str) -> Any:
    raise ResolveError(f"{of} has not run")


def walk(value: Any, path: str) -> Any:
    """Follow ``a.b[0]['c']``. A list is searched by its elements' names: ``Outputs['train']``.

    Raises ResolveError naming the part that is missing.
    """
    position = 0
    while position < len(path):
        match = _SEGMENT.match(path, position)
        if not match:
            raise ResolveError(f"the path {path!r} cannot be read at {path[position:]!r}")
        position = match.end()
        name, index, key = match.groups()
        try:
            if index is not None:
                value = value[int(index)]
            elif isinstance(value, list):
                value = next(v for v in value if (key or name) in [x for k, x in v.items() if k.endswith("Name")])
            else:
                value = value[key if key is not None else name]
        except (KeyError, IndexError, TypeError, StopIteration):
            raise ResolveError(f"{path!r} does not exist: {match.group().lstrip('.')!r} was not found") from None
    return value


def _get(path: str, scope: Scope) -> Any:
    root, _, rest = path.partition(".")
    if root == "Parameters":
        return scope.parameters[rest]
    if root == "Execution":
        return scope.execution[rest]
    step, _, inner = rest.partition(".")
    return walk(scope.properties(step), inner)


def _json_get(spec: dict[str, Any], scope: Scope) -> Any:
    if "S3Uri" in spec:
        uri = text(resolve(spec["S3Uri"], scope))
        try:
            return walk(scope.document(uri), spec["Path"])
        except ResolveError as error:
            raise ResolveError(f"JsonGet of {uri}: {error}") from None
    path = spec["PropertyFile"]["Get"] if isinstance(spec["PropertyFile"], dict) else spec["PropertyFile"]
    _, step, _, name = path.split(".", 3)
    try:
        return walk(scope.report(step, name), spec["Path"])
    except ResolveError as error:
        raise ResolveError(f"JsonGet of property file {name!r} of step {step!r}: {error}") from None


def text(value: Any) -> str:
    """The one text form of a value, in Join, metadata, messages and lists of parameters: as in JSON, strings as they are."""
    if isinstance(value, str):
        return value
    return json.dumps(value) if value is None or isinstance(value, bool | dict | list) else str(value)
