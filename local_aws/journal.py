"""The journal: every call, as its own principal, with the accesses it needed. Tests read it."""

import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from local_aws.actions import Access


@dataclass(frozen=True)
class Entry:
    """One call. ``principal`` is an ARN or a service name; ``role`` is set for a role's session."""

    time: datetime
    principal: str
    role: str | None
    service: str
    operation: str
    accesses: tuple[Access, ...]
    status: int
    error: str | None
    emulated: bool
    seconds: float = 0.0


class Journal:
    """An append-only list with queries. With ``keep``, only so many of the newest entries are kept."""

    def __init__(self, keep: int | None = None) -> None:
        self._entries: deque[Entry] = deque(maxlen=keep)
        self._listeners: list[Callable[[Entry], None]] = []
        self._lock = threading.Lock()

    def listen(self, listener: Callable[[Entry], None]) -> None:
        """Call ``listener(entry)`` for every call from now on."""
        self._listeners.append(listener)

    def add(self, entry: Entry) -> None:
        with self._lock:
            self._entries.append(entry)
        for listener in self._listeners:
            listener(entry)

    def recall(self, entries: Iterable[Entry]) -> None:
        """Calls of before a restart, older than all that are here. Nobody is told of them anew."""
        with self._lock:
            newer = list(self._entries)
            self._entries.clear()
            self._entries.extend([*entries, *newer])

    def entries(self, where: Callable[[Entry], bool] = lambda _: True) -> list[Entry]:
        with self._lock:
            return [e for e in self._entries if where(e)]

    def of_role(self, role: str) -> list[Entry]:
        """Calls made with the credentials of a role, by its name."""
        return self.entries(lambda e: e.role == role)

    def calls(self, service: str, operation: str) -> list[Entry]:
        return self.entries(lambda e: (e.service, e.operation) == (service, operation))

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
