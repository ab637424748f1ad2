"""A person's decision as it travels from the command line to the decide function, and as it is recorded.

The caller proves who they are as HashiCorp Vault and the EKS authenticator let callers do: they sign a request
``sts:GetCallerIdentity`` and hand over its headers; the function sends the request, and STS answers with the caller's ARN. The
decision itself is one of the signed headers, so a proof is good for that one decision, for the minutes that STS accepts it.
"""

import hashlib
import json
from dataclasses import dataclass

APPROVE, REJECT = "approve", "reject"
STATUS = {APPROVE: "Approved", REJECT: "Rejected"}
REASON_LIMIT = 400
DESCRIPTION_LIMIT = 1024  # of SageMaker's ApprovalDescription

# The request that is signed: nothing of it but the headers below comes from the caller
IDENTITY_BODY = "Action=GetCallerIdentity&Version=2011-06-15"
IDENTITY_TYPE = "application/x-www-form-urlencoded; charset=utf-8"
DECISION_HEADER = "X-Loop-Decision"
PROOF_HEADERS = ("Authorization", "X-Amz-Date", "X-Amz-Security-Token", DECISION_HEADER)


@dataclass(frozen=True)
class Record:
    """What the decide function wrote: ``id`` names the proof, ``caller`` is the ARN that STS answered."""

    id: str
    package: str
    decision: str
    reason: str
    caller: str
    recorded_at: str

    @property
    def words(self) -> str:
        """The ApprovalDescription that the decision sets: who, and why."""
        return f"{STATUS[self.decision].lower()} by {self.caller}: {self.reason}"[:DESCRIPTION_LIMIT]


def statement(package: str, decision: str, reason: str) -> str:
    """The value of the signed header: the SHA-256 of exactly this decision."""
    return hashlib.sha256(json.dumps([package, decision, reason]).encode()).hexdigest()
