"""What retraining does with an event: ask whether to retrain, or take the open run further. No client in here."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from interfaces import events
from interfaces.metadata import clean
from lambdas.retrain import collection
from lambdas.retrain.decision import COMMAND, Decision, Limits, Retrain, Situation, Trigger, Wait, decide, due, of_champion
from lambdas.retrain.ledger import COLLECTING, ENDED, LANDED, TRAINING, Ledger, Run, State

NOTHING = {"decision": "none"}


@dataclass(frozen=True)
class Champion:
    """What serves: its package, when it was made and released, and on which dataset version."""

    arn: str
    made: datetime
    released: datetime
    version: str


class World(Protocol):
    """What retraining reads of AWS, and what it sets going (world.py)."""

    def champion(self) -> Champion | None: ...
    def alarms(self) -> list[Trigger]: ...
    def in_flight(self) -> str: ...
    def labels(self, since: datetime, enough: int) -> int: ...
    def collect(self, run: Run, champion: Champion) -> str: ...
    def collected(self, run: Run) -> dict[str, Any]: ...
    def finish_drop(self, run_id: str) -> None: ...
    def package_of(self, execution: str) -> str: ...
    def write_on(self, package: str, metadata: dict[str, str]) -> None: ...


@dataclass(frozen=True)
class Calendar:
    """Retraining by itself: every so many days, or at so many new labels; 0 turns it off."""

    every_days: int = 0
    new_rows: int = 0


@dataclass(frozen=True)
class Flow:
    """``settled`` is how long after a release alarms are about the new model alone; ``tell`` gets a subject and a text for
    people, ``count`` the name of a metric."""

    world: World
    ledger: Ledger
    limits: Limits
    calendar: Calendar
    settled: timedelta
    tell: Callable[[str, str], None]
    count: Callable[[str], None]

    def handle(self, event: dict[str, Any], now: datetime) -> dict[str, Any]:
        """One event; the decision, if one was asked for."""
        kind, detail = event.get("detail-type", ""), event.get("detail", {})
        run = self.ledger.state().open_run(now)
        if run:
            self._follow(run, kind, detail)
        if kind == events.RETRAIN_COMMAND:
            return self._ask(now, detail)
        if kind in (events.ALARM_STATE_CHANGE, events.RETRAIN_TICK):
            return self._ask(now, None)
        return NOTHING

    # asking

    def _ask(self, now: datetime, command: dict[str, Any] | None) -> dict[str, Any]:
        """Decide on the first trigger that has not had its run: a person's, or what alarms, calendar and labels say."""
        champion = self.world.champion()
        if champion is None:
            return {**NOTHING, "reason": "nothing serves yet: there is no model to retrain"}
        triggers = [_commanded(command, champion)] if command else self._standing(champion, now)
        if not triggers:
            return NOTHING
        trigger, state = triggers[0], self.ledger.state()
        decision = decide(trigger, self._situation(trigger, state, now), self.limits)
        if isinstance(decision, Retrain):
            run = Run(uuid.uuid4().hex[:12], trigger.kind, decision.reason, COLLECTING, now, trigger.since)
            if not self.ledger.open(trigger, run, state):
                return NOTHING  # delivered twice, or another trigger was quicker
            self.world.collect(run, champion)
        return self._answer(trigger, decision, champion)

    def _standing(self, champion: Champion, now: datetime) -> list[Trigger]:
        """Triggers that stand and have not had their run."""
        days, rows = self.calendar.every_days, self.calendar.new_rows
        labels = self.world.labels(champion.made, rows) if rows else 0
        calendar = due(now, champion.made, labels, every_days=days, new_rows=rows)
        alarms = [of_champion(t, champion.released, now, settled=self.settled) for t in self.world.alarms()]
        return [t for t in (*alarms, *calendar) if t and not self.ledger.has_had_its_run(t)]

    def _situation(self, trigger: Trigger, state: State, now: datetime) -> Situation:
        run = state.open_run(now)
        today, month = state.started(now)
        return Situation(
            now=now,
            last_started=state.run.started if state.run else None,
            started_today=today,
            started_this_month=month,
            in_flight=f"retraining {run.id} ({run.stage})" if run else self.world.in_flight(),
            labels=self.world.labels(trigger.since, self.limits.minimum_labels),
        )

    def _answer(self, trigger: Trigger, decision: Decision, champion: Champion) -> dict[str, Any]:
        """Say on the champion's package, in a metric and to people what was decided; the same answer to the same trigger only once."""
        barrier = decision.barrier if isinstance(decision, Wait) else ""
        verb = "not retraining" if barrier else "retraining"
        if self.ledger.said(f"{trigger.key} {barrier}"):
            self.count("RetrainingDeferred" if barrier else "RetrainingStarted")
            self.world.write_on(champion.arn, clean({"retrain_decision": f"{verb}: {decision.reason}"}))
            self.tell(verb, f"{verb}: {decision.reason}")
        return {"decision": "wait" if barrier else "retrain", "reason": decision.reason}

    # following the open run

    def _follow(self, run: Run, kind: str, detail: dict[str, Any]) -> None:
        """Take the open run as far as this event shows it to be; a tick makes up for events that were lost."""
        if run.stage == COLLECTING and kind == events.RETRAIN_TICK and (champion := self.world.champion()):
            self.world.collect(run, champion)
            self._collected(run, self.world.collected(run))
        elif (
            run.stage == COLLECTING and kind == events.PROCESSING_STATE_CHANGE and collection.run_of(detail["ProcessingJobName"]) == run.id
        ):
            self._collected(run, detail)
        elif kind == events.DATASET_REFUSED and collection.run_of(detail["drop"]) == run.id:
            self._end(run, f"its data was refused: {detail['reason']}")
        elif kind == events.DATASET_CREATED and collection.run_of(detail["drop"]) == run.id:
            self.ledger.move(run, TRAINING, detail["dataset_version"])
        elif kind == events.PIPELINE_STATE_CHANGE and run.version and detail["pipelineExecutionDisplayName"] == f"dataset-{run.version}":
            self._trained(run, detail["pipelineExecutionArn"])

    def _collected(self, run: Run, job: dict[str, Any]) -> None:
        """The job that collects has this description: land its drop once it is complete."""
        status = job["ProcessingJobStatus"]
        if status == "Completed":
            self.world.finish_drop(run.id)
            self.ledger.move(run, LANDED)
        elif status in ("Failed", "Stopped"):
            self._end(run, f"collecting its data {status.lower()}: {job.get('FailureReason', 'no reason given')}")

    def _trained(self, run: Run, execution: str) -> None:
        package = self.world.package_of(execution)
        if not package:
            self._end(run, f"the pipeline registered no model; see: loop runs ({execution})")
            return
        self.world.write_on(package, clean({"retrain_reason": run.reason, "retrain_trigger": run.kind, "retrain_run": run.id}))
        self.ledger.move(run, ENDED)
        self.count("Retrained")

    def _end(self, run: Run, why: str) -> None:
        """A run that brings no model is told to people before it is closed."""
        text = f"Retraining {run.id} brought no model: {why}\nIt was started because: {run.reason}\nRunbook: docs/runbooks/retraining.md"
        self.tell(f"retraining {run.id} failed", text)
        self.ledger.move(run, ENDED)
        self.count("RetrainingFailed")


def _commanded(command: dict[str, Any], champion: Champion) -> Trigger:
    return Trigger(COMMAND, f"command/{command['id']}", f"asked for by {command['by']}: {command['reason']}", champion.made)
