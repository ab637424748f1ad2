"""What ``loop runs`` prints."""

from typing import Any

import pytest

from cli.inspect import render

STEP = {
    "name": "Train",
    "status": "Succeeded",
    "started": "2026-01-01T10:00:00+00:00",
    "seconds": 12.34,
    "reason": "",
    "attempts": 1,
    "cached": False,
}


def execution(**changes: Any) -> dict[str, Any]:
    base = {"id": "abc", "status": "Succeeded", "started": "2026-01-01T10:00:00+00:00", "seconds": 75.0, "reason": "", "dataset": "v1"}
    return {**base, "steps": [STEP], **changes}


def found(*executions: dict[str, Any], ingest: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return {"environment": "loans-dev", "pipeline": "loans-dev-training", "executions": list(executions), "ingest": ingest or []}


def test_nothing_has_run() -> None:
    assert render.runs(found()).count("has not run") == 2


def test_a_failed_run_says_which_step_and_why() -> None:
    failed = execution(
        status="Failed", reason="Step failure", steps=[STEP, {**STEP, "name": "Gate", "status": "Failed", "reason": "auc 0.5 < 0.7"}]
    )
    assert "2026-01-01 10:00:00 UTC  Gate: auc 0.5 < 0.7" in render.runs(found(failed))
    assert "Step failure" not in render.runs(found(failed))
    assert "Step failure" in render.steps(failed)


def test_an_ingest_run_says_its_drop_or_its_error() -> None:
    run = {"id": "jr_1", "drop": "monday", "status": "SUCCEEDED", "started": "2026-01-01T10:00:00+00:00", "seconds": 5.0, "reason": ""}
    assert "monday" in render.runs(found(ingest=[run]))
    assert "out of memory" in render.runs(found(ingest=[{**run, "status": "FAILED", "reason": "out of memory"}]))


@pytest.mark.parametrize(("seconds", "text"), [(None, "running"), (3.21, "3.2 s"), (125.0, "2 min 05 s"), (7260.0, "2 h 01 min")])
def test_durations_are_readable(seconds: float | None, text: str) -> None:
    assert text in render.steps(execution(seconds=seconds))


def test_notes_of_a_step() -> None:
    text = render.steps(execution(steps=[{**STEP, "cached": True, "attempts": 3}]))
    assert "cached; 3 attempts" in text
