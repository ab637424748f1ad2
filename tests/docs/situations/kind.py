"""A situation: made up to its yield, which gives what the page's blocks printed, and judged after it.

It may yield what an operator fills in from the notification: variables that a block sets, and their values.
"""

from collections.abc import Callable, Generator
from pathlib import Path

from tests.lifecycle.support import World

Situation = Generator[dict[str, str] | None, list[str], None]
Make = Callable[[World, Path], Situation]
