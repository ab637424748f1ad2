"""How far each monitor has come: items ``monitor/<name>`` of the state table, and one per window that is dealt with.

``monitor-followed`` is the package that is monitored, and since when; ``monitor-heard`` when health was first reported.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from interfaces.monitors import progress_key
from lambdas.shared.table import Table

_KEPT_DAYS = 60
_FOLLOWED, _HEARD = "monitor-followed", "monitor-heard"
_NEWER = "attribute_not_exists({0}) OR {0} < :due"


@dataclass(frozen=True)
class Progress:
    """The last window started and the last one finished, by when they were due; what the last one found, and where."""

    started: datetime | None = None
    finished: datetime | None = None
    summary: str = ""
    report: str = ""


class Ledger:
    """Reads and writes progress; an older window never takes the place of a newer one."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def of(self, monitor: str) -> Progress:
        item = self._table.get(progress_key(monitor))
        times = {k: datetime.fromisoformat(item[k]) if item.get(k) else None for k in ("started", "finished")}
        return Progress(times["started"], times["finished"], str(item.get("summary", "")), str(item.get("report", "")))

    def followed(self, package: str, since: datetime, *, settled: bool) -> datetime:
        """Since when the package is followed: ``since`` where it is another one than before. Remembered once that is ``settled``."""
        item = self._table.get(_FOLLOWED)
        if item.get("package") == package:
            return datetime.fromisoformat(str(item["since"]))
        if settled:
            self._table.set(_FOLLOWED, {"package": package, "since": _text(since)})
        return since

    def heard(self) -> datetime | None:
        """When health was first reported."""
        item = self._table.get(_HEARD)
        return datetime.fromisoformat(str(item["first"])) if item else None

    def hear(self, now: datetime) -> None:
        """Health is reported."""
        self._table.set(_HEARD, {"first": _text(now)}, "attribute_not_exists(pk)")

    def started(self, monitor: str, due: datetime) -> None:
        self._table.set(progress_key(monitor), {"started": _text(due)}, _NEWER.format("started"), due=_text(due))

    def done(self, monitor: str, due: datetime) -> bool:
        """Whether the window was dealt with: windows that are made up for may end in any order."""
        return bool(self._table.get(f"{progress_key(monitor)}/{_text(due)}"))

    def finished(self, monitor: str, due: datetime, summary: str, report: str) -> None:
        """Progress first: once the window has its own item, which outlives every event that could come again, it is not looked at again."""
        changes = {"finished": _text(due), "summary": summary[:2000], "report": report}
        self._table.set(progress_key(monitor), changes, _NEWER.format("finished"), due=_text(due))
        expires = (due + timedelta(days=_KEPT_DAYS)).timestamp()
        self._table.set(f"{progress_key(monitor)}/{_text(due)}", {"expires_at": int(expires)})


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
