"""``loop runs`` as text. Pure."""

from typing import Any

from cli.times import shown


def runs(found: dict[str, Any]) -> str:
    """A line per execution and ingest run, newest first."""
    lines = [f"pipeline {found['pipeline']}"]
    lines += [_line(e["id"], e["status"], e["seconds"], e["started"], _why(e)) for e in found["executions"]] or ["  has not run"]
    lines += ["", "ingest"]
    lines += [_line(r["id"], r["status"], r["seconds"], r["started"], r["reason"] or r["drop"]) for r in found["ingest"]] or [
        "  has not run"
    ]
    if found["executions"]:
        lines += ["", f"steps of one: loop runs {found['executions'][0]['id']} --environment {found['environment']}"]
    return "\n".join(lines)


def steps(execution: dict[str, Any]) -> str:
    """The steps of one execution, in the order in which they started."""
    head = f"{execution['id']}  {execution['status']}  {_took(execution['seconds'])}  dataset {execution['dataset'] or '-'}"
    lines = [head, *([f"  {execution['reason']}"] if execution["reason"] else [])]
    for step in execution["steps"]:
        notes = ["cached"] if step["cached"] else []
        notes += [f"{step['attempts']} attempts"] if step["attempts"] > 1 else []
        notes += [step["reason"]] if step["reason"] else []
        lines.append(f"  {step['name']:<20} {step['status']:<12} {_took(step['seconds']):>10}  {'; '.join(notes)}".rstrip())
    return "\n".join(lines)


def _line(id: str, status: str, seconds: float | None, started: str, note: str) -> str:
    return f"  {id[:20]:<20} {status:<12} {_took(seconds):>10}  {shown(started)}  {note}".rstrip()


def _why(execution: dict[str, Any]) -> str:
    """What is worth saying of an execution in one line: the failed steps with their reasons, else the dataset."""
    failed = [f"{s['name']}: {s['reason'] or 'no reason given'}" for s in execution["steps"] if s["status"] == "Failed"]
    return "; ".join(failed) or execution["reason"] or f"dataset {execution['dataset'] or '-'}"


def _took(seconds: float | None) -> str:
    if seconds is None:
        return "running"
    if seconds < 100:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"
