"""What UpdateEndpoint refuses because of what there is beside the endpoint."""

from collections.abc import Sequence
from typing import Any

from local_aws.errors import validation
from local_aws.sagemaker.endpoints.fleet import serverless
from local_aws.sagemaker.jobs import PRINCIPAL, World


def check_change(world: World, name: str, old: list[dict[str, Any]], new: list[dict[str, Any]]) -> None:
    """A change of hosting, and of the instance type of what scales by itself. Raises AwsError."""
    if any(map(serverless, old)) != any(map(serverless, new)):
        raise validation("An endpoint cannot be updated from instances to serverless or back; create another endpoint.")
    types = {v["VariantName"]: v.get("InstanceType") for v in new}
    for variant in old:
        label = variant["VariantName"]
        if variant.get("InstanceType") != types.get(label) and _scales(world, f"endpoint/{name}/variant/{label}"):
            raise validation(
                f'The variant(s) "[{label}]" must be deregistered as scalable target with AWS Auto Scaling before they can be '
                "removed or have their instance type updated."
            )


def check_alarms(world: World, names: Sequence[str]) -> None:
    """An alarm that does not exist never trips: a guardrail that is none is refused. Raises AwsError."""
    if not names:
        return
    cloudwatch = world.clients.service("cloudwatch", PRINCIPAL)
    answer = cloudwatch.describe_alarms(AlarmNames=list(names), AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    known = {a["AlarmName"] for a in [*answer.get("MetricAlarms", []), *answer.get("CompositeAlarms", [])]}
    missing = [name for name in names if name not in known]
    if missing:
        raise validation(f"AutoRollbackConfiguration names alarms that do not exist: {', '.join(missing)}.")


def _scales(world: World, resource: str) -> bool:
    scaling = world.clients.service("application-autoscaling", PRINCIPAL)
    return bool(scaling.describe_scalable_targets(ServiceNamespace="sagemaker", ResourceIds=[resource])["ScalableTargets"])
