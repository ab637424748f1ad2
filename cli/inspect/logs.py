"""``loop logs``: where a step, a function, the ingest job or the endpoint writes, and its lines in order, followed to the end."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cli.collect import Client
from cli.errors import CliError
from cli.inspect.runs import LATEST, UNDER_WAY, find, ingest_runs
from cli.target import serving_endpoint
from interfaces.names import Names

GLUE_GROUPS = "/aws-glue/"
_JOBS = {"processing-job": "ProcessingJobs", "training-job": "TrainingJobs", "transform-job": "TransformJobs"}
_OF_JOBS = ("Processing", "Training", "Transform")
_STREAMS_PER_CALL = 100
_POLL_S = 2.0
_LAGS_S = 10.0


@dataclass(frozen=True)
class Source:
    """Log groups, and how the streams that are meant begin. ``ended`` says whether nothing will be added any more."""

    groups: list[str]
    stream: str = ""
    ended: Callable[[], bool] = field(default=lambda: True)


@dataclass(frozen=True)
class Patience:
    """How a step is waited for that has not begun: ``tell`` is called once."""

    tell: Callable[[str], None]
    sleep: Callable[[float], None] = time.sleep


def source(client: Client, names: Names, what: str, run: str = LATEST, patience: Patience | None = None) -> Source:
    """Where ``Train``, ``ingest``, ``endpoint`` or ``function/approve`` logs. Raises CliError.

    With patience a step that the definition has is waited for as long as its execution goes on.
    """
    if what.startswith("function/"):
        return _function(client, names, what.removeprefix("function/"))
    if what == "endpoint":
        return Source([f"/aws/sagemaker/Endpoints/{serving_endpoint(client, names)}"], ended=_never)
    if what == "ingest":
        return _ingest(client, names, run)
    return _step(client, names, what, run, patience)


def read(logs: Any, where: Source, since: int = 0) -> list[dict[str, Any]]:
    """The lines since a time in milliseconds, in order, each with group, stream, time and message."""
    found = []
    for group, streams in _streams(logs, where):
        for first in range(0, len(streams), _STREAMS_PER_CALL):
            pages = logs.get_paginator("filter_log_events").paginate(
                logGroupName=group, logStreamNames=streams[first : first + _STREAMS_PER_CALL], startTime=since
            )
            found += [{"group": group, **event} for page in pages for event in page["events"]]
    return sorted(found, key=lambda e: e["timestamp"])


def follow(logs: Any, where: Source, since: int = 0, sleep: Callable[[float], None] = time.sleep) -> Iterator[dict[str, Any]]:
    """The lines, and those that are added, until the source has ended and has been quiet for as long as CloudWatch lags."""
    seen: set[str] = set()
    quiet = 0.0
    while True:
        ended = where.ended()  # asked before reading: what was written before the end is then read
        new = [event for event in read(logs, where, since) if event["eventId"] not in seen]
        yield from new
        seen.update(event["eventId"] for event in new)
        quiet = 0.0 if new or not ended else quiet + _POLL_S
        if ended and quiet >= _LAGS_S:
            return
        sleep(_POLL_S)


def as_line(event: dict[str, Any]) -> str:
    when = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
    return f"{when:%H:%M:%S}.{when.microsecond // 1000:03d}  {event['message'].rstrip()}"


def as_json(event: dict[str, Any]) -> dict[str, Any]:
    when = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
    return {"time": when.isoformat(), "group": event["group"], "stream": event["logStreamName"], "message": event["message"]}


def _never() -> bool:
    """Functions and endpoints log for as long as they are there."""
    return False


def _step(client: Client, names: Names, what: str, run: str, patience: Patience | None) -> Source:
    execution = find(client, names, run)
    if patience:
        execution = _begun(client, names, what, execution, patience)
    step = _named(execution, what)
    if step is None:
        known = ", ".join(s["name"] for s in execution["steps"]) or "none yet"
        raise CliError(f"execution {execution['id']} has no step {what!r}; steps: {known}; also: ingest, endpoint, function/VERB")
    kind, _, job = step["made"].rpartition(":")[2].partition("/")
    if kind not in _JOBS:
        raise CliError(f"step {step['name']} runs no job, so it logs nothing; it is {step['status']} {step['reason']}".rstrip())

    def ended() -> bool:
        now = find(client, names, execution["id"])
        return now["status"] not in UNDER_WAY or any(s["name"] == step["name"] and s["seconds"] is not None for s in now["steps"])

    return Source([f"/aws/sagemaker/{_JOBS[kind]}"], f"{job}/", ended)


def _named(execution: dict[str, Any], what: str) -> dict[str, Any] | None:
    return next((step for step in execution["steps"] if step["name"].lower() == what.lower()), None)


def _begun(client: Client, names: Names, what: str, execution: dict[str, Any], patience: Patience) -> dict[str, Any]:
    """The execution, once a step that will run a job has one; at once where there is no such step, or nothing goes on."""
    written = client("sagemaker").describe_pipeline_definition_for_execution(PipelineExecutionArn=execution["arn"])["PipelineDefinition"]
    kinds = {step["Name"].lower(): step["Type"] for step in _steps(json.loads(written)["Steps"])}
    told = False
    while kinds.get(what.lower()) in _OF_JOBS and execution["status"] in UNDER_WAY:
        step = _named(execution, what)
        if step and (step["made"] or step["seconds"] is not None):
            break
        if not told:
            patience.tell(f"execution {execution['id']} has not begun {what} yet; waiting for it")
            told = True
        patience.sleep(_POLL_S)
        execution = find(client, names, execution["id"])
    return execution


def _steps(steps: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Those within conditions too."""
    for step in steps:
        yield step
        for branch in ("IfSteps", "ElseSteps") if step["Type"] == "Condition" else ():
            yield from _steps(step["Arguments"].get(branch, []))


def _ingest(client: Client, names: Names, run: str) -> Source:
    """Glue names its groups by job configuration, and each stream after the run."""
    runs = ingest_runs(client, names, 50)
    wanted = runs[0]["id"] if run == LATEST and runs else run
    if not [r for r in runs if r["id"] == wanted]:
        known = ", ".join(r["id"] for r in runs[:5]) or "none"
        raise CliError(f"the job {names.ingest_job} has no run {run!r}; the newest are: {known}")
    pages = client("logs").get_paginator("describe_log_groups").paginate(logGroupNamePrefix=GLUE_GROUPS)
    groups = [group["logGroupName"] for page in pages for group in page["logGroups"]]

    def ended() -> bool:
        return any(r["id"] == wanted and r["seconds"] is not None for r in ingest_runs(client, names, 50))

    return Source(groups, wanted, ended)


def _function(client: Client, names: Names, verb: str) -> Source:
    lambda_ = client("lambda")
    try:
        configuration = lambda_.get_function_configuration(FunctionName=names.function(verb))
    except lambda_.exceptions.ResourceNotFoundException:
        pages = lambda_.get_paginator("list_functions").paginate()
        ours = [
            f["FunctionName"].removeprefix(names.function(""))
            for page in pages
            for f in page["Functions"]
            if f["FunctionName"].startswith(names.function(""))
        ]
        raise CliError(f"there is no function {names.function(verb)}; functions: {', '.join(sorted(ours)) or 'none'}") from None
    return Source([configuration.get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{names.function(verb)}"], ended=_never)


def _streams(logs: Any, where: Source) -> Iterator[tuple[str, list[str]]]:
    prefix = {"logStreamNamePrefix": where.stream} if where.stream else {}
    for group in where.groups:
        try:
            pages = list(logs.get_paginator("describe_log_streams").paginate(logGroupName=group, **prefix))
        except logs.exceptions.ResourceNotFoundException:
            continue  # nothing has been logged yet
        streams = [stream["logStreamName"] for page in pages for stream in page["logStreams"]]
        if streams:
            yield group, streams
