"""Approve, reject, or leave for a person. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from interfaces.evidence import APPROVED, FAILED, NEEDS_A_PERSON, REJECTED, UNKNOWN, WAITING, Check
from interfaces.metadata import clean
from interfaces.policy import Policy
from interfaces.reports import METRICS, metric_value
from lambdas.approve.checks import checks
from lambdas.shared.champion import Champion

DESCRIPTION_LIMIT = 1024
STATUS = {APPROVED: "Approved", REJECTED: "Rejected"}


@dataclass(frozen=True)
class Verdict:
    """``verdict`` as it stands on the package; ``reason`` in a sentence; ``metrics`` are the headline numbers."""

    verdict: str
    reason: str
    checks: tuple[Check, ...]
    metrics: dict[str, float]

    @property
    def description(self) -> str:
        """The ApprovalDescription, at most 1,024 characters."""
        return self.reason[:DESCRIPTION_LIMIT]

    def metadata(self, evidence_uri: str, evidence_sha256: str) -> dict[str, str]:
        """Customer metadata: verdict, reason, where the evidence is, and numbers."""
        values = {"verdict": self.verdict, "verdict_reason": self.reason}
        values |= {"evidence_uri": evidence_uri, "evidence_sha256": evidence_sha256}
        return clean(values | {f"metric_{name}": f"{value:.6g}" for name, value in self.metrics.items()})


def decide(policy: Policy, report: dict[str, Any], problem_type: str, now: datetime, serving: Champion | None) -> Verdict:
    """Judge an evaluation report by the policy, beside what serves. A gate that cannot be evaluated never approves."""
    found = tuple(checks(policy, report, problem_type, now, serving))
    metrics = {name: value for name in METRICS[problem_type] if (value := metric_value(report, problem_type, name)) is not None}
    failed, unknown, waiting = ([c for c in found if c.outcome == outcome] for outcome in (FAILED, UNKNOWN, WAITING))
    if failed and policy.on_failure == "reject":
        return Verdict(REJECTED, f"rejected by the gate: {_lines(failed)}", found, metrics)
    if failed or unknown:
        return Verdict(NEEDS_A_PERSON, f"left for a person: {_lines(failed + unknown)}", found, metrics)
    if not found:
        return Verdict(NEEDS_A_PERSON, "left for a person: the policy asks for nothing, so nothing speaks for the model", found, metrics)
    passed = f"{len(found) - len(waiting)} checks hold"
    if waiting:
        return Verdict(NEEDS_A_PERSON, f"left for a person: {passed} and this environment asks for a person's decision", found, metrics)
    return Verdict(APPROVED, f"approved automatically: {_headline(found)}; {passed}", found, metrics)


def _headline(found: tuple[Check, ...]) -> str:
    return found[0].line().removesuffix(": passed")


def _lines(found: list[Check]) -> str:
    return "; ".join(check.line() for check in found)
