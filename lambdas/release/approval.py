"""What a package's approval says, and whether it is a decision that may be released. Pure."""

from dataclasses import dataclass

from interfaces.decisions import APPROVE, Record

APPROVED = "Approved"


@dataclass(frozen=True)
class Seen:
    """A package's approval when it was looked at. ``decided`` is when ``loop approve`` recorded it; empty for every other way."""

    status: str = ""
    description: str = ""
    decided: str = ""


def new_decision(now: Seen, before: Seen) -> bool:
    """Whether an approval is new: not approved when last seen, or approved anew, by other words or by another record.

    Whatever else is written on a package, the function's own note of who changed a status included, is none.
    """
    by_another_record = bool(now.decided) and bool(before.decided) and now.decided != before.decided
    anew = before.status != APPROVED or now.description != before.description or by_another_record
    return now.status == APPROVED and anew


def covers(record: Record, approval: Seen) -> bool:
    """Whether an approval is the one that a record set: its words and its time. Anybody's later change of either is another approval."""
    return (approval.description, approval.decided) == (record.words, record.recorded_at)


def held(record: Record | None, used: str, approval: Seen) -> str:
    """Why an approval is not released where a recorded decision is asked for; empty if it may be.

    ``record`` is the newest decision of an authenticated caller on the package, ``used`` the id of the one that its last
    release went by: a decision releases once, and only the approval that it set itself, so a status or words set anew by
    anybody else cannot lean on it.
    """
    if record is None:
        return "no authenticated caller has decided on it"
    if record.decision != APPROVE:
        return f"{record.caller} decided to {record.decision} it on {record.recorded_at}: {record.reason}"
    if record.id == used:
        return f"the decision of {record.caller} on {record.recorded_at} was released before"
    if not covers(record, approval):
        return f"it was changed since the decision of {record.caller} on {record.recorded_at}"
    return ""
