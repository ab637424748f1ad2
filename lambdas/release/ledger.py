"""The release ledger in DynamoDB: decisions with a monotonic generation, in decision order.

Items, by ``pk``: ``release/desired`` is the last decision; ``release/history/<generation>`` what became of each;
``release/package/<arn>`` what was last seen of a package's approval; ``release/monitoring`` the last
update of Monitoring; ``release/request/<id>`` marks a rollback that was
asked for; ``release/told/<what>`` what people were told once; ``release/changed`` how the endpoint was last seen to
have been changed by hand. A decision is one transaction: it is made, or it is not.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from interfaces.releases import DESIRED, GOOD, LEFT, history_key
from lambdas.release.approval import Seen
from lambdas.release.decision import ROLLBACK, Decision
from lambdas.release.history import FAILED, Entry
from lambdas.release.monitors import Attempt
from lambdas.shared.table import Table, Write

_MONITORING, _CHANGED = "release/monitoring", "release/changed"


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
        item = self._table.get(DESIRED)
        if not item:
            return None, 0
        decision = Decision(
            item["package"], item["generation"], item["failed"], item.get("kind", ""), item.get("at", ""), bool(item.get("verified", 0))
        )
        return decision, item.get("attempted", 0)

    def seen(self, package: str) -> Seen:
        item = self._table.get(_package(package))
        return Seen(item["status"], item["description"], item.get("decided", "")) if item else Seen()

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

        Decisions are ordered by this write. A rollback leaves the release that it is made over, once it has succeeded itself.
        """
        while True:
            current, _ = self.desired()
            if current and at < current.at and note is not None:
                return None  # a later decision has come in between
            generation = current.generation + 1 if current else 1
            condition = "generation = :old" if current else "attribute_not_exists(pk)"
            old: dict[str, str | float] = {"old": current.generation} if current else {}
            leaves = current.generation if current and current.verified and kind == ROLLBACK else 0
            entry: dict[str, str | float] = {
                "package": package,
                "kind": kind,
                "by": by,
                "reason": reason,
                "at": at,
                "outcome": "",
                "leaves": leaves,
            }
            writes: list[Write] = [
                (
                    DESIRED,
                    {"package": package, "generation": generation, "failed": "", "kind": kind, "at": at, "verified": 0},
                    condition,
                    old,
                ),
                (history_key(generation), entry, "attribute_not_exists(pk)", {}),
            ]
            if note is not None:
                writes.append(_noting(note))
            if request:
                writes.append((f"release/request/{request}", {"generation": generation}, "attribute_not_exists(pk)", {}))
            if self._table.set_together(writes):
                return generation
            if (request and self.requested(request)) or (note is not None and self.seen(package) != note.before):
                return None

    def requested(self, request: str) -> int:
        """The generation that a request has led to, 0 if it has led to none."""
        return int(self._table.get(f"release/request/{request}").get("generation", 0))

    def attempted(self, generation: int) -> None:
        """An update for this generation has been sent."""
        self._table.set(DESIRED, {"attempted": generation}, "attribute_not_exists(attempted) OR attempted < :g", g=generation)

    def verify(self, generation: int) -> bool:
        """Record a release that serves and answers as it should, and that a rollback has left what it was made over.

        That its update was sent may not have been recorded yet.
        """
        writes: list[Write] = [
            (DESIRED, {"verified": 1, "attempted": generation}, "generation = :g AND failed = :none", {"g": generation, "none": ""}),
            (history_key(generation), {"outcome": GOOD}, "", {}),
        ]
        if leaves := self._table.get(history_key(generation)).get("leaves"):
            writes.append((history_key(leaves), {"outcome": LEFT}, "", {}))
        return self._table.set_together(writes)

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
                    DESIRED,
                    {"failed": reason, "attempted": generation},
                    "generation = :g AND failed = :none",
                    {"g": generation, "none": ""},
                ),
                (history_key(generation), {"outcome": f"{FAILED}{reason}"}, "", {}),
            ]
        )

    def history(self, most: int = 60) -> list[Entry]:
        """The newest decisions, newest first."""
        return list(islice(self.entries(), most))

    def entries(self) -> Iterator[Entry]:
        """Every decision, newest first, read one by one: for whoever stops at the one that was looked for."""
        current, _ = self.desired()
        for generation in range(current.generation if current else 0, 0, -1):
            item = self._table.get(history_key(generation))
            if item:
                package, kind, by, reason, at, outcome = (item[name] for name in ("package", "kind", "by", "reason", "at", "outcome"))
                yield Entry(generation, package, kind, by, reason, at, outcome, item.get("leaves", 0))

    def told(self, what: str) -> bool:
        """Whether people were told of something."""
        return bool(self._table.get(f"release/told/{what}"))

    def tell(self, what: str) -> None:
        self._table.set(f"release/told/{what}", {"told": 1})

    def changed(self) -> str:
        """How the endpoint was last seen to have been changed by hand; empty once it is right again."""
        return str(self._table.get(_CHANGED).get("how", ""))

    def note_change(self, how: str) -> None:
        self._table.set(_CHANGED, {"how": how})


def _noting(note: Note) -> Write:
    now, before = note.now, note.before
    changes = {"status": now.status, "description": now.description, "decided": now.decided}
    if note.record:
        changes["record"] = note.record
    if before == Seen():
        return (_package(note.package), changes, "attribute_not_exists(pk)", {})
    # names with # are given by the changes of the same name; items of earlier versions have no time of a record
    same = "#status = :before_status AND #description = :before_description AND "
    condition = f"{same}#decided = :before_decided" + ("" if before.decided else f" OR {same}attribute_not_exists(#decided)")
    values = {"before_status": before.status, "before_description": before.description, "before_decided": before.decided}
    return (_package(note.package), changes, condition, values)


def _package(arn: str) -> str:
    return f"release/package/{arn}"
