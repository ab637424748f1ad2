"""Retraining from event to event: one run per episode, none in a cooldown, the deferred one after it."""

import itertools
import os
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from interfaces import events
from lambdas.retrain import collection
from lambdas.retrain.decision import Limits, Trigger
from lambdas.retrain.flow import Calendar, Champion, Flow
from lambdas.retrain.ledger import Ledger
from tests.lambdas.retrain.fakes import MemoryTable, MemoryWorld

START = datetime(2026, 3, 1, tzinfo=UTC)
COOLDOWN = timedelta(hours=48)
SETTLED = timedelta(hours=8)
LIMITS = Limits(cooldown_hours=48, minimum_labels=500, daily_cap=9, monthly_cap=99, cost_per_run=0, monthly_budget=1)
TICK: dict[str, Any] = {"detail-type": events.RETRAIN_TICK}
RANG: dict[str, Any] = {"detail-type": events.ALARM_STATE_CHANGE, "detail": {}}
SEEDS = int(os.environ.get("SEEDS", "20"))


def alarm(since: datetime, kind: str = "drift") -> Trigger:
    return Trigger(kind, f"alarm/{kind}/{since:%Y%m%dT%H%M%S}", "income drifted" if kind == "drift" else "auc fell", since)


class Story:
    """A flow on a world in memory, and what people were told."""

    def __init__(self, limits: Limits = LIMITS, calendar: Calendar | None = None) -> None:
        self.world = MemoryWorld(Champion("package/1", START, START, "v1"))
        self.told: list[str] = []
        self.counted: list[str] = []
        tell: Callable[[str, str], None] = lambda subject, text: self.told.append(f"{subject}: {text}")  # noqa: E731
        self.ledger = Ledger(MemoryTable())  # type: ignore[arg-type]
        self.flow = Flow(self.world, self.ledger, limits, calendar or Calendar(), SETTLED, tell, self.counted.append)

    def at(self, moment: datetime, event: dict[str, Any]) -> dict[str, Any]:
        return self.flow.handle(event, moment)

    def finish(self, moment: datetime) -> None:
        """The open run goes all the way: collected, landed, ingested, trained."""
        run = self.world.runs[-1]
        self.at(
            moment,
            _event(events.PROCESSING_STATE_CHANGE, ProcessingJobName=collection.job_name("p", run.id), ProcessingJobStatus="Completed"),
        )
        self.at(moment, _event(events.DATASET_CREATED, drop=collection.drop(run.id), dataset_version="v2"))
        self.at(moment, _event(events.PIPELINE_STATE_CHANGE, pipelineExecutionDisplayName="dataset-v2", pipelineExecutionArn="e/2"))


def _event(kind: str, **detail: Any) -> dict[str, Any]:
    return {"detail-type": kind, "detail": detail}


def test_a_run_is_followed_from_the_alarm_to_its_package() -> None:
    story = Story()
    story.world.ringing = [alarm(START)]
    assert story.at(START, RANG)["decision"] == "retrain"
    story.finish(START + timedelta(hours=1))
    assert story.world.drops == [story.world.runs[0].id]
    package, metadata = story.world.notes[-1]
    assert (package, metadata["retrain_reason"], metadata["retrain_trigger"]) == ("package/2", "income drifted", "drift")
    assert story.counted == ["RetrainingStarted", "Retrained"]
    assert story.ledger.state().open_run(START + timedelta(hours=2)) is None


def test_an_alarm_that_tells_of_the_predecessor_starts_nothing_until_it_is_the_champions_own() -> None:
    story = Story()
    story.world.ringing = [alarm(START)]
    released = START + timedelta(hours=5)
    story.world.made = Champion("package/2", released, released, "v2")
    assert story.at(released + timedelta(hours=7), TICK) == {"decision": "none"}
    assert story.at(released + SETTLED, TICK)["decision"] == "retrain"
    assert story.world.runs[0].since == released
    story.finish(released + SETTLED)
    assert story.at(released + SETTLED + COOLDOWN, TICK) == {"decision": "none"}  # it has had its run


def test_one_episode_has_one_run_whatever_rings_in_it() -> None:
    """Drift retrains, its candidate is refused, and quality rings days later: until nothing rings, that is the same episode."""
    story = Story()
    story.world.ringing = [alarm(START)]
    assert story.at(START, RANG)["decision"] == "retrain"
    story.finish(START + timedelta(hours=1))
    later = START + COOLDOWN + timedelta(days=2)
    story.world.ringing = [alarm(START), alarm(later, "quality")]
    assert story.at(later, RANG) == {"decision": "none"}
    story.world.ringing = [alarm(later, "quality")]
    assert story.at(later + timedelta(hours=1), TICK) == {"decision": "none"}
    story.world.ringing = []
    assert story.at(later + timedelta(hours=2), RANG) == {"decision": "none"}  # that it recovered is told as well
    story.world.ringing = [alarm(later + timedelta(hours=3), "quality")]
    assert story.at(later + timedelta(hours=3), RANG)["decision"] == "retrain"
    assert [run.kind for run in story.world.runs] == ["drift", "quality"]


def test_an_update_of_the_stack_and_a_release_that_fails_begin_no_episode() -> None:
    story = Story()
    story.world.ringing = [alarm(START + timedelta(hours=1))]
    assert story.at(START + timedelta(hours=1), RANG)["decision"] == "retrain"
    story.finish(START + timedelta(hours=2))
    other = START + timedelta(hours=60)
    for package, good in (("package/1", True), ("package/2", False), ("package/1", True)):
        story.world.made = Champion(package, START, other, "v1", good)
        assert story.at(other + SETTLED, TICK) == {"decision": "none"}
    story.world.made = Champion("package/2", START, other, "v2")
    assert story.at(other + SETTLED - timedelta(hours=1), TICK) == {"decision": "none"}
    assert story.at(other + SETTLED, TICK)["decision"] == "retrain"


def test_a_trigger_that_waits_for_labels_keeps_no_other_from_its_run() -> None:
    story = Story(calendar=Calendar(every_days=30, new_rows=2000))
    story.world.labelled, story.world.labelled_at = 5000, START + timedelta(days=1)
    story.world.ringing = [alarm(START + timedelta(days=2))]  # none since then
    answer = story.at(START + timedelta(days=3), TICK)
    assert answer["decision"] == "retrain" and "2000 labelled rows" in answer["reason"]
    story.finish(START + timedelta(days=3, hours=1))
    assert "0 labelled rows since 2026-03-03" in story.at(START + timedelta(days=6), TICK)["reason"]
    assert "30 days old" in story.at(START + timedelta(days=31), TICK)["reason"]
    assert [run.kind for run in story.world.runs] == ["data", "schedule"]


def test_labels_count_from_where_the_episode_began() -> None:
    story = Story()
    story.world.labelled_at = START + timedelta(hours=5)
    story.world.ringing = [alarm(START + timedelta(hours=4))]
    assert story.at(START + timedelta(hours=9), RANG)["decision"] == "retrain"


def test_schedule_and_command_do_without_labels() -> None:
    story = Story(calendar=Calendar(every_days=30))
    story.world.labelled = 0
    assert story.at(START + timedelta(days=30), TICK)["decision"] == "retrain"
    story.finish(START + timedelta(days=30, hours=1))
    asked = _event(events.RETRAIN_COMMAND, id="1", by="ann", reason="new data landed")
    assert story.at(START + timedelta(days=31), asked)["decision"] == "retrain"


def test_rows_that_were_trained_on_before_end_the_run_with_its_reason() -> None:
    """The same rows are the same version, whose execution has ended long ago: the run would wait for it."""
    story = Story()
    story.world.ringing, story.world.older = [alarm(START)], {"v2"}
    story.at(START, RANG)
    story.finish(START + timedelta(hours=1))
    assert "nothing new to learn from" in story.told[-1] and "dataset v2" in story.told[-1]
    assert story.ledger.state().open_run(START + timedelta(hours=1)) is None


def test_before_the_first_release_nobody_is_told_anything() -> None:
    story = Story()
    story.world.made = None
    assert story.at(START, TICK)["decision"] == "none" and story.told == []


def test_a_run_in_flight_holds_others_back_and_a_lost_start_is_made_up_for_by_the_tick() -> None:
    story = Story(calendar=Calendar(new_rows=100))
    story.world.ringing = [alarm(START)]
    story.at(START, RANG)
    story.world.runs.clear()  # as if the process had died between deciding and starting
    answer = story.at(START + timedelta(hours=1), TICK)
    assert len(story.world.runs) == 1
    assert answer["decision"] == "wait" and "is in flight" in answer["reason"]


def test_a_lost_completion_is_made_up_for_by_the_tick() -> None:
    story = Story()
    story.world.ringing = [alarm(START)]
    story.at(START, RANG)
    story.world.job = "Completed"
    story.at(START + timedelta(hours=1), TICK)
    assert story.world.drops == [story.world.runs[0].id]


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (lambda run: _event(events.PROCESSING_STATE_CHANGE, ProcessingJobName=f"p-retrain-{run}", ProcessingJobStatus="Failed"), "failed"),
        (lambda run: _event(events.DATASET_REFUSED, drop=f"retrain-{run}", reason="too many bad rows"), "too many bad rows"),
    ],
)
def test_a_run_that_brings_no_model_is_told_with_its_reason_and_closed(event: Callable[[str], dict[str, Any]], words: str) -> None:
    story = Story()
    story.world.ringing = [alarm(START)]
    story.at(START, RANG)
    story.at(START + timedelta(hours=1), event(story.world.runs[0].id))
    assert words in story.told[-1] and "docs/runbooks/retraining.md" in story.told[-1]
    assert story.ledger.state().open_run(START + timedelta(hours=1)) is None
    assert story.counted[-1] == "RetrainingFailed"


def test_a_pipeline_that_registers_nothing_is_told() -> None:
    story = Story()
    story.world.ringing, story.world.package = [alarm(START)], ""
    story.at(START, RANG)
    story.finish(START + timedelta(hours=1))
    assert "the pipeline registered no model" in story.told[-1]


def test_the_calendar_retrains_without_an_alarm() -> None:
    story = Story(calendar=Calendar(every_days=30))
    assert story.at(START + timedelta(days=29), TICK) == {"decision": "none"}
    assert story.at(START + timedelta(days=30), TICK)["decision"] == "retrain"


@pytest.mark.parametrize("seed", range(SEEDS))
def test_thirty_days_of_alarms(seed: int) -> None:
    """Alarms of two kinds that come and go at random, and updates of the stack that mean nothing: one run per episode, from the first
    alarm until none stands, none in a cooldown, and the deferred one at the tick after it."""
    rng, story = random.Random(seed), Story()
    standing: dict[str, datetime] = {}
    episode = 0
    done_at: datetime | None = None
    started: list[tuple[datetime, int]] = []
    for hour in range(30 * 24):
        now = START + timedelta(hours=hour)
        if done_at and now >= done_at:
            story.finish(now)
            done_at = None
        if rng.random() < 0.02:
            story.world.made = Champion("package/1", START, now, "v1")
        rang: list[dict[str, Any]] = []
        stood = bool(standing)
        for kind in ("drift", "quality"):
            if rng.random() < (0.02 if kind in standing else 0.03) and standing.pop(kind, None) is None:
                standing[kind] = now
                rang += [RANG] * rng.choice((1, 2))
        episode += bool(standing) and not stood
        story.world.ringing = [alarm(at, kind) for kind, at in standing.items()]
        for event in (*rang, TICK):
            before = len(story.world.runs)
            story.at(now, event)
            if len(story.world.runs) > before:
                started.append((now, episode))
                done_at = now + timedelta(hours=rng.choice((1, 3)))
        if standing and not any(number == episode for _, number in started):
            last = max((at for at, _ in started), default=None)
            assert last is not None and now < last + COOLDOWN, "an alarm stands, no cooldown does, and nothing was started"
    numbers = [number for _, number in started]
    assert len(numbers) == len(set(numbers)) > 0
    assert all(later - earlier >= COOLDOWN for (earlier, _), (later, _) in itertools.pairwise(started))
