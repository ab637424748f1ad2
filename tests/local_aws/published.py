"""Metrics that the services of a local AWS have published lately."""

from datetime import timedelta
from typing import Any

from local_aws.aws import LocalAws

_HOUR = timedelta(hours=1)
_DAY_S = 86400


def points(aws: LocalAws, namespace: str, name: str, *statistics: str, **dimensions: str) -> list[dict[str, Any]]:
    """By day: one, or two if midnight lies between."""
    now = aws.clock.now()
    found = aws.client("cloudwatch").get_metric_statistics(
        Namespace=namespace,
        MetricName=name,
        Dimensions=[{"Name": k, "Value": v} for k, v in dimensions.items()],
        StartTime=now - _HOUR,
        EndTime=now + _HOUR,
        Period=_DAY_S,
        Statistics=statistics,
    )
    return list(found["Datapoints"])


def total(aws: LocalAws, namespace: str, name: str, statistic: str = "Sum", **dimensions: str) -> float:
    """A Sum, SampleCount or Maximum of the hours around now."""
    values = [float(point[statistic]) for point in points(aws, namespace, name, statistic, **dimensions)]
    return max(values, default=0.0) if statistic == "Maximum" else sum(values)
