"""What a DeploymentConfig asks for: the steps of traffic, the waits, the limit, the alarms. Pure.

Ranges are botocore's and those of the deployment guardrails documentation (blue/green: canary, linear; rolling; exclusions).
"""

import math
from dataclasses import dataclass
from typing import Any

from local_aws.errors import Unsupported, validation

DEFAULT_LIMIT_S = 28_800  # the longest that MaximumExecutionTimeoutInSeconds allows
# share of the fleet: least and most that the documentation allows
_SIZES = {"CanarySize": (0.0, 0.5), "LinearStepSize": (0.1, 0.5), "MaximumBatchSize": (0.05, 0.5), "RollbackMaximumBatchSize": (0.0, 1.0)}


@dataclass(frozen=True)
class Plan:
    """``shares`` of traffic on the new fleet, one after the other, each followed by a baking period of ``bake_s``."""

    shares: tuple[float, ...] = (1.0,)
    bake_s: int = 0
    termination_wait_s: int = 0
    limit_s: int = DEFAULT_LIMIT_S
    alarms: tuple[str, ...] = ()


def plan(deployment: dict[str, Any] | None, old: list[dict[str, Any]], new: list[dict[str, Any]]) -> Plan:
    """The plan of an update from the old config's variants to the new one's. Raises AwsError naming what is not allowed."""
    if not deployment:
        return Plan()
    blue_green, rolling = deployment.get("BlueGreenUpdatePolicy"), deployment.get("RollingUpdatePolicy")
    if blue_green and rolling:
        raise validation("DeploymentConfig takes BlueGreenUpdatePolicy or RollingUpdatePolicy, not both.")
    if {v["VariantName"] for v in old} != {v["VariantName"] for v in new}:
        names = sorted(v["VariantName"] for v in old)
        raise validation(f"With a DeploymentConfig the new endpoint config must have the old one's variant names: {', '.join(names)}.")
    alarms = tuple(a["AlarmName"] for a in deployment.get("AutoRollbackConfiguration", {}).get("Alarms", []))
    if rolling:
        return _rolling(rolling, new, alarms)
    if not blue_green:
        raise validation("DeploymentConfig needs BlueGreenUpdatePolicy or RollingUpdatePolicy.")
    routing = blue_green["TrafficRoutingConfiguration"]
    built = Plan(
        _shares(routing, new),
        routing["WaitIntervalInSeconds"],
        blue_green.get("TerminationWaitInSeconds", 0),
        blue_green.get("MaximumExecutionTimeoutInSeconds", DEFAULT_LIMIT_S),
        alarms,
    )
    return _within_limit(built)


def _shares(routing: dict[str, Any], variants: list[dict[str, Any]]) -> tuple[float, ...]:
    kind = routing["Type"]
    for size, only in (("CanarySize", "CANARY"), ("LinearStepSize", "LINEAR")):
        if size in routing and kind != only:
            raise validation(f"{size} is for traffic routing of type {only}, not {kind}.")
    if kind == "ALL_AT_ONCE":
        return (1.0,)
    size = "CanarySize" if kind == "CANARY" else "LinearStepSize"
    if size not in routing:
        raise validation(f"Traffic routing of type {kind} needs {size}.")
    share = _share(size, routing[size], variants)
    return (share, 1.0) if kind == "CANARY" else _steps(share)


def _rolling(policy: dict[str, Any], variants: list[dict[str, Any]], alarms: tuple[str, ...]) -> Plan:
    if any("ServerlessConfig" in v for v in variants):
        raise validation("Rolling deployments are not available for serverless endpoints.")
    if len(variants) > 1:
        raise validation("Rolling deployments are not available for endpoints of several variants.")
    if "RollbackMaximumBatchSize" in policy:
        _share("RollbackMaximumBatchSize", policy["RollbackMaximumBatchSize"], variants)
    share = _share("MaximumBatchSize", policy["MaximumBatchSize"], variants)
    limit = policy.get("MaximumExecutionTimeoutInSeconds", DEFAULT_LIMIT_S)
    return _within_limit(Plan(_steps(share), policy["WaitIntervalInSeconds"], 0, limit, alarms))


def _share(name: str, size: dict[str, Any], variants: list[dict[str, Any]]) -> float:
    """A CapacitySize as a share of the fleet."""
    if any("ServerlessConfig" in v for v in variants):
        raise Unsupported("traffic shifting on serverless endpoints")
    instances = min(int(v.get("InitialInstanceCount", 1)) for v in variants)
    share = size["Value"] / (100 if size["Type"] == "CAPACITY_PERCENT" else instances)
    least, most = _SIZES[name]
    if not least <= share <= most:
        found = f"{size['Value']} {size['Type']} of {instances} instances is {share:.0%}"
        raise validation(f"{name}: {found}; allowed: {least:.0%} to {most:.0%} of the fleet.")
    if share * instances < 1 and name in ("CanarySize", "MaximumBatchSize") and instances == 1:
        raise validation(f"{name}: a fleet of one instance has no part that could be shifted on its own.")
    return float(share)


def _steps(share: float) -> tuple[float, ...]:
    return tuple(min(1.0, share * i) for i in range(1, math.ceil(1 / share - 1e-9) + 1))


def _within_limit(built: Plan) -> Plan:
    """BlueGreenUpdatePolicy: the limit has to be larger than the waits together."""
    needed = built.bake_s * len(built.shares) + built.termination_wait_s
    if needed >= built.limit_s:
        raise validation(f"The waits of the deployment take {needed} s; MaximumExecutionTimeoutInSeconds is {built.limit_s}.")
    return built
