"""Approve: judges packages that wait by the policy, notes who decided on others, reminds people and lets packages expire."""

from pathlib import Path
from typing import Any

import boto3
from aws_lambda_powertools.utilities.typing import LambdaContext

from interfaces.events import PACKAGE_STATE_CHANGE, REVIEW_WAITING
from interfaces.function_env import ApproveEnv
from interfaces.policy import POLICY_FILE, Policy
from lambdas.approve.gate import Gate
from lambdas.approve.world import World
from lambdas.shared.tools import logger, metrics, tracer

env = ApproveEnv.parse()


def count(name: str, value: int) -> None:
    metrics.add_metric(name=name, unit="Count", value=value)


world = World(boto3.client, env)
gate = Gate(world, Policy.from_json(Path(__file__).with_name(POLICY_FILE).read_bytes()), env.problem_type, env.deployment, count)


@logger.inject_lambda_context
@tracer.capture_lambda_handler
@metrics.log_metrics
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """EventBridge: SageMaker Model Package State Change; EventBridge Scheduler: Review Waiting."""
    if event.get("detail-type") == PACKAGE_STATE_CHANGE:
        answer = gate.look_at(event["detail"]["ModelPackageArn"])
    elif event.get("detail-type") == REVIEW_WAITING:
        answer = {"packages": [gate.look_at(arn) for arn in world.pending()]}
    else:
        raise ValueError(f"unknown event {event.get('detail-type')!r} from {event.get('source')!r}")
    logger.info("looked", answer=answer)
    return answer
