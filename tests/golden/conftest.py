"""Compare with a committed file; ``make golden`` writes it anew."""

import difflib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

import app  # noqa: F401  (tells jsii where Node is, before aws_cdk is imported)

FOLDER = Path(__file__).parent
LONGEST_DIFF = 120


@pytest.fixture
def golden() -> Callable[[str, str], None]:
    """Check a text against the golden file of that name."""

    def check(name: str, text: str) -> None:
        path = FOLDER / name
        if os.environ.get("UPDATE_GOLDEN") == "1":
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
            return
        before = path.read_text() if path.is_file() else ""
        if text != before:
            lines = list(difflib.unified_diff(before.splitlines(), text.splitlines(), f"{name} (committed)", f"{name} (now)", lineterm=""))
            more = [f"… {len(lines) - LONGEST_DIFF} more lines"] if len(lines) > LONGEST_DIFF else []
            difference = "\n".join(lines[:LONGEST_DIFF] + more)
            pytest.fail(f"tests/golden/{name} is out of date. If that is what you want, run: make golden\n{difference}", pytrace=False)

    return check
