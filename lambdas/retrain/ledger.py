"""What retraining has done, in the state table.

``retrain/state`` holds the counters and the open run; ``retrain/key/<business key>`` marks a trigger that has had its run.
Both are written in one transaction, so of two triggers at once one wins, and a trigger delivered twice has one run.
``retrain/champion`` is what was last released, and when; ``retrain/episode`` the last episode of alarms, by number.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from lambdas.retrain.decision import Trigger
from lambdas.shared.table import Item, Table, Values, Write

STATE = "retrain/state"
_CHAMPION, _EPISODE = "retrain/champion", "retrain/episode"
FORGOTTEN_AFTER = timedelta(hours=24)  # a run whose end nobody reported holds others back for a day
COLLECTING, LANDED, TRAINING, ENDED = "collecting", "landed", "training", "ended"


@dataclass(frozen=True)
class Run:
    """A retraining: its id (part of names), why, from when on rows count, and how far it is.

    ``version`` is known once its drop is ingested.
    """

    id: str
    kind: str
    reason: str
    stage: str
    started: datetime
    since: datetime
    version: str = ""


@dataclass(frozen=True)
class State:
    """The ledger at one moment; ``revision`` guards what is written next."""

    revision: int
    run: Run | None
    counted: str
    today: int
    month: int

    def started(self, now: datetime) -> tuple[int, int]:
        """Runs started (on the day, in the month) of ``now``, UTC."""
        same_month, same_day = self.counted[:7] == f"{now:%Y-%m}", self.counted == f"{now:%Y-%m-%d}"
        return (self.today if same_day else 0), (self.month if same_month else 0)

    def open_run(self, now: datetime) -> Run | None:
        """The run that has not ended, unless it is so old that its end must have been missed."""
        if self.run is None or self.run.stage == ENDED or now - self.run.started > FORGOTTEN_AFTER:
            return None
        return self.run


class Ledger:
    """Reads and writes retraining's state."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def state(self) -> State:
        item = self._table.get(STATE)
        return State(
            revision=int(item.get("revision", 0)),
            run=_run(item),
            counted=str(item.get("counted", "")),
            today=int(item.get("today", 0)),
            month=int(item.get("month", 0)),
        )

    def has_had_its_run(self, trigger: Trigger) -> bool:
        return bool(self._table.get(_key(trigger)))

    def released(self, package: str, updated: datetime, *, good: bool) -> datetime | None:
        """When the package was released: when its stack was last ``updated`` as it was first seen here. None before it is ``good``.

        Later updates of the stack, and releases that did not succeed, change nothing.
        """
        item = self._table.get(_CHAMPION)
        if item.get("package") == package:
            return datetime.fromisoformat(str(item["released"])).astimezone(UTC)
        if not good:
            return None
        self._table.set(_CHAMPION, {"package": package, "released": updated.isoformat()})
        return updated

    def episode(self, package: str) -> str:
        """The key of the episode in which alarms stand about a package: a new one if the last is over, or was about another."""
        while True:
            item = self._table.get(_EPISODE)
            number = int(item.get("number", 0))
            if item.get("standing") and item.get("package") == package:
                return f"episode/{number}"
            changes: Values = {"number": number + 1, "package": package, "standing": 1}
            if number:
                self._table.set(_EPISODE, changes, "#number = :seen", seen=number)
            else:
                self._table.set(_EPISODE, changes, "attribute_not_exists(pk)")

    def recovered(self) -> None:
        """No alarm stands."""
        if self._table.get(_EPISODE).get("standing"):
            self._table.set(_EPISODE, {"standing": 0})

    def open(self, trigger: Trigger, run: Run, before: State) -> bool:
        """Open a run for a trigger; False when the trigger has had one, or another run was opened meanwhile."""
        today, month = before.started(run.started)
        state: Values = {
            "revision": before.revision + 1,
            "counted": f"{run.started:%Y-%m-%d}",
            "today": today + 1,
            "month": month + 1,
            "run_id": run.id,
            "kind": run.kind,
            "reason": run.reason,
            "stage": run.stage,
            "version": run.version,
            "started": run.started.isoformat(),
            "since": run.since.isoformat(),
        }
        guard = "#revision = :seen" if before.revision else "attribute_not_exists(pk)"
        seen: Values = {"seen": before.revision} if before.revision else {}
        mark: Write = (_key(trigger), {"run_id": run.id}, "attribute_not_exists(pk)", {})
        return self._table.set_together([(STATE, state, guard, seen), mark])

    def move(self, run: Run, stage: str, version: str = "") -> bool:
        """The run has reached a stage."""
        changes = {"stage": stage, **({"version": version} if version else {})}
        return self._table.set(STATE, changes, "run_id = :run AND #stage <> :stage", run=run.id, stage=stage)

    def was_said(self, what: str) -> bool:
        """Whether this is what was last said: nobody wants to hear it again."""
        return self._table.get("retrain/said").get("words") == what

    def say(self, what: str) -> None:
        """Remember what was said."""
        self._table.set("retrain/said", {"words": what})


def _key(trigger: Trigger) -> str:
    return f"retrain/key/{trigger.key}"


def _run(item: Item) -> Run | None:
    if "run_id" not in item:
        return None
    started, since = (datetime.fromisoformat(str(item[name])).astimezone(UTC) for name in ("started", "since"))
    return Run(str(item["run_id"]), str(item["kind"]), str(item["reason"]), str(item["stage"]), started, since, str(item["version"]))
