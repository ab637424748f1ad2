"""What children leave behind: it ends with its job, with the stand-in's end, and with the stand-in's crash."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_aws.clock import Clock
from local_aws.images.registry import SKLEARN
from local_aws.launcher.launcher import Child, Launcher, Spec
from tests.local_aws.support import children, until

# in a session of its own, so that ending a process group does not reach it
LEAVES = "import subprocess, time; subprocess.Popen(['sleep', '{mark}'], start_new_session=True); {then}"


@pytest.fixture
def launcher() -> Iterator[Launcher]:
    clock = Clock()
    launcher = Launcher(clock)
    yield launcher
    launcher.close()
    clock.close()


def start(launcher: Launcher, tmp_path: Path, mark: int, then: str) -> Child:
    """A job that has left a sleeping process behind, when it goes on; ``mark`` tells which."""
    mounts = [(str(tmp_path), "/opt/ml")]
    return launcher.start(SKLEARN, Spec("command", {}, "/", argv=["python3", "-c", LEAVES.format(mark=mark, then=then)], mounts=mounts))


def sleeping(mark: int) -> list[int]:
    """Sleeping processes of a mark, whoever is their parent now."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and (entry / "cmdline").read_bytes() == f"sleep\0{mark}\0".encode():
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def test_what_a_job_has_left_behind_ends_with_it_and_that_of_another_goes_on(launcher: Launcher, tmp_path: Path) -> None:
    goes_on = start(launcher, tmp_path, 3001, "time.sleep(60)")
    until(lambda: sleeping(3001))
    over = start(launcher, tmp_path, 3002, "pass")
    assert over.wait(30) == 0
    if launcher.namespaces:
        until(lambda: not sleeping(3002))
    assert goes_on.running and sleeping(3001)
    goes_on.kill()
    until(lambda: not sleeping(3001))


def test_nothing_is_left_when_the_stand_in_ends(launcher: Launcher, tmp_path: Path) -> None:
    start(launcher, tmp_path, 3003, "time.sleep(60)")
    assert start(launcher, tmp_path, 3004, "pass").wait(30) == 0
    until(lambda: sleeping(3003))
    launcher.close()
    until(lambda: not sleeping(3003) and not sleeping(3004))


def test_a_job_ends_when_the_stand_in_is_killed_and_the_next_gets_a_new_one(launcher: Launcher, tmp_path: Path) -> None:
    spec = Spec("command", {}, "/", argv=["sleep", "3005"], mounts=[(str(tmp_path), "/opt/ml")])
    job = launcher.start(SKLEARN, spec)
    until(lambda: sleeping(3005))
    (stand_in,) = [p for p in children() if b"zygote.py" in Path(f"/proc/{p}/cmdline").read_bytes() and p != job.pid]
    os.kill(stand_in, signal.SIGKILL)
    assert job.wait(30) == -9
    until(lambda: not sleeping(3005))
    assert launcher.start(SKLEARN, Spec("command", {}, "/", argv=["true"])).wait(30) == 0


def test_a_stand_in_whose_end_is_not_known_yet_is_replaced(launcher: Launcher, monkeypatch: pytest.MonkeyPatch) -> None:
    true = Spec("command", {}, "/", argv=["true"])
    assert launcher.start(SKLEARN, true).wait(30) == 0
    process = launcher._zygotes[SKLEARN.name]
    process.kill()
    process.wait()
    looks = iter([None])  # the first look still finds it alive
    monkeypatch.setattr(process, "poll", lambda: next(looks, -9))
    assert launcher.start(SKLEARN, true).wait(30) == 0
    assert next(looks, -9) == -9
