"""Release: every event, every duplicate and the schedule do the same: note what has been decided, and converge."""

from typing import Any

import boto3
from aws_lambda_powertools.utilities.typing import LambdaContext

from interfaces.events import PACKAGE_STATE_CHANGE, RECONCILE, ROLLBACK
from interfaces.function_env import RECORDED, ReleaseEnv
from lambdas.release.approval import covers, held
from lambdas.release.core import NoGoodVersion, Releases
from lambdas.release.ledger import Ledger
from lambdas.release.package import Package
from lambdas.release.records import Records
from lambdas.release.world import World
from lambdas.shared.notify import notify
from lambdas.shared.table import Table
from lambdas.shared.tools import logger, metrics, tracer

env = ReleaseEnv.parse()
sns = boto3.client("sns")


def tell(subject: str, text: str) -> None:
    notify(sns, env.topic_arn, subject, text)


def count(name: str) -> None:
    metrics.add_metric(name=name, unit="Count", value=1)


def vouch(package: Package) -> tuple[str, str]:
    """Where recorded decisions are asked for: why the package is held, and the decision that set its approval."""
    if env.decisions != RECORDED:
        return "", ""
    newest = records.latest(package.arn)
    why = held(newest, ledger.used(package.arn), package.approval)
    return why, newest.id if newest and covers(newest, package.approval) else ""


dynamodb = boto3.client("dynamodb")
ledger, records = Ledger(Table(dynamodb, env.state_table)), Records(dynamodb, env.decisions_table)
releases = Releases(ledger, World(boto3.client, env), env.deployment, tell, count, vouch, engine=env.monitoring_engine)


@logger.inject_lambda_context
@tracer.capture_lambda_handler
@metrics.log_metrics
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """EventBridge: package approved or rejected, stack settled; Scheduler: reconcile; ``loop rollback``: return to a version."""
    answer: dict[str, Any] = {}
    match event.get("detail-type"):
        case kind if kind == PACKAGE_STATE_CHANGE:
            releases.note(event["detail"]["ModelPackageArn"])
        case kind if kind == RECONCILE:
            releases.reconcile()
        case kind if kind == ROLLBACK:
            try:
                answer["generation"] = releases.roll_back(event["id"], **event["detail"])
            except NoGoodVersion as error:
                return {"refused": str(error)}
    step = releases.converge()
    logger.info("converged", step=repr(step))
    return {**answer, "step": type(step).__name__, "detail": repr(step)}
