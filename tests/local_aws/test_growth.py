"""A hundred executions in one life: what they leave behind is what is remembered, and that has a bound."""

import gc
import threading
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_aws.aws import LocalAws
from tests.local_aws import definitions
from tests.local_aws.definitions import condition, processing
from tests.local_aws.support import children, function, furnish, until

pytestmark = pytest.mark.slow

KEEP = 10
WARM_UP, COUNT = 60, 100  # after the warm-up everything that has a bound has met it: two clients a job, a hundred are kept
BOUND = 4 << 10  # bytes that an execution may leave behind: a session's credentials are 1 KiB
_WATCHED = (
    "Execution", "StepRun", "Job", "Child", "LogWriter", "LogStream", "LogEvent", "FakeKey", "Thread", "Timer", "Popen", "socket",
    "ClientMeta", "Event", "Entry",
)  # fmt: skip


@pytest.fixture
def aws() -> Iterator[LocalAws]:
    tracemalloc.start(1)
    with LocalAws(keep=KEEP) as running:
        furnish(running)
        yield running
        assert not running.background.failures
    tracemalloc.stop()


def run(aws: LocalAws, name: str, count: int) -> None:
    """Executions, four at once as long as there are four, and one alone at the end: all others are over when it starts."""
    left = count
    while left:
        together = 4 if left > 4 else 1
        arns = [definitions.start(aws, name) for _ in range(together)]
        aws.settle()
        assert {definitions.status(aws, arn) for arn in arns} == {"Succeeded"}
        left -= together


def held(aws: LocalAws) -> tuple[Counter[str], dict[str, int], int]:
    """Objects by type; threads, open files, processes, files and folders; traced bytes: with nothing under way."""
    aws.settle()
    until(lambda: not any(isinstance(t, threading.Timer) for t in threading.enumerate()))  # a log's last lines
    until(lambda: gc.collect() == 0)
    objects = Counter(type(o).__name__ for o in gc.get_objects() if type(o).__name__ in _WATCHED)
    machine = {
        "threads": threading.active_count(),
        "open files": len(list(Path("/proc/self/fd").iterdir())),
        "processes": len(children()),
        "paths": sum(1 for _ in Path(aws.launcher.root).rglob("*")),
    }
    return objects, machine, tracemalloc.get_traced_memory()[0]


def test_nothing_grows_with_executions(aws: LocalAws) -> None:
    before, _, _ = held(aws)  # other tests in this process may have left some
    output = f"open('{definitions.OUT}/said', 'w').write('again'); print('a line')"
    go = {"Type": "Equals", "LeftValue": "yes", "RightValue": "yes"}
    name = definitions.create(aws, condition("Go", go, yes=[processing("Work", output)]))
    function(aws, "f", "def handler(event, context):\n    print('called')\n    return 1\n")
    aws.client("lambda").invoke(FunctionName="f")
    run(aws, name, WARM_UP)
    objects, machine, memory = held(aws)
    run(aws, name, COUNT)
    more_objects, more_machine, more_memory = held(aws)
    assert more_machine == machine
    assert more_objects - objects == Counter()
    assert (more_memory - memory) / COUNT < BOUND
    assert more_objects["Execution"] - before["Execution"] == KEEP + 1  # the last one had not ended when it started
    assert more_objects["Child"] - before["Child"] == 1  # the function's
