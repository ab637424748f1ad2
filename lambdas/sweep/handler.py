"""Sweep: what nothing references goes after a retention; what a live endpoint reaches never does."""

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from aws_lambda_powertools.utilities.typing import LambdaContext

from interfaces.function_env import SweepEnv
from lambdas.shared.tools import logger, metrics, tracer
from lambdas.sweep.core import sweep
from lambdas.sweep.world import World

env = SweepEnv.parse()
world = World(boto3.client, env)


@logger.inject_lambda_context
@tracer.capture_lambda_handler
@metrics.log_metrics
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """EventBridge Scheduler: daily; ``loop sweep``: with ``dry_run`` in its detail, only to say what would go."""
    dry_run = bool(event.get("detail", {}).get("dry_run"))
    answer = sweep(world, env.serving_stack, datetime.now(UTC) - timedelta(days=env.retention_days), dry_run=dry_run)
    if "skipped" in answer:
        logger.warning("skipped", reason=answer["skipped"])
        return answer
    if not dry_run:
        for name, kind in (("EndpointConfigs", "endpoint_configs"), ("Models", "models"), ("Runs", "runs")):
            metrics.add_metric(name=f"Swept{name}", unit="Count", value=len(answer[kind]))
    logger.info("swept", **answer)
    return answer
