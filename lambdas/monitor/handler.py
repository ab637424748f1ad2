"""Monitor: a tick starts the windows that are due and looks after those under way; a finished run becomes metrics;
an alarm of a monitor becomes a message that names what drifted."""

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from aws_lambda_powertools.utilities.typing import LambdaContext

from interfaces import events, layout
from interfaces.function_env import MonitorEnv
from interfaces.monitors import MONITORS, PROCESSING, Monitor, of_type
from interfaces.reports import MONITOR_FILE, NO_DATA, MonitorReport
from lambdas.monitor import figures, message
from lambdas.monitor.figures import FAILED, Figure
from lambdas.monitor.ledger import Ledger
from lambdas.monitor.request import job_name
from lambdas.monitor.service_report import assemble
from lambdas.monitor.windows import Pace, outstanding
from lambdas.monitor.world import Clients, Served, World
from lambdas.shared.notify import notify
from lambdas.shared.table import Table
from lambdas.shared.tools import logger, metrics, tracer

TERMINAL = ("Completed", "Failed", "Stopped")
NOTHING_CAPTURED = "Job inputs had no data"  # what an execution of Model Monitor fails with then

env = MonitorEnv.parse()
sns = boto3.client("sns")
world = World(Clients(*(boto3.client(s) for s in ("cloudformation", "cloudwatch", "sagemaker", "s3"))), env)
ledger = Ledger(Table(boto3.client("dynamodb"), env.state_table))
monitors = [MONITORS[name] for name in env.monitors.split(",") if name]


@logger.inject_lambda_context
@tracer.capture_lambda_handler
@metrics.log_metrics
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """EventBridge Scheduler: tick; EventBridge: a processing job has ended, an alarm of a monitor was raised."""
    kind, detail = event.get("detail-type", ""), event.get("detail", {})
    if kind == events.ALARM_STATE_CHANGE:
        return _tell(detail)
    served = world.served()
    if served is None:
        return {"monitored": "nothing: no model has been released"}
    if kind == events.PROCESSING_STATE_CHANGE:
        return _finish(world.job(detail["ProcessingJobName"]), served)
    return _tick(served, datetime.now(UTC))


def _tick(served: Served, now: datetime) -> dict[str, Any]:
    """Level-triggered: what is due and not started is started, what has ended unheard is taken up."""
    started: list[str] = []
    for monitor in monitors:
        if served.engine == PROCESSING:
            _take_up_job(monitor, served)
            started += _start(monitor, served, now)
        else:
            _take_up_executions(monitor, served)
    _health(served, now)
    return {"engine": served.engine, "started": started}


def _start(monitor: Monitor, served: Served, now: datetime) -> list[str]:
    names = []
    for window in outstanding(now, served.since, ledger.of(monitor.name).started, _pace(monitor)):
        if world.start(monitor, window, served):
            names.append(job_name(env, monitor, window))
        else:
            _record(
                monitor, NO_DATA, window.due, served, f"nothing was captured from {window.start:%Y-%m-%d %H:%M} to {window.end:%H:%M} UTC"
            )
        ledger.started(monitor.name, window.due)
    logger.info("started", monitor=monitor.name, jobs=names)
    return names


def _take_up_job(monitor: Monitor, served: Served) -> None:
    """The event of the last job may have been lost."""
    progress = ledger.of(monitor.name)
    if progress.started and not ledger.done(monitor.name, progress.started):
        job = world.job(job_name(env, monitor, _pace(monitor).at(progress.started)))
        if job["ProcessingJobStatus"] in TERMINAL:
            _finish(job, served)


def _take_up_executions(monitor: Monitor, served: Served) -> None:
    """Executions that found no data have no job, and so no event; those with a job may have lost theirs."""
    for execution in world.executions(monitor):
        due = execution["ScheduledTime"].astimezone(UTC)
        if execution["MonitoringExecutionStatus"] in ("Pending", "InProgress", "Stopping") or ledger.done(monitor.name, due):
            continue
        if "ProcessingJobArn" in execution:
            _finish(world.job(execution["ProcessingJobArn"].rsplit("/", 1)[-1]), served)
        else:
            reason = str(execution.get("FailureReason", ""))
            _record(monitor, NO_DATA if NOTHING_CAPTURED in reason else FAILED, due, served, reason)


def _finish(job: dict[str, Any], served: Served) -> dict[str, Any]:
    """A job that has ended becomes metrics: its reports if it completed, that it failed if not."""
    told = job.get("Environment", {})
    monitor = of_type(told.get("analysis_type", ""))
    uri = job["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"]
    if not uri.startswith(f"s3://{env.data_bucket}/{layout.MONITORING}/{env.endpoint_name}/"):
        return {"state": "of another project"}  # Model Monitor names all jobs of an account alike
    due = datetime.strptime("/".join(uri.rstrip("/").split("/")[-4:]), "%Y/%m/%d/%H").replace(tzinfo=UTC)
    if ledger.done(monitor.name, due):
        return {"state": "taken up before"}
    if job["ProcessingJobStatus"] != "Completed":
        reason = job.get("FailureReason") or job.get("ExitMessage") or job["ProcessingJobStatus"]
        return _record(monitor, FAILED, due, served, f"{job['ProcessingJobName']} {job['ProcessingJobStatus']}: {reason}", uri)
    files = world.files(uri)
    if MONITOR_FILE in files:
        report = MonitorReport.from_dict(files[MONITOR_FILE])
    else:
        window = {"start": told.get("start_time", ""), "end": told.get("end_time", "")}
        report = assemble(monitor, files, world.baseline(monitor, served), window, env.problem_type)
    world.measure(figures.of_report(report, env.problem_type, env.quality_tolerance), due)
    return _record(monitor, report.state, due, served, message.summary(report), uri)


def _record(monitor: Monitor, state: str, due: datetime, served: Served, summary: str, report: str = "") -> dict[str, Any]:
    """Metrics first, then the record: figures twice are better than none."""
    whole = _pace(monitor).at(due).start >= served.since
    world.measure(figures.of_run(monitor, state, whole=whole), due)
    ledger.finished(monitor.name, due, summary, report)
    logger.info("recorded", monitor=monitor.name, state=state, due=due.isoformat(), summary=summary)
    return {"monitor": monitor.name, "state": state, "due": due.isoformat()}


def _health(served: Served, now: datetime) -> None:
    """What alarms need to know of the endpoint and of monitoring itself."""
    since = [max(ledger.of(m.name).finished or served.since + _pace(m).delay, served.since) for m in monitors]
    age = max((now - moment for moment in since), default=timedelta(0))
    health = [
        Figure("EndpointInService", float(world.in_service())),
        Figure("ServedHours", (now - served.since) / timedelta(hours=1), unit="None"),
        Figure("MonitorAge", age / timedelta(hours=env.window_hours), unit="None"),
    ]
    world.measure(health, now)


def _tell(detail: dict[str, Any]) -> dict[str, Any]:
    """One message for one alarm: what the last run found, with numbers, and where its report lies."""
    name, description = detail["alarmName"], detail.get("configuration", {}).get("description", "")
    monitor = next((m for m in MONITORS.values() if name.removeprefix(f"{env.prefix}-") in m.alarms), None)
    progress = ledger.of(monitor.name) if monitor else None
    text = message.alarm_text(name, description, progress.summary if progress else "", progress.report if progress else "")
    notify(sns, env.topic_arn, f"{name}: {detail.get('state', {}).get('value', '')}", text)
    return {"told": name}


def _pace(monitor: Monitor) -> Pace:
    delay = timedelta(hours=env.label_delay_hours) if monitor.labels else timedelta(0)
    return Pace(timedelta(hours=env.window_hours), delay, timedelta(minutes=env.settle_minutes))
