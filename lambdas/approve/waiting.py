"""Packages that wait for a person: when to remind, when to let them expire. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from interfaces.policy import Reviewers


@dataclass(frozen=True)
class Wait:
    """Nothing is due."""


@dataclass(frozen=True)
class Remind:
    """The ``number``-th reminder is due, counted from 1."""

    number: int
    waited: timedelta


@dataclass(frozen=True)
class Expire:
    """Nobody decided in time: rejected, with that reason."""

    reason: str


Due = Wait | Remind | Expire


def since(package: dict[str, Any]) -> tuple[datetime, str]:
    """Since when a package waits, and a name for that time of waiting, empty for the first one.

    One that was decided on and set back to waiting waits since it was: nothing of ours writes on it until it is decided on again.
    """
    if "decided_for" not in package.get("CustomerMetadataProperties", {}):
        return package["CreationTime"], ""
    again: datetime = package.get("LastModifiedTime", package["CreationTime"])
    return again, f"/{again.astimezone(UTC).isoformat()}"


def due(since: datetime, now: datetime, reminded: int, policy: Reviewers) -> Due:
    """What a package is due that waits since then and has had ``reminded`` reminders.

    Reminders that were missed are not made up for: the next one says how long the package has waited.
    """
    waited = now - since
    if waited >= timedelta(days=policy.expire_days):
        return Expire(f"expired: nobody decided within {policy.expire_days} days; approve the version by hand to use it after all")
    number = int(waited / timedelta(hours=policy.remind_hours))
    return Remind(number, waited) if number > reminded else Wait()
