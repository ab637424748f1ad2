"""A released world that is monitored: its windows of traffic, figures, alarms and jobs."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from support import NAMES, World, loan_rows
from traffic import HOUR, ask

from local_aws.aws import LocalAws


def analyzer(assembly: Path) -> Path:
    """The steps archive that the stacks deploy."""
    (found,) = assembly.glob("asset.*.pyz")
    return found


def release(aws: LocalAws, assembly: Path) -> World:
    """A deployed world whose first model serves, and is monitored."""
    world = World(aws, assembly)
    world.land("first", ("a.csv", loan_rows(1500)))
    package = world.until(lambda: next((p for p in world.packages() if p["ModelApprovalStatus"] == "Approved"), None))
    world.until(lambda: world.serves(package["ModelPackageArn"]))
    aws.settle()
    return world


def window(world: World, **traffic: Any) -> None:
    """One window of traffic, monitored."""
    ask(world, **traffic)
    world.aws.advance(HOUR)


def alarm(world: World, name: str) -> str:
    found = world.aws.client("cloudwatch").describe_alarms(AlarmNames=[NAMES.alarm(name)], AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    (one,) = found["MetricAlarms"] + found["CompositeAlarms"]
    return str(one["StateValue"])


def figure(world: World, name: str, **dimensions: str) -> list[float]:
    """A metric's values of the last day, oldest first."""
    now = world.aws.clock.now()
    answer = world.aws.client("cloudwatch").get_metric_statistics(
        Namespace=NAMES.prefix,
        MetricName=name,
        Dimensions=[{"Name": k, "Value": v} for k, v in {"Endpoint": NAMES.endpoint, **dimensions}.items()],
        StartTime=now - timedelta(days=1),
        EndTime=now + HOUR,
        Period=3600,
        Statistics=["Maximum"],
    )
    return [p["Maximum"] for p in sorted(answer["Datapoints"], key=lambda p: p["Timestamp"])]


def jobs(world: World, kind: str) -> list[dict[str, Any]]:
    """The monitor's processing jobs, oldest first."""
    listed = world.aws.client("sagemaker").list_processing_jobs(NameContains=NAMES.monitor_job(kind), SortOrder="Ascending", MaxResults=100)
    return list(listed["ProcessingJobSummaries"])
