"""When a trigger retrains, and what it is told when it does not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lambdas.retrain.decision import Limits, Retrain, Situation, Trigger, Wait, decide, due, episode, reason_of

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
DRIFT = Trigger("drift", "alarm/x/1", "income drifted", NOW - timedelta(days=2))
LIMITS = Limits(cooldown_hours=24, minimum_labels=500, daily_cap=1, monthly_cap=4, cost_per_run=2.0, monthly_budget=8.0)
QUIET = Situation(NOW, None, 0, 0, "", 500)
PERSON = replace(DRIFT, kind="command", reason="asked by ann")


def test_with_nothing_in_the_way_it_retrains_and_says_why() -> None:
    assert decide(DRIFT, QUIET, LIMITS) == Retrain("income drifted")


@pytest.mark.parametrize(
    ("change", "words", "until"),
    [
        ({"in_flight": "execution abc"}, "execution abc is in flight", None),
        (
            {"last_started": NOW - timedelta(hours=23)},
            "cooldown of 24 h until 2026-03-31 13:00 UTC",
            NOW + timedelta(hours=1),
        ),
        ({"started_today": 1}, "one run a day at most", datetime(2026, 4, 1, tzinfo=UTC)),
        ({"started_this_month": 4}, "4 runs a month at most", datetime(2026, 4, 1, tzinfo=UTC)),
        ({"labels": 499}, "499 labelled rows since 2026-03-29 12:00 UTC, at least 500", None),
    ],
)
def test_what_holds_it_back_is_named(change: dict[str, object], words: str, until: datetime | None) -> None:
    answer = decide(DRIFT, replace(QUIET, **change), LIMITS)  # type: ignore[arg-type]
    assert isinstance(answer, Wait)
    assert answer.reason.startswith("income drifted; not now: ") and words in answer.reason
    assert answer.until == until


def test_the_cooldown_ends_at_its_hour() -> None:
    assert isinstance(decide(DRIFT, replace(QUIET, last_started=NOW - timedelta(hours=24)), LIMITS), Retrain)


def test_the_budget_counts_the_run_that_is_asked_for() -> None:
    tight = replace(LIMITS, monthly_cap=99, monthly_budget=5.0)
    assert isinstance(decide(DRIFT, replace(QUIET, started_this_month=1), tight), Retrain)
    answer = decide(DRIFT, replace(QUIET, started_this_month=2), tight)
    assert isinstance(answer, Wait) and "4 of 5 are spent this month and a run costs 2" in answer.reason
    assert answer.until == datetime(2026, 4, 1, tzinfo=UTC)


def test_a_person_skips_cooldown_and_minimum_but_no_cap() -> None:
    hurried = replace(QUIET, last_started=NOW - timedelta(minutes=1), labels=0)
    assert decide(PERSON, hurried, LIMITS) == Retrain("asked by ann")
    assert isinstance(decide(PERSON, replace(hurried, started_today=1), LIMITS), Wait)
    assert isinstance(decide(PERSON, replace(hurried, in_flight="job x"), LIMITS), Wait)


def test_a_schedule_does_without_labels_and_waits_for_everything_else() -> None:
    by_calendar = replace(DRIFT, kind="schedule")
    assert isinstance(decide(by_calendar, replace(QUIET, labels=0), LIMITS), Retrain)
    assert isinstance(decide(by_calendar, replace(QUIET, labels=0, last_started=NOW - timedelta(minutes=1)), LIMITS), Wait)


def test_the_calendar_asks_once_per_period() -> None:
    made = NOW - timedelta(days=31)
    (first,) = due(NOW, made, 0, every_days=30, new_rows=0)
    (later,) = due(NOW + timedelta(days=1), made, 0, every_days=30, new_rows=0)
    (second,) = due(made + timedelta(days=60), made, 0, every_days=30, new_rows=0)
    assert first.key == later.key != second.key
    assert (first.kind, first.reason, first.since) == ("schedule", "the champion is 30 days old", made)
    assert due(NOW, NOW - timedelta(days=29), 0, every_days=30, new_rows=0) == []


def test_enough_new_rows_ask_once_per_champion() -> None:
    (found,) = due(NOW, NOW, 500, every_days=0, new_rows=500)
    assert (found.kind, found.key) == ("data", "data/20260331T120000")
    assert due(NOW, NOW, 499, every_days=0, new_rows=500) == []


def test_an_episode_began_as_many_windows_ago_as_the_alarm_needs() -> None:
    raised = datetime(2026, 3, 31, 0, 12, tzinfo=UTC)
    assert episode(raised, window_hours=24, windows=2) == datetime(2026, 3, 29, tzinfo=UTC)
    assert episode(raised, window_hours=1, windows=2) == datetime(2026, 3, 30, 22, tzinfo=UTC)


def test_the_reason_is_what_the_monitor_found_or_else_the_alarms() -> None:
    found = "1200 rows from a to b\nincome: distance 0.329, allowed 0.1 (Robust)\ndebt: distance 0.2, allowed 0.1 (Robust)"
    assert reason_of("drift", found, "x") == (
        "drift alarm: income: distance 0.329, allowed 0.1 (Robust); debt: distance 0.2, allowed 0.1 (Robust)"
    )
    assert reason_of("drift", "9 rows\nJob completed successfully with no violations.", "by hand") == "drift alarm: by hand"
    assert reason_of("quality", "", "") == "quality alarm: no reason given"
