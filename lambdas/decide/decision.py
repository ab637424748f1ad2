"""Which requests are good, and who may decide. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from interfaces.decisions import DECISION_HEADER, PROOF_HEADERS, REASON_LIMIT, STATUS, statement
from lambdas.decide.errors import Refused


@dataclass(frozen=True)
class Request:
    """A well-formed request: the decision, and the signed headers that prove who makes it."""

    package: str
    decision: str
    reason: str
    proof: Mapping[str, str]

    @property
    def signed_at(self) -> str:
        """The signature's time, ``yyyymmddThhmmssZ``: STS accepts it for minutes only."""
        return self.proof["X-Amz-Date"]


def read(event: Mapping[str, Any], group: str) -> Request:
    """Check a request's form, and that what was signed is this very decision. Raises Refused."""
    package, decision, reason = (event.get(key) for key in ("package", "decision", "reason"))
    if not isinstance(package, str) or f":model-package/{group}/" not in package:
        raise Refused(f"package: found {package!r}; expected the ARN of a package of the group {group}")
    if decision not in STATUS:
        raise Refused(f"decision: found {decision!r}; allowed: {', '.join(STATUS)}")
    if not isinstance(reason, str) or not reason.strip() or len(reason) > REASON_LIMIT:
        raise Refused(f"reason: found {reason!r}; expected a sentence of at most {REASON_LIMIT} characters")
    return Request(package, str(decision), reason, _proof(event.get("proof"), statement(package, str(decision), reason)))


def _proof(given: Any, wanted: str) -> dict[str, str]:
    if not isinstance(given, Mapping) or not all(isinstance(given.get(h, ""), str) for h in PROOF_HEADERS):
        raise Refused(f"proof: expected the headers {', '.join(PROOF_HEADERS)} of a signed sts:GetCallerIdentity")
    proof = {h: given[h] for h in PROOF_HEADERS if given.get(h)}
    signed = re.search(r"SignedHeaders=([^,\s]+)", proof.get("Authorization", ""))
    if signed is None or DECISION_HEADER.lower() not in signed[1].split(";") or "host" not in signed[1].split(";"):
        raise Refused(f"proof: the signature does not cover host and {DECISION_HEADER}; decide with: loop approve or loop reject")
    if proof.get(DECISION_HEADER) != wanted:
        raise Refused("proof: what was signed is another decision than this one")
    if not re.fullmatch(r"\d{8}T\d{6}Z", proof.get("X-Amz-Date", "")):
        raise Refused(f"proof: X-Amz-Date: found {proof.get('X-Amz-Date')!r}; expected yyyymmddThhmmssZ")
    return proof


def check_caller(arn: str, account: str, own_account: str, allowed: tuple[str, ...]) -> None:
    """Raises Refused for a caller who may not decide. Two approvers would be asked for here, by counting records.

    A pattern whose account is ``*`` means this account: anybody can make a role of any name in an account of their own.
    """
    fitting = [pattern for pattern in allowed if fnmatchcase(arn, pattern)]
    if account != own_account and not any(_account(pattern) == account for pattern in fitting):
        named = f"name it with its account in the policy's reviewers.allowed, as in arn:aws:sts::{account}:…, to let it decide"
        raise Refused(f"{arn} is of another account; {named}")
    if allowed and not fitting:
        raise Refused(f"{arn} is none of the policy's reviewers: {', '.join(allowed)}")


def _account(pattern: str) -> str:
    """The account of a pattern on ARNs; empty where it has none."""
    return "".join(pattern.split(":")[4:5])
