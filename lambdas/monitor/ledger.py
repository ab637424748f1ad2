"""How far each monitor has come: items ``monitor/<name>`` of the state table, and one per window that is dealt with."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from interfaces.monitors import progress_key
from lambdas.shared.table import Table

_KEPT_DAYS = 60
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

    def started(self, monitor: str, due: datetime) -> None:
        self._table.set(progress_key(monitor), {"started": _text(due)}, _NEWER.format("started"), due=_text(due))

    def done(self, monitor: str, due: datetime) -> bool:
        """Whether the window was dealt with: windows that are made up for may end in any order."""
        return bool(self._table.get(f"{progress_key(monitor)}/{_text(due)}"))

    def finished(self, monitor: str, due: datetime, summary: str, report: str) -> None:
        """Expires long after an event could come again."""
        expires = (due + timedelta(days=_KEPT_DAYS)).timestamp()
        self._table.set(f"{progress_key(monitor)}/{_text(due)}", {"expires_at": int(expires)})
        changes = {"finished": _text(due), "summary": summary[:2000], "report": report}
        self._table.set(progress_key(monitor), changes, _NEWER.format("finished"), due=_text(due))


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
