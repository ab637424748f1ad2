"""Whose decision a package's status is, as it stands on the package. Pure."""

from interfaces.evidence import digest
from interfaces.metadata import clean

LOOP = "loop"  # decided_via: `loop approve` or `loop reject`, recorded by the decide function


def signed(status: str, description: str, by: str, at: str, via: str) -> dict[str, str]:
    """Metadata: who, when and how; ``decided_for`` binds it to that status and its words."""
    return clean({"decided_by": by, "decided_at": at, "decided_via": via, "decided_for": mark(status, description)})


def mark(status: str, description: str) -> str:
    """A status with its description, short."""
    return f"{status} {digest(description)[:16]}"
