"""Monitor: a tick starts the windows that are due and looks after those under way; a finished run becomes metrics;
an alarm of a monitor becomes a message that names what drifted."""

from datetime import UTC, datetime
from typing import Any

import boto3
from aws_lambda_powertools.utilities.typing import LambdaContext

from interfaces import events
from interfaces.function_env import MonitorEnv
from interfaces.monitors import MONITORS
from lambdas.monitor import message
from lambdas.monitor.flow import Flow
from lambdas.monitor.ledger import Ledger
from lambdas.monitor.world import Clients, World
from lambdas.shared.notify import notify
from lambdas.shared.table import Table
from lambdas.shared.tools import logger, metrics, tracer

env = MonitorEnv.parse()
sns = boto3.client("sns")
world = World(Clients(*(boto3.client(s) for s in ("cloudformation", "cloudwatch", "sagemaker", "s3"))), env, logger.warning)
ledger = Ledger(Table(boto3.client("dynamodb"), env.state_table))
flow = Flow(world, ledger, env, [MONITORS[name] for name in env.monitors.split(",") if name], logger.info)


@logger.inject_lambda_context
@tracer.capture_lambda_handler
@metrics.log_metrics
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """EventBridge Scheduler: tick; EventBridge: a processing job has ended, an alarm of a monitor was raised."""
    kind, detail, now = event.get("detail-type", ""), event.get("detail", {}), datetime.now(UTC)
    if kind == events.ALARM_STATE_CHANGE:
        return _tell(detail)
    served = world.served()
    if served is None:
        return {"monitored": "nothing: no model has been released"}
    if kind == events.PROCESSING_STATE_CHANGE:
        return flow.finish(world.job(detail["ProcessingJobName"]), flow.followed(served), now)
    return flow.tick(served, now)


def _tell(detail: dict[str, Any]) -> dict[str, Any]:
    """One message for one alarm: what the last run found, with numbers, and where its report lies."""
    name, description = detail["alarmName"], detail.get("configuration", {}).get("description", "")
    monitor = next((m for m in MONITORS.values() if name.removeprefix(f"{env.prefix}-") in m.alarms), None)
    progress = ledger.of(monitor.name) if monitor else None
    text = message.alarm_text(name, description, progress.summary if progress else "", progress.report if progress else "")
    notify(sns, env.topic_arn, f"{name}: {detail.get('state', {}).get('value', '')}", text)
    return {"told": name}
