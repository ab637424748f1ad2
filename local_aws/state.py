"""Saves what a local AWS holds into a folder, and restores it: moto's backends, our services, the clock's offset.

What is kept of a service of ours is what its class names in ``kept``; one that must take work up again has ``resume``.
Processes are not kept: running endpoints are created again from their configs, jobs and executions that are under way
are stopped first. The state is read with pickle: a state folder is as trusted as code.
"""

import hashlib
import io
import json
import os
import shutil
import sys
import threading
from pathlib import Path, PurePath
from typing import Any

import cloudpickle
from botocore.exceptions import ClientError

from local_aws import moto_seam
from local_aws.aws import LocalAws
from local_aws.errors import LocalAwsError
from local_aws.launcher.launcher import Child
from local_aws.sagemaker.jobs import World
from local_aws.sagemaker.pipelines.runners import Runners

FORMAT = 1
_MANIFEST, _DATA, _FUNCTIONS = "manifest.json", "state.pickle", "functions"
_LOCKS = (type(threading.Lock()), type(threading.RLock()))
_GRACE_S = 10.0


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
        "moto": moto_seam.state(),
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


def restore(aws: LocalAws, folder: Path) -> bool:
    """Take up a saved state; False when the folder has none. Raises LocalAwsError when it was written by other versions."""
    if not (folder / _MANIFEST).is_file():
        return False
    found, wanted = json.loads((folder / _MANIFEST).read_text()), versions()
    if differing := [f"{k} {found.get(k)!r}, here {v!r}" for k, v in wanted.items() if found.get(k) != v]:
        raise LocalAwsError(f"the state in {folder} was saved by other versions ({'; '.join(differing)}); give another folder or remove it")
    if (folder / _FUNCTIONS).exists():
        shutil.copytree(folder / _FUNCTIONS, aws.launcher.root / _FUNCTIONS, dirs_exist_ok=True)
    content = _Unpickler(io.BytesIO((folder / _DATA).read_bytes()), aws).load()
    moto_seam.set_state(content["moto"])
    aws.clock.offset = content["clock"]
    for name, value in content["principals"].items():
        setattr(aws.principals, name, value)
    services = {type(s).__name__: s for s in aws.dispatcher.services}
    for name, kept in content["services"].items():
        for attribute, value in kept.items():
            setattr(services[name], attribute, value)
    for service in services.values():
        if hasattr(service, "resume"):
            service.resume()
    for name, config in content["endpoints"]:
        aws.client("sagemaker").create_endpoint(EndpointName=name, EndpointConfigName=config)
    return True


def quiesce(aws: LocalAws, grace_s: float = _GRACE_S) -> list[str]:
    """Wait for work under way, then stop executions and jobs that go on; their ARNs."""
    if aws.background.wait_idle(grace_s):
        return []
    sagemaker, stopped = aws.client("sagemaker"), []
    for pipeline in sagemaker.list_pipelines(MaxResults=100)["PipelineSummaries"]:
        running = sagemaker.list_pipeline_executions(PipelineName=pipeline["PipelineName"], MaxResults=100)["PipelineExecutionSummaries"]
        for execution in (e for e in running if e["PipelineExecutionStatus"] == "Executing"):
            stopped += _stop(lambda arn: sagemaker.stop_pipeline_execution(PipelineExecutionArn=arn), execution["PipelineExecutionArn"])
    for title, kind in (("Processing", "processing"), ("Training", "training")):
        jobs = getattr(sagemaker, f"list_{kind}_jobs")(StatusEquals="InProgress", MaxResults=100)[f"{title}JobSummaries"]
        for job in (j for j in jobs if j[f"{title}JobStatus"] == "InProgress"):
            stop = getattr(sagemaker, f"stop_{kind}_job")
            stopped += _stop(lambda arn, s=stop, t=title: s(**{f"{t}JobName": arn.rsplit("/", 1)[-1]}), job[f"{title}JobArn"])
    if not aws.background.wait_idle(grace_s):
        stopped.append(f"{aws.background.active} pieces of work that went on after {2 * grace_s:g} s")
    return stopped


def _stop(stop: Any, arn: str) -> list[str]:
    try:
        stop(arn)
    except ClientError:
        return []  # it has ended in the meantime
    return [arn]


def _endpoints(aws: LocalAws) -> list[tuple[str, str]]:
    """What serves: it is created again."""
    sagemaker = aws.client("sagemaker")
    pages = sagemaker.get_paginator("list_endpoints").paginate()
    found = [sagemaker.describe_endpoint(EndpointName=e["EndpointName"]) for p in pages for e in p["Endpoints"]]
    return [(e["EndpointName"], e["EndpointConfigName"]) for e in found if e["EndpointStatus"] == "InService"]


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
        return moto_seam.reduce(value) or super().reducer_override(value)


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
