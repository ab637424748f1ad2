"""What runs leave behind in CloudWatch, and what could start one while things go: log groups, streams, alarms, rules, schedules."""

from cli.collect import Client
from cli.destroy.kinds import Kind, missing, pages
from cli.destroy.sagemaker import job_names
from interfaces.names import Names

_JOB_GROUPS = {"Processing": "/aws/sagemaker/ProcessingJobs", "Training": "/aws/sagemaker/TrainingJobs"}
_GLUE_GROUPS = "/aws-glue/"
_SEPARATOR = "\n"  # between group and stream: neither may hold one


def _log_groups(client: Client, names: Names) -> list[str]:
    logs = client("logs")
    prefixes = (f"/aws/lambda/{names.prefix}-", f"/aws/sagemaker/Endpoints/{names.prefix}-")
    found = [group for prefix in prefixes for group in pages(logs, "describe_log_groups", "logGroups", logGroupNamePrefix=prefix)]
    return [group["logGroupName"] for group in found]


def _streams(client: Client, names: Names) -> list[str]:
    """Streams of our jobs in groups that the whole account writes to."""
    logs = client("logs")
    begins = [(group, f"{job}/") for kind, group in _JOB_GROUPS.items() for job in job_names(client, names, kind)]
    begins.append(("/aws/sagemaker/TransformJobs", f"{names.prefix}-batch-"))
    begins += [(group, run) for group in _glue_groups(client) for run in _ingest_runs(client, names)]
    found = []
    for group, prefix in begins:
        try:
            streams = pages(logs, "describe_log_streams", "logStreams", logGroupName=group, logStreamNamePrefix=prefix)
        except logs.exceptions.ResourceNotFoundException:
            continue
        found += [_SEPARATOR.join((group, stream["logStreamName"])) for stream in streams]
    return found


def _remove_stream(client: Client, id: str) -> None:
    """The stream, and its group once that is empty and nobody has configured it: the service makes it anew."""
    logs = client("logs")
    group, _, stream = id.partition(_SEPARATOR)
    logs.delete_log_stream(logGroupName=group, logStreamName=stream)
    if logs.describe_log_streams(logGroupName=group, limit=1)["logStreams"]:
        return
    described = next(g for g in pages(logs, "describe_log_groups", "logGroups", logGroupNamePrefix=group) if g["logGroupName"] == group)
    if not described.get("retentionInDays") and not described.get("metricFilterCount") and not described.get("kmsKeyId"):
        logs.delete_log_group(logGroupName=group)


def _glue_groups(client: Client) -> list[str]:
    return [g["logGroupName"] for g in pages(client("logs"), "describe_log_groups", "logGroups", logGroupNamePrefix=_GLUE_GROUPS)]


def _ingest_runs(client: Client, names: Names) -> list[str]:
    glue = client("glue")
    try:
        return [run["Id"] for run in pages(glue, "get_job_runs", "JobRuns", JobName=names.ingest_job)]
    except glue.exceptions.ClientError as error:
        if missing(error):
            return []
        raise


def _alarms(client: Client, names: Names) -> list[str]:
    cloudwatch = client("cloudwatch")
    prefixes = (f"{names.prefix}-", f"TargetTracking-endpoint/{names.endpoint}/")
    found = [page for p in prefixes for page in cloudwatch.get_paginator("describe_alarms").paginate(AlarmNamePrefix=p)]
    return [alarm["AlarmName"] for page in found for alarm in [*page.get("MetricAlarms", []), *page.get("CompositeAlarms", [])]]


def _rules(client: Client, names: Names) -> list[str]:
    found = pages(client("events"), "list_rules", "Rules", NamePrefix=f"{names.prefix}-")
    return [rule["Name"] for rule in found if rule["State"] != "DISABLED"]


def _ticks(client: Client, names: Names) -> list[str]:
    found = pages(client("scheduler"), "list_schedules", "Schedules", NamePrefix=f"{names.prefix}-")
    return [schedule["Name"] for schedule in found if schedule["State"] != "DISABLED"]


def _disable(client: Client, name: str) -> None:
    scheduler = client("scheduler")
    schedule = scheduler.get_schedule(Name=name)
    kept = (
        "Name",
        "Description",
        "FlexibleTimeWindow",
        "ScheduleExpression",
        "ScheduleExpressionTimezone",
        "Target",
        "GroupName",
        "KmsKeyArn",
    )
    scheduler.update_schedule(**{k: schedule[k] for k in kept if k in schedule}, State="DISABLED")


LOG_GROUPS = Kind("log groups", _log_groups, lambda c, n: c("logs").delete_log_group(logGroupName=n))
LOG_STREAMS = Kind("log streams", _streams, _remove_stream)
ALARMS = Kind("alarms", _alarms, lambda c, n: c("cloudwatch").delete_alarms(AlarmNames=[n]))
RULES = Kind("rules that start something", _rules, lambda c, n: c("events").disable_rule(Name=n))
TICKS = Kind("schedules that start something", _ticks, _disable)
