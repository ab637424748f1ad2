"""What the last demo left for ``loop status`` and ``loop report``, in the folder that it ran in."""

import json
from pathlib import Path
from typing import Any

from cli.errors import CliError

RUN_FILE = Path(".loop") / "run.json"
REPORT = Path("report.html")


def save(found: dict[str, Any]) -> None:
    RUN_FILE.parent.mkdir(exist_ok=True)
    RUN_FILE.write_text(json.dumps(found, indent=1))


def load() -> dict[str, Any]:
    """Raises CliError when no demo has run here."""
    if not RUN_FILE.is_file():
        raise CliError(f"no run is kept in {RUN_FILE.resolve()}; run: loop demo, or ask AWS with --environment PROJECT-ENVIRONMENT")
    return dict(json.loads(RUN_FILE.read_text()))
