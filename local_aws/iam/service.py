"""IAM's simulator for the policies of a role."""

import json
from typing import Any
from urllib.parse import unquote

from local_aws.clients import Clients
from local_aws.dispatcher import Call, operation
from local_aws.errors import AwsError, Unsupported
from local_aws.iam.policy import ALLOWED, IMPLICIT_DENY, Decision, Statement, decide, listed

_REFUSED = (
    "PolicyInputList",
    "PermissionsBoundaryPolicyInputList",
    "ResourcePolicy",
    "ResourceOwner",
    "CallerArn",
    "ResourceHandlingOption",
)


class Iam:
    """SimulatePrincipalPolicy. Resource policies and service control policies have no part in it."""

    kept: tuple[str, ...] = ()

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    @operation("iam", "SimulatePrincipalPolicy")
    def simulate(self, call: Call) -> dict[str, Any]:
        params = call.params
        for name in _REFUSED:
            if params.get(name):
                raise Unsupported(f"SimulatePrincipalPolicy with {name}")
        kind, _, path = params["PolicySourceArn"].rpartition(":")[2].partition("/")
        if kind != "role":
            raise Unsupported(f"SimulatePrincipalPolicy of {params['PolicySourceArn']} (it does roles)")
        statements, boundary = self._policies(path.rsplit("/", 1)[-1])
        context = {entry["ContextKeyName"]: entry["ContextKeyValues"] for entry in params.get("ContextEntries", [])}
        results = [
            _result(action, resource, _within(decide(statements, action, resource, context), boundary, action, resource, context))
            for action in params["ActionNames"]
            for resource in params.get("ResourceArns") or ["*"]
        ]
        return {"EvaluationResults": results, "IsTruncated": False}

    def _policies(self, role: str) -> tuple[list[Statement], list[Statement] | None]:
        """The statements of a role, and those of its boundary if it has one. Raises AwsError for an unknown role."""
        iam = self._clients.admin("iam")
        try:
            described = iam.get_role(RoleName=role)["Role"]
        except iam.exceptions.NoSuchEntityException:
            raise AwsError("NoSuchEntity", f"The role with name {role} cannot be found.", 404) from None
        statements: list[Statement] = []
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            statements += _statements(iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"])
        for attached in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
            statements += self._managed(attached["PolicyArn"])
        boundary = described.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
        return statements, self._managed(boundary) if boundary else None

    def _managed(self, arn: str) -> list[Statement]:
        iam = self._clients.admin("iam")
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        return _statements(iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"])


def _within(decision: Decision, boundary: list[Statement] | None, action: str, resource: str, context: dict[str, list[str]]) -> Decision:
    """What a boundary does not allow is not allowed."""
    if boundary is None or decision.verdict != ALLOWED:
        return decision
    limit = decide(boundary, action, resource, context)
    return decision if limit.verdict == ALLOWED else Decision(IMPLICIT_DENY, limit.missing)


def _result(action: str, resource: str, decision: Decision) -> dict[str, Any]:
    return {
        "EvalActionName": action,
        "EvalResourceName": resource,
        "EvalDecision": decision.verdict,
        "MatchedStatements": [],
        "MissingContextValues": list(decision.missing),
    }


def _statements(document: Any) -> list[Statement]:
    parsed = json.loads(unquote(document)) if isinstance(document, str) else document
    return list(listed(parsed["Statement"]))
