"""A status that was changed in the Studio or by any API client: who did it, when, and why. Pure.

SageMaker keeps the last change's user with the package (UserContext: documented for model packages). It says who, but the next
update overwrites it, so it is noted on the package as soon as it is seen. It is a note, not the record that `recorded` asks for.
"""

from typing import Any

from lambdas.shared.package import mark, signed

UNKNOWN_CALLER = "not reported by SageMaker"


def note(package: dict[str, Any]) -> dict[str, str] | None:
    """The metadata to write for a decision that nothing of ours made, or None if the package says already whose it is."""
    status, description = package["ModelApprovalStatus"], package.get("ApprovalDescription", "")
    if package.get("CustomerMetadataProperties", {}).get("decided_for") == mark(status, description):
        return None
    return signed(status, description, caller(package.get("LastModifiedBy", {})), package["LastModifiedTime"].isoformat(), "status change")


def caller(user: dict[str, Any]) -> str:
    """The IAM identity where SageMaker names one, else the Studio's user profile."""
    identity = user.get("IamIdentity", {}).get("Arn")
    return str(identity or user.get("UserProfileArn") or user.get("UserProfileName") or UNKNOWN_CALLER)
