"""The assembly is synthesized once per test run, a world is deployed once per test file."""

import fcntl
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from support import World, build_assembly

from local_aws.aws import LocalAws


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if base.name.startswith("popen-gw") else base
    folder = shared / "assembly"
    with (shared / "assembly.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "cdk.out" / "manifest.json").exists():
            folder.mkdir(exist_ok=True)
            build_assembly(folder)
    return folder / "cdk.out"


@pytest.fixture(scope="module")
def world(assembly: Path) -> Iterator[World]:
    with LocalAws() as aws:
        # every run begins at the same time of day: windows are hours, and limits count by days
        tomorrow = aws.clock.now().replace(hour=1, minute=0, second=0, microsecond=0) + timedelta(days=1)
        aws.advance(tomorrow - aws.clock.now())
        yield World(aws, assembly)
        aws.settle()
        assert not aws.background.failures


@pytest.fixture(scope="module")
def module_patch() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        yield patch
