"""Release: level-triggered. Every event, every duplicate and the schedule do the same: note what has been
decided, compare desired with actual, and take the next step."""

from typing import Any

import boto3
from aws_lambda_powertools.utilities.typing import LambdaContext

from interfaces.events import PACKAGE_STATE_CHANGE
from interfaces.function_env import RECORDED, ReleaseEnv
from lambdas.release.decision import Fail, Step, UpdateMonitoring, UpdateServing, held, new_decision, next_step, rolled_back
from lambdas.release.ledger import Ledger
from lambdas.release.records import Records
from lambdas.release.world import World
from lambdas.shared.notify import notify
from lambdas.shared.tools import logger, metrics, tracer

env = ReleaseEnv.parse()
sagemaker, sns = boto3.client("sagemaker"), boto3.client("sns")
dynamodb = boto3.client("dynamodb")
ledger, records = Ledger(dynamodb, env.state_table), Records(dynamodb, env.decisions_table)
world = World(boto3.client("cloudformation"), sagemaker, env)


@logger.inject_lambda_context
@tracer.capture_lambda_handler
@metrics.log_metrics
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """EventBridge: package approved or rejected, stack settled; EventBridge Scheduler: reconcile."""
    if event.get("detail-type") == PACKAGE_STATE_CHANGE:
        note_decision(event["detail"]["ModelPackageArn"])
    elif event.get("detail-type") == "Reconcile":
        for summary in _packages():
            note_decision(summary["ModelPackageArn"])
    step = _converge()
    logger.info("converged", step=repr(step))
    return {"step": type(step).__name__, "detail": repr(step)}


def note_decision(arn: str) -> None:
    """A newly approved package becomes the desired one. What counts is the package's state now, not the event.

    The decision is written before the package is noted: a crash between the two decides again, with the next
    generation and the same package.
    """
    package = sagemaker.describe_model_package(ModelPackageName=arn)
    status, description = package["ModelApprovalStatus"], package.get("ApprovalDescription", "")
    before = ledger.seen(arn)
    if (status, description) == before:
        return
    record = ""
    if new_decision(status, description, *before):
        if env.decisions == RECORDED:
            newest = records.latest(arn)
            if why := held(newest, ledger.used(arn)):
                _hold(arn, description, why)
                return
            record = newest.id if newest else ""
        generation = ledger.decide(arn)
        metrics.add_metric(name="ReleaseDecided", unit="Count", value=1)
        logger.info("decided", package=arn, generation=generation)
    ledger.note(arn, status, description, before, record)


def _hold(arn: str, description: str, why: str) -> None:
    """An approval that nobody answers for stays unreleased and unnoted: it is looked at again until a decision is recorded."""
    metrics.add_metric(name="ReleaseHeld", unit="Count", value=1)
    if ledger.told_of_hold(arn, description):
        return
    version = arn.rsplit("/", 1)[-1]
    command = f'loop approve {version} --environment {env.deployment} --reason "…"'
    text = f"{arn} is approved and is not released: {why}.\nRelease it with: {command}"
    notify(sns, env.topic_arn, f"{env.serving_stack}: an approval is held", text)
    ledger.tell_of_hold(arn, description, why)


def _packages() -> list[dict[str, Any]]:
    """Approved packages in version order, oldest first: missed events are made up for in that order."""
    pages = sagemaker.get_paginator("list_model_packages").paginate(
        ModelPackageGroupName=env.model_package_group, ModelApprovalStatus="Approved", SortBy="CreationTime", SortOrder="Ascending"
    )
    return [summary for page in pages for summary in page["ModelPackageSummaryList"]]


def _converge() -> Step:
    desired, attempted = ledger.desired()
    serving, monitored = world.serving(), world.monitored()
    step = rolled_back(next_step(desired, serving, monitored, env.endpoint_config_prefix), serving, attempted)
    if isinstance(step, UpdateServing):
        world.update_serving(step)
        ledger.attempted(step.generation)
    elif isinstance(step, UpdateMonitoring) and desired:
        world.update_monitoring(step, desired.generation)
        metrics.add_metric(name="ReleaseSucceeded", unit="Count", value=1)
    elif isinstance(step, Fail):
        _report(step, desired.package if desired else "")
    return step


def _report(step: Fail, package: str) -> None:
    """Page first, then record: a page twice is better than none."""
    text = "\n".join(
        (
            f"Release {step.generation} of {package} failed: {step.reason}",
            "What served before goes on serving.",
            "Runbook: docs/runbooks/release-failed.md",
        )
    )
    notify(sns, env.topic_arn, f"{env.serving_stack}: release {step.generation} failed", text)
    metrics.add_metric(name="ReleaseFailed", unit="Count", value=1)
    ledger.fail(step.generation, step.reason)
