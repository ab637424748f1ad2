"""Saves what a local AWS holds into a folder, and restores it: moto's backends, our services, the clock's offset.

What is kept of a service of ours is what its class names in ``kept``; one that must take work up again has ``resume``.
Processes are not kept: running endpoints are created again from their configs, jobs and executions that are under way
are stopped first, and what is cut off all the same has an end with a reason. The state is read with pickle: a state
folder is as trusted as code.
"""

import hashlib
import io
import json
import os
import shutil
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePath
from typing import Any

import cloudpickle
from botocore.exceptions import ClientError

from local_aws import moto_backends, moto_seam
from local_aws.aws import LocalAws
from local_aws.errors import AwsError, LocalAwsError
from local_aws.launcher.launcher import Child
from local_aws.sagemaker.jobs import World
from local_aws.sagemaker.pipelines.execution import INTERRUPTED
from local_aws.sagemaker.pipelines.runners import Runners
from local_aws.sagemaker.processing import ProcessingJobs
from local_aws.sagemaker.training import TrainingJobs
from local_aws.sagemaker.transform import TransformJobs
from local_aws.sagemaker.tuning import TuningJobs

FORMAT = 1
_MANIFEST, _DATA, _FUNCTIONS = "manifest.json", "state.pickle", "functions"
_LOCKS = (type(threading.Lock()), type(threading.RLock()))
_GRACE_S = 10.0
_JOBS = (TuningJobs, ProcessingJobs, TrainingJobs, TransformJobs)  # are stopped in this order: those first that start others


def versions() -> dict[str, Any]:
    """What must be the same on both sides: our classes are pickled, and so are moto's."""
    digest = hashlib.sha256()
    root = Path(__file__).parent
    for path in sorted(root.rglob("*.py")):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    return {"format": FORMAT, "python": python, "moto": moto_seam.version(), "local_aws": digest.hexdigest()[:16]}


def save(aws: LocalAws, folder: Path) -> list[str]:
    """Bring everything under way to an end, then write the folder; what had to be stopped is named."""
    stopped = quiesce(aws)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    content = {
        "services": {type(s).__name__: {name: getattr(s, name) for name in s.kept} for s in aws.dispatcher.services if hasattr(s, "kept")},
        "principals": dict(aws.principals.__dict__),
        "clock": aws.clock.offset,
        "moto": moto_backends.state(),
        "endpoints": _endpoints(aws),
    }
    buffer = io.BytesIO()
    _Pickler(buffer, aws).dump(content)
    functions = aws.launcher.root / _FUNCTIONS
    shutil.rmtree(folder / _FUNCTIONS, ignore_errors=True)
    if functions.exists():
        shutil.copytree(functions, folder / _FUNCTIONS)
    _write(folder / _DATA, buffer.getvalue())
    _write(folder / _MANIFEST, json.dumps(versions(), indent=2).encode())
    return stopped


def restore(aws: LocalAws, folder: Path) -> list[str] | None:
    """Take up a saved state; None when the folder has none. What serves no more is named, with the reason.

    Raises LocalAwsError when it was written by other versions.
    """
    if not (folder / _MANIFEST).is_file():
        return None
    found, wanted = json.loads((folder / _MANIFEST).read_text()), versions()
    if differing := [f"{k} {found.get(k)!r}, here {v!r}" for k, v in wanted.items() if found.get(k) != v]:
        raise LocalAwsError(f"the state in {folder} was saved by other versions ({'; '.join(differing)}); give another folder or remove it")
    if (folder / _FUNCTIONS).exists():
        shutil.copytree(folder / _FUNCTIONS, aws.launcher.root / _FUNCTIONS, dirs_exist_ok=True)
    content = _Unpickler(io.BytesIO((folder / _DATA).read_bytes()), aws).load()
    moto_backends.set_state(content["moto"])
    aws.clock.offset = content["clock"]
    for name, value in content["principals"].items():
        setattr(aws.principals, name, value)
    services = {type(s).__name__: s for s in aws.dispatcher.services}
    for name, kept in content["services"].items():
        for attribute, value in kept.items():
            setattr(services[name], attribute, value)
    lost = _serve(aws, content["endpoints"])
    for service in services.values():
        if hasattr(service, "resume"):
            service.resume()
    return lost


def quiesce(aws: LocalAws, grace_s: float = _GRACE_S) -> list[str]:
    """Wait for work under way, then stop executions and jobs that go on; their ARNs. Who waits for a callback's token may wait on."""
    if aws.background.wait_idle(grace_s):
        return []
    stopped = []
    for execution in [e for e in aws.pipelines.under_way() if e.status == "Executing" and not e.waits]:
        stopped += _stop(execution.stop, execution.arn, broken=execution.break_off)
    for jobs in [s for kind in _JOBS for s in aws.dispatcher.services if isinstance(s, kind)]:
        held: dict[str, Any] = jobs.held()
        for name, job in list(held.items()):
            if not jobs.over(job):
                stopped += _stop(partial(jobs.stop_job, name), job.description[f"{jobs.title}Arn"])
    if not aws.background.wait_idle(grace_s):
        stopped.append(f"{aws.background.active} pieces of work that went on after {2 * grace_s:g} s")
    return stopped


def _stop(stop: Callable[[], None], arn: str, broken: Callable[[str], None] = lambda _: None) -> list[str]:
    """What cannot be stopped is told of, and is interrupted: the world is saved all the same."""
    try:
        stop()
    except AwsError:
        return []  # it has ended in the meantime
    except Exception:
        traceback.print_exc()
        broken(INTERRUPTED)
    return [arn]


@dataclass(frozen=True)
class Serving:
    """An endpoint that answered, to be created again from its config."""

    name: str
    config: str
    again: dict[str, Any]  # what it has beyond a new one


def _endpoints(aws: LocalAws) -> list[Serving]:
    """What serves. A deployment ends with the processes that it was about: its endpoint stays on the config that it has."""
    found = []
    for endpoint in aws.endpoints.all():
        if endpoint.fleet is None:
            continue
        again = {name: getattr(endpoint, name) for name in ("deployment", "desired", "created", "modified", "failure")}
        if endpoint.pending:
            again["failure"] = f"The local AWS was stopped during the deployment of {endpoint.pending['EndpointConfigName']}."
        found.append(Serving(endpoint.name, endpoint.config_name, again))
    return found


def _serve(aws: LocalAws, endpoints: list[Serving]) -> list[str]:
    """Create them again, and wait until they answer: what goes on after a restore may ask them. Those that do not, and why."""
    lost = []
    for endpoint in endpoints:
        try:
            aws.client("sagemaker").create_endpoint(EndpointName=endpoint.name, EndpointConfigName=endpoint.config)
        except ClientError as error:  # its config is gone
            lost.append(f"{endpoint.name}: {error}")
    aws.background.wait_idle()
    for endpoint in endpoints:
        made = aws.endpoints.find(endpoint.name)
        if made and made.fleet:
            for name, value in endpoint.again.items():
                setattr(made, name, value)
        elif made:
            lost.append(f"{endpoint.name}: {made.failure or made.status}")
    return lost


def _shared(aws: LocalAws) -> dict[str, object]:
    """What every local AWS has of its own: named in the pickle, not contained in it."""
    own = (aws.clients, aws.clock, aws.background, aws.launcher, aws.journal, aws.dispatcher, aws.principals, *aws.dispatcher.services)
    inner = [v for s in aws.dispatcher.services for v in vars(s).values() if isinstance(v, World | Runners)]
    return {type(o).__name__: o for o in (*own, *inner)}


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]
    def __init__(self, file: io.BytesIO, aws: LocalAws) -> None:
        super().__init__(file)
        self._shared = {id(o): name for name, o in _shared(aws).items()}
        self._root = aws.launcher.root

    def persistent_id(self, value: Any) -> Any:
        if id(value) in self._shared:
            return self._shared[id(value)]
        if isinstance(value, PurePath) and value.is_relative_to(self._root):
            return ("path", value.relative_to(self._root).as_posix())
        return None

    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, _LOCKS):
            return (threading.RLock if isinstance(value, _LOCKS[1]) else threading.Lock), ()
        if isinstance(value, threading.Event):
            return _event, (value.is_set(),)
        if isinstance(value, Child):
            return type(None), ()
        return moto_backends.reduce(value) or super().reducer_override(value)


class _Unpickler(cloudpickle.pickle.Unpickler):  # type: ignore[misc]
    def __init__(self, file: io.BytesIO, aws: LocalAws) -> None:
        super().__init__(file)
        self._shared, self._root = _shared(aws), aws.launcher.root

    def persistent_load(self, pid: Any) -> Any:
        return self._root / pid[1] if isinstance(pid, tuple) else self._shared[pid]


def _event(is_set: bool) -> threading.Event:
    event = threading.Event()
    if is_set:
        event.set()
    return event


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all."""
    part = path.with_suffix(".part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    part.replace(path)
