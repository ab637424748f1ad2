"""Times as every machine shows them: in UTC. boto gives them in the zone of the machine that it runs on."""

from datetime import UTC, datetime


def utc(at: datetime) -> str:
    """ISO 8601 with the offset ``+00:00``."""
    return at.astimezone(UTC).isoformat()


def shown(iso: str) -> str:
    """``2026-01-31 13:00:00 UTC``, of a time in ISO 8601 with an offset."""
    return f"{datetime.fromisoformat(iso).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
