"""Stack policies: what an update may not do to which resources."""

import fnmatch
from typing import Any

_ACTIONS = {"modify": "Update:Modify", "replace": "Update:Replace", "delete": "Update:Delete"}


def denied(policy: dict[str, Any] | None, logical_id: str, kind: str, change: str) -> bool:
    """Whether the policy forbids a change (``modify``, ``replace`` or ``delete``). With a policy, what is not allowed is denied."""
    if policy is None:
        return False
    allowed = False
    for statement in policy["Statement"]:
        if _covers(statement, logical_id, kind, _ACTIONS[change]):
            if statement["Effect"] == "Deny":
                return True
            allowed = True
    return not allowed


def _covers(statement: dict[str, Any], logical_id: str, kind: str, action: str) -> bool:
    actions = _list(statement.get("Action", []))
    if not any(fnmatch.fnmatchcase(action, pattern) for pattern in actions):
        return False
    types = _list(statement.get("Condition", {}).get("StringEquals", {}).get("ResourceType", [])) + _list(
        statement.get("Condition", {}).get("StringLike", {}).get("ResourceType", [])
    )
    if types and not any(fnmatch.fnmatchcase(kind, pattern) for pattern in types):
        return False
    return any(fnmatch.fnmatchcase(f"LogicalResourceId/{logical_id}", r) or r == "*" for r in _list(statement.get("Resource", "*")))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
