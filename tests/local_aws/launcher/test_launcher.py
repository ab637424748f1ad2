"""Sandboxes without namespaces, images that are not installed, and a close that leaves nothing behind."""

import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_aws.aws import LocalAws
from local_aws.clock import Clock
from local_aws.errors import LaunchError
from local_aws.launcher.launcher import Image, Launcher, Spec
from tests.local_aws.jobs import INPUT, OUTPUT, channel, inputs, outputs, process, train
from tests.local_aws.support import furnish, get, put


@pytest.fixture
def plain(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalAws]:
    """A local AWS on a machine whose kernel allows no user namespaces."""
    monkeypatch.setenv("LOCAL_AWS_NAMESPACES", "0")
    with LocalAws() as aws:
        furnish(aws)
        yield aws


def test_without_namespaces_paths_are_rewritten(plain: LocalAws) -> None:
    assert not plain.launcher.namespaces
    put(plain, "raw/a.csv", "1")
    copy = "import shutil, sys; shutil.copy(sys.argv[1] + '/a.csv', sys.argv[2])"
    done = process(
        plain,
        copy,
        arguments=(f"{INPUT}/0", OUTPUT),
        ProcessingInputs=inputs("s3://data/raw"),
        ProcessingOutputConfig=outputs("s3://data/done"),
    )
    assert done["ProcessingJobStatus"] == "Completed"
    assert get(plain, "done/a.csv") == b"1"
    script = "import os; open(os.environ['SM_MODEL_DIR'] + '/m', 'w').write(open(os.environ['SM_CHANNEL_TRAIN'] + '/a.csv').read())"
    described = train(plain, script, channels=[channel("train", "s3://data/raw")])
    assert described.get("FailureReason") is None
    assert described["TrainingJobStatus"] == "Completed"


def test_an_image_that_is_not_installed_says_what_to_run(tmp_path: Path) -> None:
    clock = Clock()
    launcher = Launcher(clock)
    with pytest.raises(LaunchError, match=r"the stand-in for odd is not installed .* run: make install"):
        launcher.start(Image("odd", tmp_path / "python"), Spec("command", {}, "/", argv=["true"]))
    launcher.close()
    clock.close()


def test_an_end_that_comes_right_behind_the_start_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A child so quick, on a machine so busy, that both answers of the stand-in are there at once."""
    clock = Clock()
    launcher = Launcher(clock)
    path = tmp_path / "stand-in"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as stand_in:
        stand_in.bind(str(path))
        stand_in.listen()
        monkeypatch.setattr(launcher, "_zygote", lambda image: path)

        def answer() -> None:
            connection, _ = stand_in.accept()
            with connection:
                _, descriptors, _, _ = socket.recv_fds(connection, 1 << 20, 4)
                os.close(descriptors[0])
                connection.sendall(b'{"pid": 4194304}\n{"exit": 3, "peak_kib": 2048}\n')

        other = threading.Thread(target=answer)
        other.start()
        child = launcher.start(Image("quick", tmp_path / "python"), Spec("command", {}, "/", argv=["false"]))
        other.join()
        assert (child.wait(10), child.peak_mib) == (3, 2.0)
    launcher.close()
    clock.close()
