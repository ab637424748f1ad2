"""A shell that a page is typed into, block after block: it keeps its variables and stops at the first failure."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).resolve().parents[3]
_END = "--- end of the block"


class CommandFailed(AssertionError):
    """A block ended before its last line; the message has what it printed."""


class Shell:
    """Bash with aws and loop on the PATH, in a folder of its own, that speaks to the local AWS of these variables."""

    def __init__(self, folder: Path, access: dict[str, str], profile: str = "") -> None:
        """``profile`` is typed first, as a person's profile would be."""
        self.folder = folder
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115
        path = f"{Path(sys.executable).parent}:{ROOT / '.envs' / 'awscli' / 'bin'}:{os.environ['PATH']}"
        kept = {k: v for k, v in os.environ.items() if not k.startswith("AWS_") and k != "PYTHONDONTWRITEBYTECODE"}
        self._bash = subprocess.Popen(
            ["bash", "-euo", "pipefail"],
            cwd=folder,
            env={**kept, **access, "PATH": path, "NO_COLOR": "1", "AWS_PAGER": ""},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )
        self.run(profile)

    def run(self, block: str) -> str:
        """What the block prints. Raises CommandFailed where a command in it does."""
        assert self._bash.stdin is not None and self._bash.stdout is not None
        self._bash.stdin.write(f"{block}\necho; echo '{_END}'\n")
        self._bash.stdin.flush()
        printed: list[str] = []
        for line in self._bash.stdout:
            if line.rstrip("\n") == _END:
                return "".join(printed)
            printed.append(line)
        self._errors.seek(0)
        raise CommandFailed(f"{block}\nended with {self._bash.wait()}:\n{''.join(printed)}{self._errors.read()}")

    def value(self, variable: str) -> str:
        """What a variable of the page holds."""
        return self.run(f'echo "${variable}"').strip()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._bash.kill()
        self._bash.communicate()
        self._errors.close()
