"""The order in which an environment goes: what starts things, what runs, the stacks from the last to the first, what they left."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from cli.collect import Client
from cli.destroy import sagemaker, stacks, storage, traces
from cli.destroy.kinds import Kind, missing
from cli.errors import RunFailed
from cli.progress import Progress
from interfaces.names import Names

_QUIET = (traces.RULES, traces.TICKS, sagemaker.RUNNING)
# a package group is deleted with its stack once it is empty, a bucket likewise
_BEFORE_PLATFORM = (sagemaker.PACKAGES, traces.LOG_STREAMS, storage.CONTENTS)
_LEFT = (
    sagemaker.SCHEDULES, sagemaker.ENDPOINTS, sagemaker.CONFIGS, sagemaker.MODELS, sagemaker.PACKAGES, sagemaker.GROUPS, traces.LOG_STREAMS,
    sagemaker.PROCESSING_JOBS, sagemaker.TRAINING_JOBS, traces.ALARMS, traces.LOG_GROUPS, storage.CONTENTS, storage.BUCKETS,
    storage.TABLES, storage.KEYS, storage.ALIASES,  # a narrow role knows the key by its alias
)  # fmt: skip
_ATTEMPTS = 30
_WAIT_S = 10.0


@dataclass
class Destroy:
    """One environment's end. Running it again after an interruption goes on where it stopped."""

    client: Client
    names: Names
    progress: Progress
    role_arn: str | None = None
    sleep: Callable[[float], None] = time.sleep

    def found(self) -> dict[str, list[str]]:
        """What there is, by kind: what a person is asked about, and what must be empty at the end."""
        listed = {"stacks": [stack["StackName"] for stack in stacks.existing(self.client, self.names)]}
        for kind in _LEFT:
            listed[kind.title] = kind.find(self.client, self.names)
        return {title: ids for title, ids in listed.items() if ids}

    def run(self) -> None:
        """Remove everything. Raises CliError before anything is touched, RunFailed when something would not go."""
        there = stacks.existing(self.client, self.names)
        stacks.refuse_protected(there)
        for kind in _QUIET:
            self._remove(kind)
        for stack in there:
            if stack["StackName"] == self.names.platform_stack:
                for kind in _BEFORE_PLATFORM:
                    self._remove(kind)
            self._delete(stack["StackName"])
        for kind in _LEFT:
            self._remove(kind)
        left = self.found()
        if left:
            raise RunFailed("what is left", "; ".join(f"{title}: {', '.join(ids)}" for title, ids in left.items()))

    def _delete(self, name: str) -> None:
        """A stack may refuse once: access logs arrive late in a bucket, a schedule cannot go while its execution is pending."""
        for attempt in range(_ATTEMPTS):
            stack = stacks.described(self.client, name)
            if stack is None:
                break
            self.progress.waiting("destroy", f"stack {name}")
            try:
                stacks.delete(self.client, stack, self.role_arn, self.sleep)
                break
            except RunFailed as failure:
                if attempt == 2 or not _passes(failure.reason):
                    raise
                self.progress.note("destroy", f"{failure}; trying again", "start")
                self.sleep(_WAIT_S)
                self._remove(storage.CONTENTS)
        self.progress.note("destroy", f"stack {name}")

    def _remove(self, kind: Kind) -> None:
        """Remove what is found until nothing is found: some things take a while to go. Raises RunFailed."""
        gone = 0
        for _ in range(_ATTEMPTS):
            found = kind.find(self.client, self.names)
            if not found:
                break
            self.progress.waiting("destroy", f"{len(found)} {kind.title}")
            for id in found:
                try:
                    kind.remove(self.client, id)
                except Exception as error:
                    if not missing(error):
                        raise
            gone = max(gone, len(found))
            if kind.find(self.client, self.names):
                self.sleep(_WAIT_S)
        else:
            raise RunFailed(kind.title, f"still there after {_ATTEMPTS} attempts: {', '.join(kind.find(self.client, self.names))}")
        if gone:
            self.progress.note("destroy", f"{gone} {kind.title}")


def _passes(reason: str) -> bool:
    return any(word in reason for word in ("not empty", "Pending", "pending", "In Progress"))
