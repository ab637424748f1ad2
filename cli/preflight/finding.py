"""A finding: what was looked at, what was found, and what to do about it."""

from dataclasses import dataclass

OK, WARNING, ERROR, UNKNOWN = "ok", "warning", "error", "unknown"


@dataclass(frozen=True)
class Finding:
    """``status``: an error will fail the deployment or the first run, a warning may; unknown could not be looked at."""

    check: str
    status: str
    found: str
    fix: str = ""
