"""What the monitor function can be told: a window that is due, one that was analysed, an alarm of a monitor."""

import json
from datetime import datetime, timedelta
from typing import Any

from situations.kind import HOUR, NUMBERS, Situation, event, table, told
from support import NAMES, World

from interfaces import events, layout
from interfaces.monitors import MONITORS, progress_key
from interfaces.names import VARIANT, moment
from interfaces.reports import COMPLETED, MONITOR_FILE, MonitorReport


def _served_for(world: World, windows: int = 1) -> datetime:
    """Hours go by in which something was captured; the moment at which the last one was due."""
    for _ in range(windows):
        now = world.aws.clock.now()
        world.aws.advance(now.replace(minute=0, second=0, microsecond=0) + HOUR + timedelta(minutes=1) - now)
        due = world.aws.clock.now().replace(minute=0, second=0, microsecond=0)
        for prefix in layout.hour_prefixes(f"{layout.CAPTURE}/{NAMES.endpoint}/{VARIANT}", due - HOUR, due):
            world.aws.client("s3").put_object(Bucket=world.buckets["data"], Key=f"{prefix}a.jsonl", Body=b"{}\n")
    world.aws.advance(timedelta(minutes=15))
    return due


def a_window_is_due(world: World) -> Situation:
    due = _served_for(world)

    def state() -> dict[str, Any]:
        found = {}
        for name in ("data-quality", "model-quality", "bias"):
            job = f"{NAMES.monitor_job(name)}{due:%Y%m%d%H}"
            listed = world.aws.client("sagemaker").list_processing_jobs(NameContains=job)["ProcessingJobSummaries"]
            found[name] = (len(listed), table(world).get(progress_key(name)).get("started") == due.isoformat(timespec="seconds"))
        return found

    return Situation(event(events.MONITOR_TICK), state)


def a_window_was_analysed(world: World) -> Situation:
    due, monitor = _served_for(world), MONITORS["data-quality"]
    world.aws.client("lambda").invoke(FunctionName=NAMES.function("monitor"), Payload=json.dumps(event(events.MONITOR_TICK)))
    world.aws.settle()
    (job,) = world.aws.client("sagemaker").list_processing_jobs(NameContains=f"{NAMES.monitor_job(monitor.name)}{due:%Y%m%d%H}")[
        "ProcessingJobSummaries"
    ]
    report = MonitorReport(monitor.analysis_type, COMPLETED, "nothing drifted", {"start": moment(due - HOUR), "end": moment(due)})
    key = f"{layout.report_prefix(NAMES.endpoint, NAMES.monitor(monitor.name), due)}{MONITOR_FILE}"
    world.aws.client("s3").put_object(Bucket=world.buckets["data"], Key=key, Body=json.dumps(report.to_dict()).encode())

    def state() -> dict[str, Any]:
        item = table(world).get(progress_key(monitor.name))
        stamp = due.isoformat(timespec="seconds")
        measured = [_measured(world, due, "MonitorRuns", Monitor=monitor.name), _measured(world, due, "DriftedFeatures")]
        done = bool(table(world).get(f"{progress_key(monitor.name)}/{stamp}"))
        return {"finished": item.get("finished") == stamp, "done": done, "measured": measured}

    detail = {"ProcessingJobName": job["ProcessingJobName"], "ProcessingJobStatus": "Completed"}
    return Situation(event(events.PROCESSING_STATE_CHANGE, "aws.sagemaker", **detail), state)


def _measured(world: World, at: datetime, metric: str, **dimensions: str) -> list[float]:
    """The largest value that a metric of the project has at a moment; twice the same is no harm."""
    named = [{"Name": k, "Value": v} for k, v in {"Endpoint": NAMES.endpoint, **dimensions}.items()]
    found = world.aws.client("cloudwatch").get_metric_statistics(
        Namespace=NAMES.prefix, MetricName=metric, Dimensions=named, StartTime=at, EndTime=at + HOUR, Period=60, Statistics=["Maximum"]
    )
    return [point["Maximum"] for point in found["Datapoints"]]


def a_monitors_alarm_was_raised(world: World) -> Situation:
    words = f"because of {next(NUMBERS)}"
    detail = {"alarmName": NAMES.alarm("drift-data"), "state": {"value": "ALARM"}, "configuration": {"description": words}}
    return Situation(event(events.ALARM_STATE_CHANGE, "aws.cloudwatch", **detail), lambda: told(world, words))
