"""Retrain: level-triggered. Alarms, ticks and commands ask the same question; the run that is open is followed to its end."""

import uuid
from datetime import UTC, datetime
from typing import Any

import boto3
from aws_lambda_powertools.utilities.typing import LambdaContext

from interfaces import events
from interfaces.function_env import RetrainEnv
from interfaces.metadata import clean
from lambdas.retrain import collection
from lambdas.retrain.decision import COMMAND, Decision, Limits, Retrain, Situation, Trigger, Wait, decide, due
from lambdas.retrain.ledger import COLLECTING, ENDED, LANDED, TRAINING, Ledger, Run, State
from lambdas.retrain.world import Champion, Clients, World
from lambdas.shared.notify import notify
from lambdas.shared.table import Table
from lambdas.shared.tools import logger, metrics, tracer

env = RetrainEnv.parse()
sns = boto3.client("sns")
world = World(Clients(*(boto3.client(s) for s in ("cloudformation", "cloudwatch", "sagemaker", "s3"))), env)
ledger = Ledger(Table(boto3.client("dynamodb"), env.state_table))
limits = Limits(
    cooldown_hours=env.cooldown_hours,
    minimum_labels=int(env.minimum_labels),
    daily_cap=int(env.daily_cap),
    monthly_cap=int(env.monthly_cap),
    cost_per_run=env.cost_per_run,
    monthly_budget=env.monthly_budget,
)


@logger.inject_lambda_context
@tracer.capture_lambda_handler
@metrics.log_metrics
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """EventBridge: alarms, and what an open run goes through; EventBridge Scheduler: tick; ``loop retrain``: command."""
    kind, detail = event.get("detail-type", ""), event.get("detail", {})
    now = datetime.now(UTC)
    run = ledger.state().open_run(now)
    if run:
        _follow(run, kind, detail)
    if kind == events.RETRAIN_COMMAND:
        return _ask(now, detail)
    if kind in (events.ALARM_STATE_CHANGE, events.RETRAIN_TICK):
        return _ask(now, None)
    return {"decision": "none"}


def _ask(now: datetime, command: dict[str, Any] | None) -> dict[str, Any]:
    """Decide on the first trigger that has not had its run: a person's, or what alarms, calendar and labels say."""
    champion = world.champion()
    if champion is None:
        return {"decision": "none", "reason": "nothing serves yet: there is no model to retrain"}
    triggers = [_commanded(command, champion)] if command else _standing(champion, now)
    if not triggers:
        return {"decision": "none"}
    trigger, state = triggers[0], ledger.state()
    decision = decide(trigger, _situation(trigger, state, now), limits)
    if isinstance(decision, Retrain):
        run = Run(uuid.uuid4().hex[:12], trigger.kind, decision.reason, COLLECTING, now, trigger.since)
        if not ledger.open(trigger, run, state):
            return {"decision": "none"}  # delivered twice, or another trigger was quicker
        world.collect(run, champion)
    return _answer(trigger, decision, champion)


def _commanded(command: dict[str, Any], champion: Champion) -> Trigger:
    return Trigger(COMMAND, f"command/{command['id']}", f"asked for by {command['by']}: {command['reason']}", champion.made)


def _standing(champion: Champion, now: datetime) -> list[Trigger]:
    """Triggers that stand and have not had their run."""
    new_rows = int(env.new_rows)
    labels = world.labels(champion.made, new_rows) if new_rows else 0
    calendar = due(now, champion.made, labels, every_days=int(env.every_days), new_rows=new_rows)
    return [t for t in (*world.alarms(), *calendar) if not ledger.has_had_its_run(t)]


def _situation(trigger: Trigger, state: State, now: datetime) -> Situation:
    today, month = state.started(now)
    return Situation(
        now=now,
        last_started=state.run.started if state.run else None,
        started_today=today,
        started_this_month=month,
        in_flight=_in_flight(state.open_run(now)),
        labels=world.labels(trigger.since, limits.minimum_labels),
    )


def _in_flight(run: Run | None) -> str:
    return f"retraining {run.id} ({run.stage})" if run else world.in_flight()


def _follow(run: Run, kind: str, detail: dict[str, Any]) -> None:
    """Take the open run as far as this event shows it to be; a tick makes up for events that were lost."""
    if run.stage == COLLECTING and kind == events.RETRAIN_TICK and (champion := world.champion()):
        world.collect(run, champion)
        _collected(run, world.collected(run))
    elif run.stage == COLLECTING and kind == events.PROCESSING_STATE_CHANGE and collection.run_of(detail["ProcessingJobName"]) == run.id:
        _collected(run, detail)
    elif kind == events.DATASET_REFUSED and collection.run_of(detail["drop"]) == run.id:
        _end(run, f"its data was refused: {detail['reason']}")
    elif kind == events.DATASET_CREATED and collection.run_of(detail["drop"]) == run.id:
        ledger.move(run, TRAINING, detail["dataset_version"])
    elif kind == events.PIPELINE_STATE_CHANGE and run.version and detail["pipelineExecutionDisplayName"] == f"dataset-{run.version}":
        _trained(run, detail)


def _collected(run: Run, job: dict[str, Any]) -> None:
    """The job that collects has this description: land its drop once it is complete."""
    status = job["ProcessingJobStatus"]
    if status == "Completed":
        world.finish_drop(run.id)
        ledger.move(run, LANDED)
    elif status in ("Failed", "Stopped"):
        _end(run, f"collecting its data {status.lower()}: {job.get('FailureReason', 'no reason given')}")


def _trained(run: Run, detail: dict[str, Any]) -> None:
    package = world.package_of(detail["pipelineExecutionArn"])
    if not package:
        _end(run, f"the pipeline registered no model; see: loop runs ({detail['pipelineExecutionArn']})")
        return
    world.write_on(package, clean({"retrain_reason": run.reason, "retrain_trigger": run.kind, "retrain_run": run.id}))
    ledger.move(run, ENDED)
    metrics.add_metric(name="Retrained", unit="Count", value=1)


def _end(run: Run, why: str) -> None:
    """A run that brings no model is told to people before it is closed."""
    text = f"Retraining {run.id} brought no model: {why}\nIt was started because: {run.reason}\nRunbook: docs/runbooks/retraining.md"
    notify(sns, env.topic_arn, f"{env.prefix}: retraining {run.id} failed", text)
    ledger.move(run, ENDED)
    metrics.add_metric(name="RetrainingFailed", unit="Count", value=1)


def _answer(trigger: Trigger, decision: Decision, champion: Champion) -> dict[str, Any]:
    """Say on the champion's package, in a metric and to people what was decided; the same answer to the same trigger only once."""
    barrier = decision.barrier if isinstance(decision, Wait) else ""
    verb = "not retraining" if barrier else "retraining"
    words = f"{verb}: {decision.reason}"
    if ledger.said(f"{trigger.key} {barrier}"):
        metrics.add_metric(name="RetrainingDeferred" if barrier else "RetrainingStarted", unit="Count", value=1)
        world.write_on(champion.arn, clean({"retrain_decision": words}))
        notify(sns, env.topic_arn, f"{env.prefix}: {verb}", words)
    logger.info("decided", decision=words)
    return {"decision": "wait" if barrier else "retrain", "reason": decision.reason}
