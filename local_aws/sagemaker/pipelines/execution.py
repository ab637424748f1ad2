"""One execution of a pipeline: steps as soon as their dependencies allow, in parallel, to a definite end."""

import json
import math
import threading
import traceback
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from botocore.exceptions import ClientError, ParamValidationError

from local_aws.sagemaker.jobs import World
from local_aws.sagemaker.pipelines.announce import execution_changed, step_changed
from local_aws.sagemaker.pipelines.cache import Hit, StepCache, duration
from local_aws.sagemaker.pipelines.conditions import holds
from local_aws.sagemaker.pipelines.definition import Definition, Step
from local_aws.sagemaker.pipelines.resolve import ResolveError, Scope, resolve, text
from local_aws.sagemaker.pipelines.runners import Failure, Runners, StepCall
from local_aws.sagemaker.pipelines.selection import Selection
from local_aws.sagemaker.pipelines.step_run import StepRun, shown
from local_aws.sagemaker.pipelines.steps.base import job_name
from local_aws.sagemaker.transfer import split

_ENDS = {"Completed": ("Succeeded",), "Failed": ("Failed",), "Stopped": ("Stopped",), "Any": ("Succeeded", "Failed", "Stopped")}
RUNNING = ("Starting", "Executing", "Stopping")
INTERRUPTED = "InternalFailure: The local AWS was stopped during the step."


class Execution:
    """An execution. ``start`` returns at once; ``done`` is set at the end."""

    def __init__(
        self, *, world: World, runners: Runners, cache: StepCache, definition: Definition, text: str, pipeline: dict[str, Any], id: str,
        parameters: dict[str, Any], role: str, display_name: str, description: str, parallel: int | None = None,
        selected: Selection | None = None,
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
            self.runs = selected.reused(definition)

    def start(self) -> None:
        execution_changed(self, None)
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

    @property
    def waits(self) -> bool:
        """Whether all that goes on is waiting for tokens."""
        under_way = [r for r in self.runs.values() if r.status in RUNNING]
        return bool(under_way) and all("Callback" in r.metadata for r in under_way)

    def resume(self) -> None:
        """After a restore: what waits for a callback's token waits on; of other steps nothing runs any more."""
        with self._lock:
            for run in [r for r in self.runs.values() if r.status in RUNNING]:
                if run.step.type == "Callback":
                    run.attempts -= 1  # the attempt that was under way goes on
                    self.world.background.submit(partial(self._carry_out, run))
                else:
                    run.status, run.reason, run.ended = "Failed", INTERRUPTED, self.world.clock.now()
            self._advance()

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
        execution_changed(self, "Executing" if before == "Executing" else "Stopping")
        self.done.set()

    # one step

    def _run(self, run: StepRun) -> None:
        with self._lock:
            run.status = "Executing"
        self._carry_out(run, lambda: step_changed(self, run, "Starting"))

    def _carry_out(self, run: StepRun, begin: Callable[[], None] = lambda: None) -> None:
        """To the step's end, and on to what comes after it: whatever goes wrong on the way, the step and the execution end."""
        try:
            begin()
            self._attempts(run)
            status, reason = "Succeeded", None
        except Exception as error:
            status, reason = _failed(error)
        with self._lock:
            if run.status not in RUNNING:
                return  # it was broken off
            run.ended = self.modified = self.world.clock.now()
            run.status, run.reason = status, reason
        try:
            step_changed(self, run, "Executing")
            with self._lock:
                self._advance()
        except Exception as error:
            traceback.print_exc()
            self.break_off(f"InternalFailure: {error!r}")

    def break_off(self, reason: str) -> None:
        """End here and now, as Failed, without asking anybody: for when the way to a regular end is barred."""
        with self._lock:
            for run in self.runs.values():
                if run.status in RUNNING:
                    run.status, run.reason, run.ended = "Failed", reason[:1024], self.world.clock.now()
            self.status, self.reason, self.modified = "Failed", reason[:1024], self.world.clock.now()
            self._stopping.set()
            self.done.set()

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
                wait = spec.get("IntervalSeconds", 1) * spec.get("BackoffRate", 2.0) ** used.get(number, 0)
                used[number] = used.get(number, 0) + 1
                if self._expired(run, spec, wait):
                    raise
                self._sleep(wait)
                if self._stopping.is_set():
                    raise Failure(failure.reason, stopped=True) from None

    def _expired(self, run: StepRun, policy: dict[str, Any], wait: float) -> bool:
        """Whether the next attempt would begin after the policy's time, counted from the step's start."""
        limit, now = policy.get("ExpireAfterMin"), self.world.clock.now()
        return limit is not None and now + timedelta(seconds=wait) > (run.started or now) + timedelta(minutes=limit)

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
        name = job_name(self.id, step)  # one for an attempt: the step's job has it, and Execution.TrainingJobName says it
        scope = self._scope(name)
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
            run.metadata = shown(metadata)
            if self.status == "Stopping":
                self._runners.stop(step.type, metadata, self.role)

        call = StepCall(step, arguments, raw, self.id, self.arn, self.role, name, started, self._stopping.is_set)
        run.properties = self._runners.run(call)
        if cached.get("Enabled"):
            self._cache.keep(step.name, step.type, keyed, Hit(self.arn, self.world.clock.now(), run.properties, run.metadata))

    def _scope(self, job: str) -> Scope:
        execution = {
            "StartDateTime": self.created.isoformat(),
            "CurrentDateTime": self.world.clock.now().isoformat(),
            "PipelineName": self.pipeline["PipelineName"],
            "PipelineArn": self.pipeline["PipelineArn"],
            "PipelineExecutionId": self.id,
            "PipelineExecutionArn": self.arn,
            "TrainingJobName": job,
            "ProcessingJobName": job,
        }
        return Scope(self.parameters, execution, lambda name: self.runs[name].properties, self._report, self._document)

    def _report(self, step: str, name: str) -> Any:
        """A property file, read once."""
        if (step, name) not in self._reports:
            files = {f["PropertyFileName"]: f for f in self.definition.steps[step].raw.get("PropertyFiles", [])}
            if name not in files:
                raise ResolveError(f"step {step!r} has no property file {name!r}")
            outputs = self.runs[step].properties["ProcessingOutputConfig"]["Outputs"]
            uri = next(o["S3Output"]["S3Uri"] for o in outputs if o["OutputName"] == files[name]["OutputName"])
            self._reports[step, name] = self._document(f"{uri.rstrip('/')}/{files[name]['FilePath']}")
        return self._reports[step, name]

    def _document(self, uri: str) -> Any:
        """A JSON object of S3, read as the pipeline's role."""
        bucket, key = split(uri)
        try:
            return json.loads(self.world.clients.role("s3", self.role, "pipeline").get_object(Bucket=bucket, Key=key)["Body"].read())
        except (ClientError, ParamValidationError, ValueError) as error:
            raise ResolveError(f"property file s3://{bucket}/{key} cannot be read: {error}") from None


def _failed(error: Exception) -> tuple[str, str]:
    """How a step ends that something has stopped, and why."""
    if isinstance(error, Failure):
        return ("Stopped" if error.stopped else "Failed"), text(error.reason)[:1024]
    of_the_client = isinstance(error, ResolveError | ClientError)
    return "Failed", (f"ClientError: {error}" if of_the_client else f"InternalFailure: {error!r}")[:1024]


def _policy(step: Step, kind: str, used: dict[int, int]) -> tuple[int, dict[str, Any]] | None:
    """The retry policy that covers a kind of failure and has attempts left; one with ExpireAfterMin is bounded by time alone."""
    for number, policy in enumerate(step.raw.get("RetryPolicies", [])):
        most = policy.get("MaxAttempts", math.inf if "ExpireAfterMin" in policy else 1)
        kinds = policy["ExceptionType"]
        if kind and kind in ([kinds] if isinstance(kinds, str) else kinds) and used.get(number, 0) < most:
            return number, policy
    return None
