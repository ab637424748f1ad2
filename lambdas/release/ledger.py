"""The release ledger in DynamoDB: decisions with a monotonic generation, in decision order.

Items, by ``pk``: ``release/desired`` is the last decision; ``release/history/<generation>`` what became of each;
``release/package/<arn>`` what was last seen of a package's approval; ``release/monitoring`` the last
update of Monitoring; ``release/request/<id>`` marks a rollback that was
asked for; ``release/told/<what>`` what people were told once. A decision is one transaction: it is made, or it is not.
"""

from dataclasses import dataclass

from lambdas.release.decision import Decision
from lambdas.release.history import GOOD, LEFT, Entry
from lambdas.release.monitors import Attempt
from lambdas.shared.table import Table, Write

_DESIRED = "release/desired"
_MONITORING = "release/monitoring"


@dataclass(frozen=True)
class Seen:
    """A package's approval when it was last looked at."""

    status: str = ""
    description: str = ""


@dataclass(frozen=True)
class Note:
    """What is now seen of a package, over what was seen before; ``record`` is the recorded decision that it is released by."""

    package: str
    now: Seen
    before: Seen
    record: str = ""


class Ledger:
    """Reads and writes decisions."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def desired(self) -> tuple[Decision | None, int]:
        """(last decision, generation of the last update sent)."""
        item = self._table.get(_DESIRED)
        if not item:
            return None, 0
        decision = Decision(
            item["package"], item["generation"], item["failed"], item.get("kind", ""), item.get("at", ""), bool(item.get("verified", 0))
        )
        return decision, item.get("attempted", 0)

    def seen(self, package: str) -> Seen:
        item = self._table.get(_package(package))
        return Seen(item["status"], item["description"]) if item else Seen()

    def used(self, package: str) -> str:
        """Id of the recorded decision that the package's last release went by; empty where none was asked for."""
        return str(self._table.get(_package(package)).get("record", ""))

    def note(self, note: Note) -> bool:
        """Remember a package's approval state, if nobody else has since; whether it was written."""
        return self._table.set_together([_noting(note)])

    def decide(
        self, package: str, *, kind: str, at: str, by: str = "", reason: str = "", note: Note | None = None, request: str = ""
    ) -> int | None:
        """Make a package the desired one, and note what led to it; the new generation, or None if it was noted before.

        Decisions are ordered by this write. A rollback leaves the release that it is made over.
        """
        while True:
            current, _ = self.desired()
            if current and at < current.at and note is not None:
                return None  # a later decision has come in between
            generation = current.generation + 1 if current else 1
            condition = "generation = :old" if current else "attribute_not_exists(pk)"
            old: dict[str, str | float] = {"old": current.generation} if current else {}
            entry = {"package": package, "kind": kind, "by": by, "reason": reason, "at": at, "outcome": ""}
            writes: list[Write] = [
                (
                    _DESIRED,
                    {"package": package, "generation": generation, "failed": "", "kind": kind, "at": at, "verified": 0},
                    condition,
                    old,
                ),
                (_history(generation), entry, "attribute_not_exists(pk)", {}),
            ]
            if note is not None:
                writes.append(_noting(note))
            if request:
                writes.append((f"release/request/{request}", {"generation": generation}, "attribute_not_exists(pk)", {}))
                if current and current.verified:
                    writes.append((_history(current.generation), {"outcome": LEFT}, "outcome = :good", {"good": GOOD}))
            if self._table.set_together(writes):
                return generation
            if (request and self.requested(request)) or (note is not None and self.seen(package) != note.before):
                return None

    def requested(self, request: str) -> int:
        """The generation that a request has led to, 0 if it has led to none."""
        return int(self._table.get(f"release/request/{request}").get("generation", 0))

    def attempted(self, generation: int) -> None:
        """An update for this generation has been sent."""
        self._table.set(_DESIRED, {"attempted": generation}, "attribute_not_exists(attempted) OR attempted < :g", g=generation)

    def verify(self, generation: int) -> bool:
        """Record a release that serves and answers as it should.

        That its update was sent may not have been recorded yet.
        """
        return self._table.set_together(
            [
                (_DESIRED, {"verified": 1, "attempted": generation}, "generation = :g AND failed = :none", {"g": generation, "none": ""}),
                (_history(generation), {"outcome": GOOD}, "", {}),
            ]
        )

    def monitoring(self) -> Attempt:
        """The last update of Monitoring that was sent."""
        item = self._table.get(_MONITORING)
        return Attempt(item["generation"], item["engine"], bool(item["given_up"])) if item else Attempt()

    def monitoring_attempted(self, attempt: Attempt) -> None:
        """Sent, or given up."""
        changes: dict[str, str | float] = {
            "generation": attempt.generation,
            "engine": attempt.engine,
            "given_up": int(attempt.given_up),
        }
        self._table.set(_MONITORING, changes, "attribute_not_exists(#generation) OR #generation <= :g", g=attempt.generation)

    def fail(self, generation: int, reason: str) -> bool:
        """Record a failed release; False if it was recorded before or a newer decision stands."""
        return self._table.set_together(
            [
                (
                    _DESIRED,
                    {"failed": reason, "attempted": generation},
                    "generation = :g AND failed = :none",
                    {"g": generation, "none": ""},
                ),
                (_history(generation), {"outcome": f"failed: {reason}"}, "", {}),
            ]
        )

    def history(self, most: int = 60) -> list[Entry]:
        """The newest decisions, newest first."""
        current, _ = self.desired()
        newest = current.generation if current else 0
        found = []
        for generation in range(newest, max(newest - most, 0), -1):
            item = self._table.get(_history(generation))
            if item:
                found.append(Entry(generation, item["package"], item["kind"], item["by"], item["reason"], item["at"], item["outcome"]))
        return found

    def told(self, what: str) -> bool:
        """Whether people were told of something."""
        return bool(self._table.get(f"release/told/{what}"))

    def tell(self, what: str) -> None:
        self._table.set(f"release/told/{what}", {"told": 1})


def _noting(note: Note) -> Write:
    changes = {"status": note.now.status, "description": note.now.description, **({"record": note.record} if note.record else {})}
    if note.before == Seen():
        return (_package(note.package), changes, "attribute_not_exists(pk)", {})
    # #status is given by the change of the same name
    condition = "#status = :before_status AND #description = :before_description"
    return (
        _package(note.package),
        changes,
        condition,
        {"before_status": note.before.status, "before_description": note.before.description},
    )


def _package(arn: str) -> str:
    return f"release/package/{arn}"


def _history(generation: int) -> str:
    return f"release/history/{generation:08d}"
