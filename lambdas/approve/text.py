"""What people are told about a package: subject and text, with the evidence and the commands that decide."""

from collections.abc import Mapping
from datetime import timedelta

from interfaces.evidence import REJECTED
from lambdas.approve.decision import Verdict

Message = tuple[str, str]


def verdict(deployment: str, arn: str, found: Verdict, evidence: str) -> Message:
    """The gate did not approve: every check, and how to decide."""
    what = "was rejected by the gate" if found.verdict == REJECTED else "waits for a decision"
    lines = [f"{arn} {what}.", "", *(f"  {check.line()}" for check in found.checks), "", f"Evidence: {evidence}"]
    return f"{deployment}: a model {what}", "\n".join([*lines, *_commands(deployment, arn)])


def reminder(deployment: str, arn: str, metadata: Mapping[str, str], waited: timedelta) -> Message:
    hours = int(waited.total_seconds() // 3600)
    lines = [
        f"{arn} has waited for {hours} hours. {metadata.get('verdict_reason', '')}",
        f"Evidence: {metadata.get('evidence_uri', 'none')}",
    ]
    return f"{deployment}: a model still waits for a decision", "\n".join([*lines, *_commands(deployment, arn)])


def expired(deployment: str, arn: str, reason: str) -> Message:
    return f"{deployment}: a model expired", "\n".join([f"{arn}: {reason}", *_commands(deployment, arn)[:1]])


def _commands(deployment: str, arn: str) -> list[str]:
    version = arn.rsplit("/", 1)[-1]
    lines = [f'Decide with: loop {verb} {version} --environment {deployment} --reason "…"' for verb in ("approve", "reject")]
    return [*lines, "Runbook: docs/runbooks/model-waits.md"]
