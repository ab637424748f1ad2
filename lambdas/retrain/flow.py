"""What retraining does with an event: ask whether to retrain, or take the open run further. No client in here."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from interfaces import events
from interfaces.metadata import clean
from lambdas.retrain import collection
from lambdas.retrain.decision import COMMAND, Decision, Limits, Retrain, Situation, Trigger, Wait, decide, due, of_champion
from lambdas.retrain.ledger import COLLECTING, ENDED, LANDED, TRAINING, Ledger, Run, State

NOTHING = {"decision": "none"}
_ASKING = (events.ALARM_STATE_CHANGE, events.RETRAIN_TICK, events.RETRAIN_COMMAND)


@dataclass(frozen=True)
class Champion:
    """What serves: its package, when it was made, when its stack was last updated, on which dataset version; ``good`` once its
    release has succeeded."""

    arn: str
    made: datetime
    updated: datetime
    version: str
    good: bool = True


class World(Protocol):
    """What retraining reads of AWS, and what it sets going (world.py)."""

    def champion(self) -> Champion | None: ...
    def alarms(self) -> list[Trigger]: ...
    def in_flight(self) -> str: ...
    def labels(self, since: datetime, enough: int) -> int: ...
    def collect(self, run: Run, champion: Champion) -> str: ...
    def is_older(self, version: str, moment: datetime) -> bool: ...
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
        if kind in _ASKING:
            return self._ask(now, None)
        return NOTHING

    # asking

    def _ask(self, now: datetime, command: dict[str, Any] | None) -> dict[str, Any]:
        """Decide on every trigger that has not had its run, a person's, or what alarms, calendar and labels say: the first that may
        retrain does, and if none may, the first says why."""
        champion = self.world.champion()
        if champion is None:
            return {**NOTHING, "reason": "nothing serves yet: there is no model to retrain"}
        triggers = [_commanded(command, champion)] if command else self._standing(champion, now)
        if not triggers:
            return NOTHING
        state = self.ledger.state()
        if command and self.ledger.has_had_its_run(triggers[0]):
            return {"decision": "retrain", "reason": triggers[0].reason}  # delivered twice: it was followed before this
        trigger, decision = self._decided(triggers, state, now)
        if isinstance(decision, Wait):
            self._say("not retraining", decision.reason, champion, f"{trigger.key} {decision.barrier}")
            return {"decision": "wait", "reason": decision.reason}
        run = Run(uuid.uuid4().hex[:12], trigger.kind, decision.reason, COLLECTING, now, trigger.since)
        if not self.ledger.open(trigger, run, state):
            return NOTHING  # delivered twice, or another trigger was quicker
        self._begin(run, champion)
        return {"decision": "retrain", "reason": decision.reason}

    def _decided(self, triggers: list[Trigger], state: State, now: datetime) -> tuple[Trigger, Decision]:
        """One that waits, for labels say, keeps no other from its run."""
        known, waiting = self._situation(state, now), []
        for trigger in triggers:
            labels = self.world.labels(trigger.since, self.limits.minimum_labels)
            decision = decide(trigger, replace(known, labels=labels), self.limits)
            if isinstance(decision, Retrain):
                return trigger, decision
            waiting.append((trigger, decision))
        return waiting[0]

    def _standing(self, champion: Champion, now: datetime) -> list[Trigger]:
        """Triggers that stand and have not had their run."""
        days, rows = self.calendar.every_days, self.calendar.new_rows
        labels = self.world.labels(champion.made, rows) if rows else 0
        calendar = due(now, champion.made, labels, every_days=days, new_rows=rows)
        return [t for t in (*self._alarms(champion, now), *calendar) if not self.ledger.has_had_its_run(t)]

    def _alarms(self, champion: Champion, now: datetime) -> list[Trigger]:
        """Alarms that stand and are about the champion. They are one episode, from the first of them until none stands or another
        model is released."""
        released = self.ledger.released(champion.arn, champion.updated, good=champion.good)
        if released is None:
            return []  # its release is under way, or has failed
        standing = self.world.alarms()
        if not standing:
            self.ledger.recovered()
        own = [t for t in (of_champion(t, released, now, settled=self.settled) for t in standing) if t]
        key = self.ledger.episode(champion.arn) if own else ""
        return [replace(t, key=key) for t in own]

    def _situation(self, state: State, now: datetime) -> Situation:
        """What is known whatever the trigger; labels are counted for each."""
        run = state.open_run(now)
        today, month = state.started(now)
        return Situation(
            now=now,
            last_started=state.run.started if state.run else None,
            started_today=today,
            started_this_month=month,
            in_flight=f"retraining {run.id} ({run.stage})" if run else self.world.in_flight(),
            labels=0,
        )

    def _begin(self, run: Run, champion: Champion) -> None:
        """What an opened run starts with; asked again, it begins once."""
        self.world.collect(run, champion)
        self._say("retraining", run.reason, champion, f"run {run.id}")

    def _say(self, verb: str, reason: str, champion: Champion, what: str) -> None:
        """Say on the champion's package, in a metric and to people what was decided: the same thing once, and rather twice than never."""
        if self.ledger.was_said(what):
            return
        self.count("RetrainingDeferred" if verb.startswith("not") else "RetrainingStarted")
        self.world.write_on(champion.arn, clean({"retrain_decision": f"{verb}: {reason}"}))
        self.tell(verb, f"{verb}: {reason}")
        self.ledger.say(what)

    # following the open run

    def _follow(self, run: Run, kind: str, detail: dict[str, Any]) -> None:
        """Take the open run as far as this event shows it to be; whatever asks for a run makes up for one that was not begun."""
        if run.stage == COLLECTING and kind in _ASKING and (champion := self.world.champion()):
            self._begin(run, champion)
            if kind == events.RETRAIN_TICK:
                self._collected(run, self.world.collected(run))
        elif (
            run.stage == COLLECTING and kind == events.PROCESSING_STATE_CHANGE and collection.run_of(detail["ProcessingJobName"]) == run.id
        ):
            self._collected(run, detail)
        elif kind == events.DATASET_REFUSED and collection.run_of(detail["drop"]) == run.id:
            self._end(run, f"its data was refused: {detail['reason']}")
        elif kind == events.DATASET_CREATED and collection.run_of(detail["drop"]) == run.id:
            self._landed(run, detail["dataset_version"])
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

    def _landed(self, run: Run, version: str) -> None:
        """The same rows are the same version, and a version is trained on once: nothing would follow."""
        if self.world.is_older(version, run.started):
            self._end(run, f"there is nothing new to learn from: its rows are dataset {version}, which was trained on before")
        else:
            self.ledger.move(run, TRAINING, version)

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
