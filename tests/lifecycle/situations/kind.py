"""A situation, made anew each time, and what those of all functions need."""

import itertools
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from support import NAMES, World

from interfaces import events
from lambdas.shared.table import Table

NUMBERS = itertools.count(100)  # of whatever a situation makes: one counter, so that no two have the same name
HOUR = timedelta(hours=1)


@dataclass
class Situation:
    """What a function is told, and what is looked at when it is done: a state in which nothing is of one run alone."""

    event: dict[str, Any]
    state: Callable[[], Any]


def event(kind: str, source: str = events.SOURCE, **detail: Any) -> dict[str, Any]:
    return {"source": source, "detail-type": kind, "detail": detail, "id": uuid.uuid4().hex}


def table(world: World) -> Table:
    return Table(world.aws.client("dynamodb"), NAMES.state_table)


def told(world: World, *words: str) -> bool:
    """Once is what is asked for; twice is no harm."""
    return any(all(word in text for word in words) for text in world.notifications())
