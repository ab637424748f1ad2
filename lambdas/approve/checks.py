"""The gate's checks: what the evaluation found against what the policy asks. Pure.

What is absent from the report, or is no number, is UNKNOWN: never a pass.
"""

import math
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from interfaces.evidence import FAILED, NOT_APPLICABLE, PASSED, UNKNOWN, WAITING, Check
from interfaces.policy import Policy
from interfaces.reports import METRICS, metric_value, passes
from lambdas.shared.champion import Champion

Report = Mapping[str, Any]
AHEAD_DAYS = 1.0  # how far ahead of the gate's clock a time may be: local times that were taken for UTC, clocks that differ


def checks(policy: Policy, report: Report, problem_type: str, now: datetime, serving: Champion | None) -> Iterator[Check]:
    """Every check that the policy asks for, in its order."""
    ours = report.get("mlops_loop", {})
    yield from _thresholds(policy, report, problem_type)
    yield from _champion(policy, ours, serving)
    yield from _bias(policy, ours)
    yield from _slices(policy, ours, problem_type)
    yield from _behaviour(policy, ours)
    yield from _artefact(policy, ours)
    yield from _data(policy, ours, now)
    if policy.reviewers.required:
        yield Check("reviewers", 0, f"{policy.reviewers.required} decision of a person", WAITING)


def _thresholds(policy: Policy, report: Report, problem_type: str) -> Iterator[Check]:
    for metric, threshold in policy.thresholds.items():
        word = "at least" if METRICS[problem_type][metric].greater_is_better else "at most"
        value = metric_value(dict(report), problem_type, metric)
        yield _check(f"threshold.{metric}", value, f"{word} {threshold:g}", lambda v, m=metric, t=threshold: passes(problem_type, m, v, t))


def _champion(policy: Policy, ours: Report, serving: Champion | None) -> Iterator[Check]:
    asked, found = policy.champion, ours.get("champion", {})
    if asked.rule == "off":
        return
    name, margin = f"champion.{asked.metric}", asked.margin
    # which bound of the difference decides, and what it must exceed
    bound, least = {"better": ("lower", margin), "non-inferior": ("lower", 0.0 - margin), "not-worse": ("upper", 0.0 - margin)}[asked.rule]
    limit = f"{asked.rule}: {bound} bound of the difference at least {least:g}"
    if found.get("status") == "none" and serving is None:
        yield Check(name, None, limit, NOT_APPLICABLE, "nothing serves yet")
        return
    if why := _beside_another(found, serving):
        yield Check(name, None, limit, UNKNOWN, why)
        return
    if found.get("status") != "compared":
        yield Check(name, None, limit, UNKNOWN, found.get("reason", "the evaluation has no comparison with what serves"))
        return
    if (found.get("metric"), found.get("significance")) != (asked.metric, asked.significance):
        yield Check(name, None, limit, UNKNOWN, f"compared by {found.get('metric')} at {found.get('significance')}")
        return
    values = {k: _number(found.get(k)) for k in ("difference", "champion", "challenger", "p_value")}
    shown = ", ".join(f"{k} {v:.4g}" for k, v in values.items() if v is not None)
    detail = f"{shown}, {found.get('test')} on {found.get('rows')} rows"
    yield _check(name, _number(found.get(bound)), limit, lambda v: v > least if asked.rule == "better" else v >= least, detail)


def _beside_another(found: Report, serving: Champion | None) -> str:
    """Why a comparison is not one with what serves now; empty if it is, or if none was made."""
    if serving is None:
        return ""
    if not serving.artefact:
        return f"what serves cannot be told: {serving.package} was deleted"
    if found.get("status") == "none":
        return f"the evaluation was told of nothing to compare with, and {serving.package} serves"
    if found.get("status") == "compared" and found.get("artefact") != serving.artefact:
        return f"compared with {found.get('artefact') or 'an unnamed artefact'}, and {serving.package} serves: {serving.artefact}"
    return ""


def _bias(policy: Policy, ours: Report) -> Iterator[Check]:
    """Every column that is asked for, and every group of it that is large enough, must have been measured."""
    columns, least = policy.bias.columns or tuple(dict.fromkeys(g["column"] for g in ours.get("bias", []))), policy.bias.minimum_rows
    groups = [g for g in ours.get("bias", []) if g["rows"] >= least and g["column"] in columns]
    absent = [column for column in columns if column not in {g["column"] for g in groups}]
    for measure, limit in policy.bias.limits.items():
        ratio = measure == "DI"
        numbers = [(value, group) for group in groups if (value := _number(group.get(measure))) is not None]
        words = f"between {limit:g} and {1 / limit:g}" if ratio and limit else f"at most {limit:g} either way"
        unmeasured = [f"{g['column']} {g['value']}, {g['rows']} rows" for g in groups if _number(g.get(measure)) is None]
        distance = (lambda v: -min(v, 1 / v) if v > 0 else 0.0) if ratio else abs
        nothing: tuple[float | None, dict[str, Any]] = (None, {})
        worst, group = max(numbers, key=lambda pair: distance(pair[0])) if numbers else nothing
        if worst is not None and not (-distance(worst) >= limit if ratio else abs(worst) <= limit):
            yield Check(f"bias.{measure}", worst, words, FAILED, f"{group['column']} {group['value']}, {group['rows']} rows")
        elif absent or not groups:
            of = f" of {', '.join(absent)}" if absent else ""
            yield Check(f"bias.{measure}", None, words, UNKNOWN, f"no group{of} has {least} rows")
        elif unmeasured:
            yield Check(f"bias.{measure}", None, words, UNKNOWN, f"not defined on {unmeasured[0]}")
        else:
            yield Check(f"bias.{measure}", worst, words, PASSED, f"{group['column']} {group['value']}, {group['rows']} rows")


def _slices(policy: Policy, ours: Report, problem_type: str) -> Iterator[Check]:
    asked = policy.slices
    if asked.floor is None:
        return
    better = METRICS[problem_type][asked.metric].greater_is_better
    name, limit = f"slices.{asked.metric}", f"every slice {'at least' if better else 'at most'} {asked.floor:g}"
    slices = [s for s in ours.get("slices", []) if s["rows"] >= asked.minimum_rows]
    values = [(_number(s.get("metrics", {}).get(asked.metric)), s) for s in slices]
    if not slices:
        yield Check(name, None, limit, UNKNOWN, f"no slice of {asked.minimum_rows} rows was measured")
        return
    for value, part in values:
        if value is None:
            yield Check(name, None, limit, UNKNOWN, f"not defined on {part['column']} {part['value']}, {part['rows']} rows")
            return
    known = [(value, part) for value, part in values if value is not None]
    worst, part = (min if better else max)(known, key=lambda pair: pair[0])
    yield _check(
        name,
        worst,
        limit,
        lambda v: passes(problem_type, asked.metric, v, float(asked.floor or 0)),
        f"worst: {part['column']} {part['value']}, {part['rows']} rows",
    )


def _behaviour(policy: Policy, ours: Report) -> Iterator[Check]:
    results = {(r["kind"], r["name"]): r for r in ours.get("behaviour", [])}
    for kind, tests in policy.behaviour.items():
        for test in tests:
            found = results.get((kind, test["name"]))
            name = f"behaviour.{test['name']}"
            if found is None:
                yield Check(name, None, kind, UNKNOWN, "the evaluation did not run this test")
            elif kind == "functionality":
                yield Check(name, found["number"], found["limit"], PASSED if found["passed"] is True else FAILED, kind)
            else:
                share = f"at least {test['min_share']:g} of the rows"
                yield _check(name, _number(found["number"]), share, lambda v, t=test: v >= t["min_share"], f"{kind}, {found['rows']} rows")


def _artefact(policy: Policy, ours: Report) -> Iterator[Check]:
    found, asked = ours.get("artefact", {}), policy.artefact
    size = _number(found.get("size_bytes"))
    measured = (
        ("size_mb", None if size is None else size / 1e6, asked.max_size_mb),
        ("row_ms", _number(found.get("row_ms")), asked.max_row_ms),
        ("batch_ms", _number(found.get("batch_ms")), asked.max_batch_ms),
    )
    for name, value, limit in measured:
        if limit is not None:
            yield _check(f"artefact.{name}", value, f"at most {limit:g}", lambda v, top=limit: v <= top)


def _data(policy: Policy, ours: Report, now: datetime) -> Iterator[Check]:
    limit = policy.data.max_age_days
    if limit is None:
        return
    found = ours.get("data", {})
    stamp = found.get("newest_event_at") or found.get("created_at")
    try:
        age: float | None = (now - datetime.fromisoformat(str(stamp))).total_seconds() / 86400
    except (ValueError, TypeError):  # no time, or one without a zone
        age = None
    if age is not None and age < -AHEAD_DAYS:
        yield Check("data.age_days", age, f"at most {limit:g}", UNKNOWN, f"newest data: {stamp}, which is still to come")
        return
    yield _check("data.age_days", age, f"at most {limit:g}", lambda v: v <= limit, f"newest data: {stamp}")


def _check(name: str, number: float | None, limit: str, holds: Any, detail: str = "") -> Check:
    if number is None:
        return Check(name, None, limit, UNKNOWN, detail or "the evaluation has no such number")
    return Check(name, number, limit, PASSED if holds(number) else FAILED, detail)


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)
