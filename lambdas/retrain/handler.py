"""Retrain: level-triggered. Alarms, ticks and commands ask the same question; the run that is open is followed to its end."""

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from aws_lambda_powertools.utilities.typing import LambdaContext

from interfaces.function_env import RetrainEnv
from lambdas.retrain.decision import Limits
from lambdas.retrain.flow import Calendar, Flow
from lambdas.retrain.ledger import Ledger
from lambdas.retrain.world import Aws, Clients
from lambdas.shared.notify import notify
from lambdas.shared.table import Table
from lambdas.shared.tools import logger, metrics, tracer

env = RetrainEnv.parse()
sns = boto3.client("sns")
table = Table(boto3.client("dynamodb"), env.state_table)
flow = Flow(
    world=Aws(Clients(*(boto3.client(s) for s in ("cloudformation", "cloudwatch", "sagemaker", "s3"))), env, table),
    ledger=Ledger(table),
    limits=Limits(
        cooldown_hours=env.cooldown_hours,
        minimum_labels=int(env.minimum_labels),
        daily_cap=int(env.daily_cap),
        monthly_cap=int(env.monthly_cap),
        cost_per_run=env.cost_per_run,
        monthly_budget=env.monthly_budget,
    ),
    settled=timedelta(hours=(env.windows + 1) * env.window_hours + env.label_delay_hours),
    calendar=Calendar(every_days=int(env.every_days), new_rows=int(env.new_rows)),
    tell=lambda subject, text: notify(sns, env.topic_arn, f"{env.prefix}: {subject}", text),
    count=lambda name: metrics.add_metric(name=name, unit="Count", value=1),
)


@logger.inject_lambda_context
@tracer.capture_lambda_handler
@metrics.log_metrics
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """EventBridge: alarms, and what an open run goes through; EventBridge Scheduler: tick; ``loop retrain``: command."""
    answer = flow.handle(event, datetime.now(UTC))
    logger.info("decided", **answer)
    return answer
