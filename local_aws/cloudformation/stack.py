"""A stack: its template and parameters, what it has made, and what happened to it."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from local_aws.cloudformation.template import Template, error

STABLE = (
    "CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "ROLLBACK_COMPLETE", "CREATE_FAILED", "ROLLBACK_FAILED",
    "UPDATE_ROLLBACK_FAILED", "UPDATE_FAILED", "DELETE_FAILED",
)  # fmt: skip
# how long the answer to a deploy or delete is held back: a client that polls every five seconds then finds a quick stack done
QUICK_S = 3.0
UPDATABLE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")


@dataclass(frozen=True)
class Record:
    """A resource that exists: its physical id, the properties it has, and what GetAtt gives."""

    logical_id: str
    type: str
    id: str
    properties: dict[str, Any]
    attributes: dict[str, Any]
    changed: datetime
    deletion_policy: str = "Delete"
    replace_policy: str = "Delete"


@dataclass(frozen=True)
class Change:
    """What was done to one resource, and so what undoes it."""

    logical_id: str
    before: Record | None
    after: Record | None


@dataclass
class Unfinished:
    """What a rollback has to take back, and what the stack then has again (of an update)."""

    prefix: str
    changes: list[Change]
    template: Template | None = None
    parameters: dict[str, str] = field(default_factory=dict)
    records: dict[str, Record] = field(default_factory=dict)
    outputs: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class ChangeSet:
    """A reviewed step: what would change, and what executes it."""

    id: str
    name: str
    kind: str  # CREATE or UPDATE
    template: Template
    parameters: dict[str, str]
    ssm_names: dict[str, str]
    changes: list[dict[str, Any]]
    created: datetime
    request: dict[str, Any]
    status: str = "CREATE_COMPLETE"
    execution: str = "AVAILABLE"
    reason: str = ""


@dataclass
class Stack:
    """State of one stack."""

    name: str
    id: str
    template: Template
    parameters: dict[str, str]  # resolved: of an SSM parameter, its value
    created: datetime
    role: str | None = None
    caller: Any = None
    status: str = "CREATE_IN_PROGRESS"
    reason: str = ""
    updated: datetime | None = None
    token: str = ""
    outputs: list[dict[str, Any]] = field(default_factory=list)
    records: dict[str, Record] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)
    policy: dict[str, Any] | None = None
    tags: list[dict[str, str]] = field(default_factory=list)
    termination_protection: bool = False
    disable_rollback: bool = False
    retain_except_on_create: bool = False  # a rollback deletes also what is retained, if the operation has made it
    deleted: datetime | None = None
    change_set_id: str | None = None
    importing: bool = False  # take resources up that exist under the names that the template gives
    tokens: set[str] = field(default_factory=set)
    ssm_names: dict[str, str] = field(default_factory=dict)  # what was given for parameters that are read from SSM
    resource_statuses: dict[str, tuple[str, str]] = field(default_factory=dict)  # the newest, with its reason
    unfinished: Unfinished | None = None
    before: Unfinished | None = None  # what it had when its newest update began
    change_sets: dict[str, ChangeSet] = field(default_factory=dict)  # by id
    imports: set[str] = field(default_factory=set)  # names of exports that its resources use
    capabilities: list[str] = field(default_factory=list)
    settled: threading.Event = field(default_factory=threading.Event)

    def begin_update(self) -> None:
        """What is there now is what comes back, should the update be cut off."""
        self.before = Unfinished("UPDATE_ROLLBACK", [], self.template, self.parameters, dict(self.records), list(self.outputs))
        self.status = "UPDATE_IN_PROGRESS"
        self.unsettle()

    def unsettle(self) -> None:
        """An operation begins. The event is its own: the one before may yet have to tell that it has ended."""
        self.settled = threading.Event()

    @property
    def busy(self) -> bool:
        return self.status not in STABLE and self.status not in ("DELETE_COMPLETE", "REVIEW_IN_PROGRESS")


class Stacks:
    """Every stack, by name and by id. Deleted ones stay describable by id."""

    def __init__(self) -> None:
        self.live: dict[str, Stack] = {}
        self.deleted: dict[str, Stack] = {}
        self.lock = threading.RLock()

    def __iter__(self) -> Iterator[Stack]:
        with self.lock:
            return iter([*self.live.values(), *self.deleted.values()])

    def bury(self, stack: Stack, at: datetime) -> None:
        """A deleted stack gives its name free."""
        with self.lock:
            stack.deleted = at
            self.deleted[stack.id] = self.live.pop(stack.name)

    def find(self, name: str) -> Stack | None:
        """By name, or by id, which also finds deleted stacks."""
        return self.live.get(name) or next((s for s in self if s.id == name), None)

    def get(self, name: str) -> Stack:
        """Raises AwsError."""
        stack = self.find(name)
        if stack is None:
            raise error(f"Stack with id {name} does not exist")
        return stack

    def exports(self) -> dict[str, tuple[str, str]]:
        """Export name → (stack id, value)."""
        return {o["ExportName"]: (s.id, o["OutputValue"]) for s in self.live.values() for o in s.outputs if "ExportName" in o}

    def importers(self, export: str) -> list[str]:
        """Names of stacks that use an export."""
        return sorted(s.name for s in self.live.values() if export in s.imports)
