"""Hold the journal against the roles' own policies: actions, resources and the conditions that the journal knows."""

import fnmatch
import json
from typing import Any
from urllib.parse import unquote

from local_aws.aws import LocalAws
from local_aws.journal import Entry

NEEDS_NOTHING = {"sts:GetCallerIdentity"}  # AWS: no permission is asked for


def violations(aws: LocalAws, role: str = "") -> list[str]:
    """Calls made with a role's credentials that none of the role's statements allows: of every role, or of one."""
    policies: dict[str, list[dict[str, Any]]] = {}
    found = set()
    for entry in aws.journal.entries(lambda e: e.role is not None and e.error is None and role in ("", e.role)):
        assert entry.role is not None
        if entry.role not in policies:
            policies[entry.role] = _statements(aws.client("iam"), entry.role)
        for access in (a for a in entry.accesses if a.action not in NEEDS_NOTHING):
            for resource in access.resources:
                if not any(_allows(statement, access.action, resource, access.context) for statement in policies[entry.role]):
                    found.add(f"{entry.role} made {entry.service}:{entry.operation} without {access.action} on {resource}")
    return sorted(found)


def unused(aws: LocalAws, role: str) -> set[str]:
    """Actions that a role's policy allows and that it never used."""
    used = {access.action for entry in _of(aws, role) for access in entry.accesses}
    allowed = {action for statement in _statements(aws.client("iam"), role) for action in _list(statement["Action"])}
    return allowed - used


def _of(aws: LocalAws, role: str) -> list[Entry]:
    return aws.journal.of_role(role)


def _statements(iam: Any, role: str) -> list[dict[str, Any]]:
    statements = []
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        document = json.loads(unquote(document)) if isinstance(document, str) else document
        statements += _list(document["Statement"])
    return statements


def _allows(statement: dict[str, Any], action: str, resource: str, context: dict[str, str]) -> bool:
    if statement["Effect"] != "Allow" or not any(fnmatch.fnmatchcase(action, pattern) for pattern in _list(statement["Action"])):
        return False
    patterns = _list(statement["Resource"])
    if not any(fnmatch.fnmatchcase(resource, p) or fnmatch.fnmatchcase(p, resource) for p in patterns):
        return False
    for operator, tests in statement.get("Condition", {}).items():
        for key, allowed in tests.items():
            if key in context:
                match = fnmatch.fnmatchcase if "Like" in operator else str.__eq__
                if not any(match(context[key], value) for value in _list(allowed)):
                    return False
            elif key in ("cloudformation:RoleArn", "iam:PassedToService", "events:source", "s3:prefix"):
                return False  # a condition that the call must meet and does not carry
    return True


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
