"""What monitoring does at a tick and when a run has ended. No client in here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Protocol

from interfaces import layout
from interfaces.function_env import MonitorEnv
from interfaces.monitors import MONITORS, PROCESSING, Monitor
from interfaces.reports import MONITOR_FILE, NO_DATA, MonitorReport
from lambdas.monitor import figures, message
from lambdas.monitor.figures import FAILED, Figure
from lambdas.monitor.ledger import Ledger
from lambdas.monitor.request import job_name, schedule_name
from lambdas.monitor.service_report import assemble
from lambdas.monitor.windows import Pace, Window, outstanding
from lambdas.monitor.world import Served

TERMINAL = ("Completed", "Failed", "Stopped")
NOTHING_CAPTURED = "Job inputs had no data"  # what an execution of Model Monitor fails with then
TOO_OLD = "TooOld"
# PutMetricData takes time stamps of two weeks back: what was due earlier can neither be measured nor alarm
_MEASURABLE = timedelta(days=13)
# Alarms are evaluated every minute: by then the alarm on MonitorAge is no longer without data
_EVALUATED = timedelta(minutes=5)


class World(Protocol):
    """What monitoring reads of AWS, and what it sets going (world.py)."""

    def in_service(self) -> bool: ...
    def start(self, monitor: Monitor, window: Window, served: Served) -> bool: ...
    def job(self, name: str) -> dict[str, Any]: ...
    def executions(self, monitor: Monitor) -> list[dict[str, Any]]: ...
    def files(self, uri: str) -> dict[str, dict[str, Any]]: ...
    def baseline(self, monitor: Monitor, served: Served) -> dict[str, dict[str, Any]]: ...
    def measure(self, figures: Sequence[Figure], at: datetime) -> None: ...


@dataclass(frozen=True)
class Flow:
    """``monitors`` are those of the environment; ``say`` logs."""

    world: World
    ledger: Ledger
    env: MonitorEnv
    monitors: Sequence[Monitor]
    say: Callable[..., None]

    def tick(self, served: Served, now: datetime) -> dict[str, Any]:
        """Level-triggered: what is due and not started is started, what has ended unheard is taken up.

        What fails for one monitor keeps no other from its work. It is raised once everybody has had their turn.
        """
        served = self.followed(served)
        steps: list[Callable[[], list[str]]] = []
        for monitor in self.monitors:
            if served.engine == PROCESSING:
                steps.append(partial(self._take_up_job, monitor, served, now))
                steps.append(partial(self._start, monitor, served, now))
            else:
                steps.append(partial(self._take_up_executions, monitor, served, now))
        return {"engine": served.engine, "started": self._each([*steps, partial(self._health, served, now)])}

    def _each(self, steps: Sequence[Callable[[], list[str]]]) -> list[str]:
        """What the steps answer; faults are raised together, after the last step."""
        answers: list[str] = []
        faults: list[Exception] = []
        for step in steps:
            try:
                answers += step()
            except Exception as fault:
                self.say("failed, and the others go on", fault=repr(fault))
                faults.append(fault)
        if faults:
            raise ExceptionGroup(f"{len(faults)} of {len(steps)} steps failed", faults)
        return answers

    def followed(self, served: Served) -> Served:
        """An update of the stack for another reason than a release begins nothing anew."""
        return replace(served, since=self.ledger.followed(served.package, served.since, settled=not served.updating))

    def finish(self, job: dict[str, Any], served: Served, now: datetime) -> dict[str, Any]:
        """A job that has ended becomes metrics: its reports if it completed, that it failed if not."""
        told, env = job.get("Environment", {}), self.env
        uri = job["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"].rstrip("/")
        monitor = self._monitor_of(uri)
        if monitor is None:
            return {"state": "of another project"}  # Model Monitor names all jobs of an account alike
        due = datetime.strptime("/".join(uri.split("/")[-4:]), "%Y/%m/%d/%H").replace(tzinfo=UTC)
        if self.ledger.done(monitor.name, due):
            return {"state": "taken up before"}
        if job["ProcessingJobStatus"] != "Completed":
            reason = job.get("FailureReason") or job.get("ExitMessage") or job["ProcessingJobStatus"]
            summary = f"{job['ProcessingJobName']} {job['ProcessingJobStatus']}: {reason}"
            return self._record(monitor, FAILED, due, served, now, summary, uri)
        files = self.world.files(uri)
        if MONITOR_FILE in files:
            report = MonitorReport.from_dict(files[MONITOR_FILE])
        else:
            window = {"start": told.get("start_time", ""), "end": told.get("end_time", "")}
            report = assemble(monitor, files, self.world.baseline(monitor, served), window, env.problem_type)
        if now - due < _MEASURABLE:
            self.world.measure(figures.of_report(report, env.problem_type, env.quality_tolerance), due)
        return self._record(monitor, report.state, due, served, now, message.summary(report), uri)

    def _monitor_of(self, uri: str) -> Monitor | None:
        """Whose report lies there: the place names endpoint and schedule, whoever ran the job and whatever it was told."""
        root = f"s3://{self.env.data_bucket}/{layout.MONITORING}/{self.env.endpoint_name}/"
        schedule = uri.removeprefix(root).split("/")[0] if uri.startswith(root) else ""
        return next((m for m in MONITORS.values() if schedule_name(self.env, m) == schedule), None)

    def _start(self, monitor: Monitor, served: Served, now: datetime) -> list[str]:
        names = []
        for window in outstanding(now, served.since, self.ledger.of(monitor.name).started, self._pace(monitor)):
            span = f"from {window.start:%Y-%m-%d %H:%M} to {window.end:%H:%M} UTC"
            if now - window.due > _MEASURABLE:
                self._record(monitor, TOO_OLD, window.due, served, now, f"not monitored {span}: it was due too long ago to be measured")
            elif self.world.start(monitor, window, served):
                names.append(job_name(self.env, monitor, window))
            else:
                self._record(monitor, NO_DATA, window.due, served, now, f"nothing was captured {span}")
            self.ledger.started(monitor.name, window.due)
        self.say("started", monitor=monitor.name, jobs=names)
        return names

    def _take_up_job(self, monitor: Monitor, served: Served, now: datetime) -> list[str]:
        """The event of the last job may have been lost."""
        progress = self.ledger.of(monitor.name)
        if progress.started and not self.ledger.done(monitor.name, progress.started):
            job = self.world.job(job_name(self.env, monitor, self._pace(monitor).at(progress.started)))
            if job["ProcessingJobStatus"] in TERMINAL:
                self.finish(job, served, now)
        return []

    def _take_up_executions(self, monitor: Monitor, served: Served, now: datetime) -> list[str]:
        """Executions that found no data have no job, and so no event; those with a job may have lost theirs."""
        ended = [e for e in self.world.executions(monitor) if e["MonitoringExecutionStatus"] not in ("Pending", "InProgress", "Stopping")]
        return self._each([partial(self._take_up_execution, monitor, execution, served, now) for execution in ended])

    def _take_up_execution(self, monitor: Monitor, execution: dict[str, Any], served: Served, now: datetime) -> list[str]:
        due = execution["ScheduledTime"].astimezone(UTC)
        if self.ledger.done(monitor.name, due):
            return []
        if "ProcessingJobArn" in execution:
            self.finish(self.world.job(execution["ProcessingJobArn"].rsplit("/", 1)[-1]), served, now)
        else:
            reason = str(execution.get("FailureReason", ""))
            self._record(monitor, NO_DATA if NOTHING_CAPTURED in reason else FAILED, due, served, now, reason)
        return []

    def _record(
        self, monitor: Monitor, state: str, due: datetime, served: Served, now: datetime, summary: str, report: str = ""
    ) -> dict[str, Any]:
        """Metrics first, then the record: figures twice are better than none."""
        whole = self._pace(monitor).at(due).start >= served.since
        if now - due < _MEASURABLE:
            self.world.measure(figures.of_run(monitor, state, whole=whole), due)
        self.ledger.finished(monitor.name, due, summary, report)
        self.say("recorded", monitor=monitor.name, state=state, due=due.isoformat(), summary=summary)
        return {"monitor": monitor.name, "state": state, "due": due.isoformat()}

    def _health(self, served: Served, now: datetime) -> list[str]:
        """What alarms need to know of the endpoint and of monitoring itself."""
        # the first window of what serves is due when its labels may have come
        since = [(self.ledger.of(m.name).finished, served.since + self._pace(m).delay) for m in self.monitors]
        age = max((now - max(finished or first, first) for finished, first in since), default=timedelta(0))
        age = max(age, timedelta(0))
        health = [
            Figure("EndpointInService", float(self.world.in_service())),
            Figure("ServedHours", (now - served.since) / timedelta(hours=1), unit="None"),
            Figure("MonitorAge", age / timedelta(hours=self.env.window_hours), unit="None"),
        ]
        first = self.ledger.heard()
        if first and now - first >= _EVALUATED:
            health.append(Figure("MonitorHeard", 1.0))
        self.world.measure(health, now)
        if first is None:
            self.ledger.hear(now)
        return []

    def _pace(self, monitor: Monitor) -> Pace:
        delay = timedelta(hours=self.env.label_delay_hours) if monitor.labels else timedelta(0)
        return Pace(timedelta(hours=self.env.window_hours), delay, timedelta(minutes=self.env.settle_minutes))
