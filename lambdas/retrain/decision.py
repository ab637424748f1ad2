"""Whether to retrain: one decision for every trigger. Pure."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

COMMAND, SCHEDULE = "command", "schedule"
WITHOUT_LABELS = (COMMAND, SCHEDULE)  # where too few rows of production have labels, these retrain on the newest version as it is
NOTHING_FOUND = "with no violations"  # the words of a run's exit message


@dataclass(frozen=True)
class Trigger:
    """A reason to retrain. ``key`` is its business key: the same one never starts two runs; all alarms of an episode have one.

    ``since`` is when what it is about began: rows of production from then on are what a new model learns from.
    """

    kind: str  # drift, quality, schedule, data, command
    key: str
    reason: str
    since: datetime


@dataclass(frozen=True)
class Limits:
    """What holds retraining back. Costs are in the currency of the budget, per run and per calendar month (UTC)."""

    cooldown_hours: float
    minimum_labels: int
    daily_cap: int
    monthly_cap: int
    cost_per_run: float
    monthly_budget: float


@dataclass(frozen=True)
class Situation:
    """What is known at the moment of the decision. ``labels`` counts labelled rows of production from the trigger's ``since`` on."""

    now: datetime
    last_started: datetime | None
    started_today: int
    started_this_month: int
    in_flight: str  # the execution or job that runs, or nothing
    labels: int


@dataclass(frozen=True)
class Retrain:
    reason: str


@dataclass(frozen=True)
class Wait:
    """Not now. The next tick asks again; ``until`` is the earliest moment at which the answer can change.

    ``barrier`` names what stands in the way: in-flight, cooldown, daily-cap, monthly-cap, budget or labels.
    """

    barrier: str
    reason: str
    until: datetime | None = None


Decision = Retrain | Wait


def decide(trigger: Trigger, situation: Situation, limits: Limits) -> Decision:
    """One run in flight, a cooldown, caps and a budget bound retraining; too few labelled rows teach nothing new.

    A person's command skips the cooldown: they have read why it waits. Person and schedule skip the minimum, as they can do without
    rows of production. Nobody skips caps and budget.
    """
    now, person = situation.now, trigger.kind == COMMAND
    if situation.in_flight:
        return Wait("in-flight", f"{trigger.reason}; not now: {situation.in_flight} is in flight")
    cooled = situation.last_started and situation.last_started + timedelta(hours=limits.cooldown_hours)
    if cooled and now < cooled and not person:
        return Wait("cooldown", f"{trigger.reason}; not now: cooldown of {limits.cooldown_hours:g} h until {_shown(cooled)}", cooled)
    if situation.started_today >= limits.daily_cap:
        return Wait("daily-cap", f"{trigger.reason}; not now: {_runs(limits.daily_cap)} a day at most", _tomorrow(now))
    if situation.started_this_month >= limits.monthly_cap:
        return Wait("monthly-cap", f"{trigger.reason}; not now: {_runs(limits.monthly_cap)} a month at most", _next_month(now))
    spent = situation.started_this_month * limits.cost_per_run
    if spent + limits.cost_per_run > limits.monthly_budget:
        money = f"{spent:g} of {limits.monthly_budget:g} are spent this month and a run costs {limits.cost_per_run:g}"
        return Wait("budget", f"{trigger.reason}; not now: {money}", _next_month(now))
    if situation.labels < limits.minimum_labels and trigger.kind not in WITHOUT_LABELS:
        few = f"{situation.labels} labelled rows since {_shown(trigger.since)}, at least {limits.minimum_labels}"
        return Wait("labels", f"{trigger.reason}; not now: {few}")
    return Retrain(trigger.reason)


def due(now: datetime, champion_made: datetime, labels: int, *, every_days: int, new_rows: int) -> list[Trigger]:
    """What the calendar and the labels since the champion was made ask for by themselves; 0 turns a trigger off."""
    found, made = [], f"{champion_made:%Y%m%dT%H%M%S}"
    if every_days and now >= champion_made + timedelta(days=every_days):
        number = (now - champion_made).days // every_days
        found.append(Trigger(SCHEDULE, f"schedule/{made}/{number}", f"the champion is {number * every_days} days old", champion_made))
    if new_rows and labels >= new_rows:
        found.append(Trigger("data", f"data/{made}", f"at least {new_rows} labelled rows since the champion was made", champion_made))
    return found


def of_champion(trigger: Trigger, released: datetime, now: datetime, *, settled: timedelta) -> Trigger | None:
    """An alarm as it concerns the champion, or None while it can still be about its predecessor.

    An alarm that stands since before the champion was released is about it only once every window that it looks at is the
    champion's own, ``settled`` after the release.
    """
    if trigger.since >= released:
        return trigger
    if now < released + settled:
        return None
    return replace(trigger, since=released)


def reason_of(kind: str, summary: str, state_reason: str) -> str:
    """Why an alarm stands: what the monitor's last run found, line by line, or the alarm's own reason where it found nothing."""
    lines = [line for line in summary.splitlines()[1:] if line and NOTHING_FOUND not in line]
    return f"{kind} alarm: {'; '.join(lines) or state_reason or 'no reason given'}"


def episode(moment: datetime, *, window_hours: float, windows: float) -> datetime:
    """When what an alarm tells of at ``moment`` began: ``windows`` windows before the one that the moment lies in."""
    width = window_hours * 3600
    return datetime.fromtimestamp((moment.timestamp() // width - windows) * width, UTC)


def _runs(count: int) -> str:
    return "one run" if count == 1 else f"{count} runs"


def _shown(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def _tomorrow(now: datetime) -> datetime:
    return now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def _next_month(now: datetime) -> datetime:
    return (now.replace(day=1, hour=0, minute=0, second=0, microsecond=0) + timedelta(days=32)).replace(day=1)
