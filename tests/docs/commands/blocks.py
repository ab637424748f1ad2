"""The commands of a page: its fenced ``sh`` blocks, line by line as a reader pastes them."""

import re
import subprocess
import textwrap
from dataclasses import dataclass
from pathlib import Path

from tests.docs.commands.exceptions import NOT_RUN

ROOT = Path(__file__).resolve().parents[3]
DOCS = ROOT / "docs"
RUNBOOKS = sorted((DOCS / "runbooks").glob("*.md"))
GUIDES = {page.name: page for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.glob("*.md")))}
PAGES = [*GUIDES.values(), *RUNBOOKS]
OURS = ("aws", "loop", "make")
_BLOCK = re.compile(r"^( *)```sh\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
# Shell functions in the place of our commands: each notes its words, an end after each, and answers with a number
_NOTING = "".join(f'{name}() {{ printf "%s\\0" {name} "$@" >&3; printf "\\n" >&3; echo 1; }}\n' for name in OURS)


@dataclass(frozen=True)
class Command:
    """One call of ``aws``, ``loop`` or ``make`` with the words that the shell hands to it."""

    words: tuple[str, ...]


def blocks(page: Path) -> list[str]:
    """The page's blocks, in order. Blocks with a title are another test's."""
    return [textwrap.dedent(body) for _, body in _BLOCK.findall(page.read_text())]


def lines(block: str) -> list[str]:
    """The block's commands: continued lines, loops and here-documents are one each; comments are none."""
    found: list[str] = []
    pending = ""
    for line in block.splitlines():
        pending = f"{pending}\n{line}" if pending else line
        if not _complete(pending):
            continue
        bare = re.sub(r"(?:^|\s+)#.*$", "", pending) if "\n" not in pending else pending
        found += [bare] if bare.strip() else []
        pending = ""
    if pending:
        raise ValueError(f"the shell finds no end of:\n{pending}")
    return found


def to_run(block: str) -> str:
    """The block without what is listed as not run."""
    return "\n".join(line for line in lines(block) if line not in NOT_RUN)


def commands(text: str, folder: Path) -> list[Command]:
    """Every call that the text makes, found by bash itself: it runs the text with functions that only note their words."""
    noted = folder / "noted"
    noted.write_bytes(b"")
    script = f"exec 3>>{noted}\n{_NOTING}{text.replace('.venv/bin/loop', 'loop')}\n"
    subprocess.run(["bash", "-c", script], cwd=folder, capture_output=True, check=False, timeout=30)
    calls = noted.read_bytes().split(b"\0\n")[:-1]
    return [Command(tuple(word.decode() for word in call.split(b"\0"))) for call in calls]


def _complete(text: str) -> bool:
    """Whether bash takes the text as whole commands."""
    if text.endswith("\\"):
        return False
    checked = subprocess.run(["bash", "-n", "-c", text], capture_output=True, text=True, check=False)
    return checked.returncode == 0 and "here-document" not in checked.stderr
