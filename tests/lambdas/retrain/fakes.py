"""A state table and a world in memory: what retraining sees, without AWS."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lambdas.retrain.decision import Trigger
from lambdas.retrain.flow import Champion
from lambdas.retrain.ledger import Run
from lambdas.shared.table import Item, Values, Write


class MemoryTable:
    """The conditions that retraining's ledger writes with, on a dictionary."""

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}

    def get(self, pk: str) -> Item:
        return dict(self.items.get(pk, {}))

    def set(self, pk: str, changes: Values, condition: str = "", **values: str | float) -> bool:
        return self.set_together([(pk, changes, condition, values)])

    def set_together(self, writes: list[Write]) -> bool:
        if not all(self._holds(*write) for write in writes):
            return False
        for pk, changes, _, _ in writes:
            self.items.setdefault(pk, {}).update(changes)
        return True

    def _holds(self, pk: str, _: Values, condition: str, values: Values) -> bool:
        item = self.items.get(pk)
        match condition:
            case "":
                return True
            case "attribute_not_exists(pk)":
                return item is None
            case "#revision = :seen":
                return item is not None and item["revision"] == values["seen"]
            case "#number = :seen":
                return item is not None and item["number"] == values["seen"]
            case "run_id = :run AND #stage <> :stage":
                return item is not None and item.get("run_id") == values["run"] and item["stage"] != values["stage"]
            case "attribute_not_exists(pk) OR #words <> :words":
                return item is None or item["words"] != values["words"]
        raise AssertionError(f"a condition that the fake does not know: {condition}")


@dataclass
class MemoryWorld:
    """``ringing`` are the alarms that stand; ``labelled`` labels were put at ``labelled_at``, or count since ever; ``older`` are versions
    that were there before; runs and notes are what retraining did."""

    made: Champion | None
    ringing: list[Trigger] = field(default_factory=list)
    labelled: int = 10_000
    labelled_at: datetime | None = None
    older: set[str] = field(default_factory=set)
    executing: str = ""
    runs: list[Run] = field(default_factory=list)
    notes: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    drops: list[str] = field(default_factory=list)
    job: str = "InProgress"
    package: str = "package/2"

    def champion(self) -> Champion | None:
        return self.made

    def alarms(self) -> list[Trigger]:
        return list(self.ringing)

    def in_flight(self) -> str:
        return self.executing

    def labels(self, since: datetime, enough: int) -> int:
        return min(self.labelled, enough) if self.labelled_at is None or self.labelled_at >= since else 0

    def collect(self, run: Run, champion: Champion) -> str:
        if run.id not in [r.id for r in self.runs]:  # its name makes the job start once
            self.runs.append(run)
        return run.id

    def is_older(self, version: str, moment: datetime) -> bool:
        return version in self.older

    def collected(self, run: Run) -> dict[str, Any]:
        return {"ProcessingJobStatus": self.job, "FailureReason": "no captured row has a label"}

    def finish_drop(self, run_id: str) -> None:
        self.drops.append(run_id)

    def package_of(self, execution: str) -> str:
        return self.package

    def write_on(self, package: str, metadata: dict[str, str]) -> None:
        self.notes.append((package, metadata))
