"""A stack: its template and parameters, what it has made, and what happened to it."""

import threading
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from local_aws.cloudformation.template import Template

STABLE = (
    "CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "ROLLBACK_COMPLETE", "CREATE_FAILED", "ROLLBACK_FAILED",
    "UPDATE_ROLLBACK_FAILED", "DELETE_FAILED",
)  # fmt: skip
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
    description: str = ""
    tokens: set[str] = field(default_factory=set)
    ssm_names: dict[str, str] = field(default_factory=dict)  # what was given for parameters that are read from SSM
    rollback: Any = None  # what is still to be taken back, after UPDATE_ROLLBACK_FAILED
    settled: threading.Event = field(default_factory=threading.Event)

    @property
    def busy(self) -> bool:
        return self.status not in STABLE and self.status != "DELETE_COMPLETE"
