"""One execution of a pipeline: steps as soon as their dependencies allow, in parallel, to a definite end."""

import json
import math
import threading
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from local_aws.errors import validation
from local_aws.sagemaker.jobs import World
from local_aws.sagemaker.pipelines.cache import Hit, StepCache, duration
from local_aws.sagemaker.pipelines.conditions import holds
from local_aws.sagemaker.pipelines.definition import Definition, Step
from local_aws.sagemaker.pipelines.resolve import ResolveError, Scope, resolve
from local_aws.sagemaker.pipelines.runners import Failure, Runners, StepCall
from local_aws.sagemaker.pipelines.steps.base import job_name
from local_aws.sagemaker.transfer import split

_ENDS = {"Completed": ("Succeeded",), "Failed": ("Failed",), "Stopped": ("Stopped",), "Any": ("Succeeded", "Failed", "Stopped")}
RUNNING = ("Starting", "Executing", "Stopping")


@dataclass
class StepRun:
    """A step's state, as ListPipelineExecutionSteps shows it."""

    step: Step
    status: str = "Starting"
    started: datetime | None = None
    ended: datetime | None = None
    attempts: int = 0
    reason: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    properties: dict[str, Any] = field(default_factory=dict)
    cache_hit: str | None = None
    reused: str | None = None  # the execution that a step which is not selected is taken from
    outcome: bool | None = None


@dataclass(frozen=True)
class Selection:
    """A selective execution: the steps to run, and the execution that the steps before them are taken from."""

    steps: frozenset[str]
    source: "Execution"


class Execution:
    """An execution. ``start`` returns at once; ``done`` is set at the end."""

    def __init__(
        self, *, world: World, runners: Runners, cache: StepCache, definition: Definition, text: str, pipeline: dict[str, Any], id: str,
        parameters: dict[str, Any], role: str, display_name: str, description: str, parallel: int | None = None,
        selected: "Selection | None" = None,
    ) -> None:  # fmt: skip
        self.world, self.definition, self.text, self.pipeline, self.id = world, definition, text, pipeline, id
        self.parameters, self.role, self.display_name, self.description = parameters, role, display_name, description
        self.arn = f"{pipeline['PipelineArn']}/execution/{id}"
        self.status = "Executing"
        self.reason: str | None = None
        self.created = self.modified = world.clock.now()
        self.runs: dict[str, StepRun] = {}
        self.done = threading.Event()
        self.parallel, self.selected = parallel, selected
        self._runners, self._cache = runners, cache
        self._lock = threading.RLock()
        self._stopping = threading.Event()
        self._waits: list[threading.Event] = []
        self._reports: dict[tuple[str, str], Any] = {}
        if selected:
            self.runs = {name: _reused(selected.source, name) for name in _before(definition, selected.steps)}

    def start(self) -> None:
        self._emit_execution(None)
        with self._lock:
            self._advance()

    def stop(self) -> None:
        """Start nothing more and stop the jobs that run."""
        with self._lock:
            self.status = "Stopping"
            self._stopping.set()
            for wait in self._waits:
                wait.set()
            for run in self.runs.values():
                if run.status == "Executing" and run.step.type != "Condition":
                    self._runners.stop(run.step.type, run.metadata, self.role)
            self._advance()

    def retry(self, parallel: int | None) -> None:
        """Run again what did not succeed, and what comes after it."""
        with self._lock:
            self.runs = {name: run for name, run in self.runs.items() if run.status == "Succeeded"}
            self.parallel = parallel or self.parallel
            self.status, self.reason = "Executing", None
            self.done.clear()
            self._stopping.clear()
        self.start()

    # scheduling

    def _advance(self) -> None:
        """Start every step that may start; finish when nothing runs and nothing can."""
        failed = {r.step.name for r in self.runs.values() if r.status == "Failed"}
        unhandled = failed - self.definition.handled
        if self.status == "Executing" and not unhandled:
            for step in self.definition.steps.values():
                if self._running() >= (self.parallel or math.inf):
                    break
                if step.name not in self.runs and self._wanted(step) and self._ready(step):
                    self.runs[step.name] = StepRun(step, started=self.world.clock.now())
                    self.world.background.submit(lambda s=self.runs[step.name]: self._run(s))  # type: ignore[misc]
        if not self._running():
            self._finish(failed, unhandled)

    def _running(self) -> int:
        return sum(r.status in RUNNING for r in self.runs.values())

    def _wanted(self, step: Step) -> bool:
        return self.selected is None or step.name in self.selected.steps

    def _ready(self, step: Step) -> bool:
        if step.branch:
            run = self.runs.get(step.branch[0])
            if run is None or run.outcome is not step.branch[1]:
                return False
        return all(name in self.runs and self.runs[name].status in _ENDS[step.triggers.get(name, "Completed")] for name in step.after)

    def _finish(self, failed: set[str], unhandled: set[str]) -> None:
        if self.done.is_set():
            return
        before = self.status
        stopped = self.status == "Stopping" or any(r.status == "Stopped" for r in self.runs.values())
        self.status = "Failed" if unhandled else "Stopped" if stopped else "CompletedWithFailures" if failed else "Succeeded"
        if unhandled:
            self.reason = "Step failure: One or multiple steps failed."
        self.modified = self.world.clock.now()
        self._emit_execution("Executing" if before == "Executing" else "Stopping")
        self.done.set()

    # one step

    def _run(self, run: StepRun) -> None:
        with self._lock:
            run.status = "Executing"
        self._emit_step(run, "Starting")
        try:
            self._attempts(run)
            status = "Succeeded"
        except Failure as failure:
            status, run.reason = ("Stopped" if failure.stopped else "Failed"), failure.reason[:1024]
        except (ResolveError, ClientError) as error:
            status, run.reason = "Failed", f"ClientError: {error}"[:1024]
        except Exception as error:
            status, run.reason = "Failed", f"InternalFailure: {error!r}"[:1024]
        with self._lock:
            run.ended = self.modified = self.world.clock.now()
            run.status = status
        self._emit_step(run, "Executing")
        with self._lock:
            self._advance()

    def _attempts(self, run: StepRun) -> None:
        """Run the step, again for as long as its retry policies say."""
        used: dict[int, int] = {}
        while True:
            run.attempts += 1
            try:
                return self._once(run)
            except Failure as failure:
                policy = _policy(run.step, failure.kind, used)
                if policy is None or failure.stopped or self.status != "Executing":
                    raise
                number, spec = policy
                used[number] = used.get(number, 0) + 1
                wait = spec.get("IntervalSeconds", 1) * spec.get("BackoffRate", 2.0) ** (used[number] - 1)
                self._sleep(wait)
                if self._stopping.is_set():
                    raise Failure(failure.reason, stopped=True) from None

    def _sleep(self, seconds: float) -> None:
        """Wait on the simulated clock, at most until the execution is stopped."""
        over = threading.Event()
        self._waits.append(over)
        self.world.clock.call_later(seconds, over.set)
        if self._stopping.is_set():
            over.set()
        over.wait()

    def _once(self, run: StepRun) -> None:
        step = run.step
        scope = self._scope(step)
        if step.type == "Condition":
            run.outcome = all(holds(c, lambda v: resolve(v, scope)) for c in step.arguments["Conditions"])
            run.metadata = {"Condition": {"Outcome": "True" if run.outcome else "False"}}
            return
        arguments, raw = resolve(step.arguments, scope), resolve({k: v for k, v in step.raw.items() if k != "Arguments"}, scope)
        keyed = arguments if step.type not in ("Lambda", "Callback") else {**raw, "Arguments": arguments}
        cached = step.raw.get("CacheConfig", {})
        if cached.get("Enabled"):
            oldest = self.world.clock.now() - duration(cached["ExpireAfter"])
            hit = self._cache.find(step.name, step.type, keyed, oldest)
            if hit:
                run.properties, run.metadata, run.cache_hit = hit.properties, hit.metadata, hit.execution_arn
                return

        def started(metadata: dict[str, Any]) -> None:
            run.metadata = metadata
            if self.status == "Stopping":
                self._runners.stop(step.type, metadata, self.role)

        call = StepCall(step, arguments, raw, self.id, self.arn, self.role, started, self._stopping.is_set)
        run.properties = self._runners.run(call)
        if cached.get("Enabled"):
            self._cache.keep(step.name, step.type, keyed, Hit(self.arn, self.world.clock.now(), run.properties, run.metadata))

    def _scope(self, step: Step) -> Scope:
        name = self.pipeline["PipelineName"]
        execution = {
            "StartDateTime": self.created.isoformat(),
            "CurrentDateTime": self.world.clock.now().isoformat(),
            "PipelineName": name,
            "PipelineArn": self.pipeline["PipelineArn"],
            "PipelineExecutionId": self.id,
            "PipelineExecutionArn": self.arn,
            "TrainingJobName": job_name(self.id, step.name),
            "ProcessingJobName": job_name(self.id, step.name),
        }
        return Scope(self.parameters, execution, lambda name: self.runs[name].properties, self._report)

    def _report(self, step: str, name: str) -> Any:
        """A property file, read from S3 as the pipeline's role."""
        if (step, name) not in self._reports:
            files = {f["PropertyFileName"]: f for f in self.definition.steps[step].raw.get("PropertyFiles", [])}
            if name not in files:
                raise ResolveError(f"step {step!r} has no property file {name!r}")
            outputs = self.runs[step].properties["ProcessingOutputConfig"]["Outputs"]
            uri = next(o["S3Output"]["S3Uri"] for o in outputs if o["OutputName"] == files[name]["OutputName"])
            bucket, key = split(f"{uri.rstrip('/')}/{files[name]['FilePath']}")
            try:
                body = self.world.clients.role("s3", self.role, "pipeline").get_object(Bucket=bucket, Key=key)["Body"].read()
                self._reports[step, name] = json.loads(body)
            except (ClientError, ValueError) as error:
                raise ResolveError(f"property file s3://{bucket}/{key} cannot be read: {error}") from None
        return self._reports[step, name]

    # events

    def _emit_execution(self, previous: str | None) -> None:
        detail: dict[str, Any] = {
            "pipelineExecutionDescription": self.description,
            "pipelineExecutionDisplayName": self.display_name,
            "currentPipelineExecutionStatus": self.status,
            "executionStartTime": self.created.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "pipelineArn": self.pipeline["PipelineArn"],
            "pipelineExecutionArn": self.arn,
        }
        if previous:
            detail |= {"previousPipelineExecutionStatus": previous, "executionEndTime": self.modified.strftime("%Y-%m-%dT%H:%M:%SZ")}
        resources = [self.pipeline["PipelineArn"], self.arn]
        self.world.events.emit("aws.sagemaker", "SageMaker Model Building Pipeline Execution Status Change", detail, resources)

    def _emit_step(self, run: StepRun, previous: str) -> None:
        detail: dict[str, Any] = {
            "metadata": {k[0].lower() + k[1:]: {n[0].lower() + n[1:]: v for n, v in inner.items()} for k, inner in run.metadata.items()},
            "stepStartTime": run.started.strftime("%Y-%m-%dT%H:%M:%SZ") if run.started else "",
            "stepName": run.step.name,
            "stepType": run.step.type,
            "previousStepStatus": previous,
            "currentStepStatus": run.status,
            "pipelineArn": self.pipeline["PipelineArn"],
            "pipelineExecutionArn": self.arn,
        }
        if run.ended:
            detail["stepEndTime"] = run.ended.strftime("%Y-%m-%dT%H:%M:%SZ")
        if run.reason:
            detail["failureReason"] = run.reason
        resources = [self.pipeline["PipelineArn"], self.arn]
        self.world.events.emit("aws.sagemaker", "SageMaker Model Building Pipeline Execution Step Status Change", detail, resources)


def _before(definition: Definition, steps: frozenset[str]) -> set[str]:
    """Every step that these depend on and that is not one of them."""
    found: set[str] = set()
    left = [name for step in steps for name in definition.steps[step].after]
    while left:
        name = left.pop()
        if name not in found and name not in steps:
            found.add(name)
            left += definition.steps[name].after
    return found


def _reused(source: "Execution", name: str) -> StepRun:
    """A step as it ended in an earlier execution. Raises AwsError when it did not succeed there."""
    run = source.runs.get(name)
    if run is None or run.status != "Succeeded":
        raise validation(f"Step '{name}' is not selected, and it did not succeed in {source.arn}: it cannot be reused")
    return replace(run, reused=source.arn)


def _policy(step: Step, kind: str, used: dict[int, int]) -> tuple[int, dict[str, Any]] | None:
    """The retry policy that covers a kind of failure and has attempts left."""
    for number, policy in enumerate(step.raw.get("RetryPolicies", [])):
        if kind in policy["ExceptionType"] and used.get(number, 0) < policy.get("MaxAttempts", 1):
            return number, policy
    return None
