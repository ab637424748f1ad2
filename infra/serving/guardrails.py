"""What stops a release: alarms on the new fleet alone, and the deployment that goes back when one of them trips.

The dimension EndpointConfigName keeps the old fleet out: an erring old version must not block its own fix. The alarms are
named after the release, so that each begins without a past.
"""

from typing import Any

import aws_cdk as cdk

from infra.environment import Environment
from infra.iam import arn
from interfaces.names import VARIANT

RUNBOOK = "docs/runbooks/release-guardrail.md"


def alarms(environment: Environment, generation: str, config: str) -> dict[str, dict[str, Any]]:
    """Properties of the guardrail alarms, by logical id."""
    serving, names = environment.serving, environment.names
    rules = {
        "ReleaseErrors": ("errors", "Invocation5XXErrors", serving.guardrail_error_percent / 100, "answers 5xx"),
        "ReleaseLatency": ("latency", "ModelLatency", serving.guardrail_latency_ms * 1000, "is slow"),
    }
    topic = arn("sns", names.notifications_topic)
    return {
        id: {
            "AlarmName": f"{names.release_alarm(kind)}-{generation}",
            "AlarmDescription": f"The version that is being released {words}. Runbook: {RUNBOOK}",
            "Namespace": "AWS/SageMaker",
            "MetricName": metric,
            "Dimensions": [
                {"Name": "EndpointName", "Value": names.endpoint},
                {"Name": "VariantName", "Value": VARIANT},
                {"Name": "EndpointConfigName", "Value": config},
            ],
            "Statistic": "Average",
            "Period": 60,
            "EvaluationPeriods": 1,
            "Threshold": threshold,
            "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "notBreaching",
            "AlarmActions": [topic],
        }
        for id, (kind, metric, threshold, words) in rules.items()
    }


def deployment(environment: Environment, guards: list[cdk.CfnResource]) -> dict[str, Any]:
    """The endpoint's DeploymentConfig."""
    serving = environment.serving
    wait, limit = serving.bake_minutes * 60, serving.deployment_minutes * 60
    size = {"Type": "CAPACITY_PERCENT", "Value": serving.step_percent}
    rollback = {"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": guard.ref} for guard in guards]}}
    if serving.strategy == "rolling":
        rolling = {"MaximumBatchSize": size, "WaitIntervalInSeconds": wait, "MaximumExecutionTimeoutInSeconds": limit}
        return {"RollingUpdatePolicy": rolling, **rollback}
    kinds: dict[str, dict[str, Any]] = {
        "all-at-once": {"Type": "ALL_AT_ONCE"},
        "canary": {"Type": "CANARY", "CanarySize": size},
        "linear": {"Type": "LINEAR", "LinearStepSize": size},
    }
    policy = {
        "TrafficRoutingConfiguration": {"WaitIntervalInSeconds": wait, **kinds[serving.strategy]},
        "TerminationWaitInSeconds": serving.termination_wait_minutes * 60,
        "MaximumExecutionTimeoutInSeconds": limit,
    }
    return {"BlueGreenUpdatePolicy": policy, **rollback}
