"""The shape of JSON values: which keys there are, of which types, whether always; and values of states. Pure."""

import re
from collections.abc import Iterable
from typing import Any

# Maps whose keys are the user's own (hyperparameters, tags, metadata): their content is no format of AWS
OPAQUE = {"Environment", "HyperParameters", "CustomerMetadataProperties", "Tags", "tags", "metadata", "InputData"}
_STATE = re.compile(r"(?i)(status|state)$")


def of(values: Iterable[Any]) -> dict[str, str]:
    """Path → type of every leaf; a path that some values lack ends in ``?``."""
    seen = [_leaves(value) for value in values]
    paths = sorted({path for leaves in seen for path in leaves})
    out = {}
    for path in paths:
        kinds = sorted({leaves[path] for leaves in seen if path in leaves})
        # optional only where its parent is there without it
        optional = any(path not in leaves and _parent_in(path, leaves) for leaves in seen)
        out[f"{path}?" if optional else path] = " or ".join(kinds)
    return out


def states(values: Iterable[Any]) -> dict[str, list[str]]:
    """Path → the values of every key that is named as a status or a state."""
    found: dict[str, set[str]] = {}
    for value in values:
        for path, leaf in _walk(value, ""):
            if isinstance(leaf, str) and _STATE.search(path):
                found.setdefault(path, set()).add(leaf)
    return {path: sorted(values) for path, values in sorted(found.items())}


def _leaves(value: Any) -> dict[str, str]:
    return {path: _type(leaf) for path, leaf in _walk(value, "")}


def _walk(value: Any, path: str) -> Iterable[tuple[str, Any]]:
    if isinstance(value, dict) and path.rsplit(".", 1)[-1] not in OPAQUE:
        for key, part in value.items():
            yield from _walk(part, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        yield path, value
        for part in value:
            if isinstance(part, dict | list):
                yield from _walk(part, f"{path}[]")
    else:
        yield path, value


def _type(value: Any) -> str:
    match value:
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case None:
            return "null"
        case list():
            return "list"
    return "map"


def _parent_in(path: str, leaves: dict[str, str]) -> bool:
    parent = path.rpartition(".")[0]
    return not parent or any(other.startswith(f"{parent}.") for other in leaves)
