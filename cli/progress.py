"""Progress for people and for programs: live lines on a terminal, plain lines elsewhere, JSON Lines with --json."""

import json
import sys
import time
from typing import Any

from rich.console import Console
from rich.markup import escape

_MARKS = {"done": "[green]✓[/green]", "start": "[cyan]•[/cyan]", "fail": "[red]✗[/red]"}


class Progress:
    """Reports stages as they happen. Everything goes to standard output, one line each."""

    def __init__(self, *, as_json: bool) -> None:
        self._json = as_json
        self._console = Console(highlight=False, soft_wrap=True)
        self._started = time.monotonic()
        self._status: Any = None

    def note(self, stage: str, message: str, kind: str = "done", **extra: Any) -> None:
        """One line: what has happened at which stage."""
        elapsed = time.monotonic() - self._started
        if self._json:
            print(json.dumps({"elapsed_s": round(elapsed, 2), "stage": stage, "status": kind, "message": message, **extra}), flush=True)
            return
        if self._status:
            self._status.stop()
        if self._console.is_terminal:
            self._console.print(f"{elapsed:6.1f}s {_MARKS[kind]} [bold]{stage:<9}[/bold] {escape(message)}")
        else:
            print(f"{elapsed:6.1f}s {kind:<5} {stage:<9} {message}", flush=True)

    def waiting(self, stage: str, message: str) -> None:
        """What is being waited for: a spinner on a terminal, nothing elsewhere."""
        if self._json or not self._console.is_terminal:
            return
        if self._status:
            self._status.stop()
        self._status = self._console.status(f"{stage}: {message}")
        self._status.start()

    def end(self) -> None:
        if self._status:
            self._status.stop()
            self._status = None

    def summary(self, summary: dict[str, Any]) -> None:
        """The last line."""
        self.end()
        if self._json:
            print(json.dumps({"summary": summary}, default=str), flush=True)
            return
        width = max(len(k) for k in summary)
        for key, value in summary.items():
            shown = ", ".join(f"{k} {v:.4g}" for k, v in value.items()) if isinstance(value, dict) else value
            self._console.print(f"  {key:<{width}}  {shown}", markup=False)
        sys.stdout.flush()
