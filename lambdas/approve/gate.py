"""What a package's own state asks for: judge it, note who decided, remind people of it, or let it expire."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Protocol

from interfaces.evidence import APPROVED, NEEDS_A_PERSON, REJECTED, Evidence, digest, evidence_key
from interfaces.policy import Policy
from lambdas.approve import text
from lambdas.approve.decision import STATUS, Verdict, decide
from lambdas.approve.observed import note
from lambdas.approve.waiting import Expire, Remind, due, since
from lambdas.shared.champion import Champion
from lambdas.shared.package import signed

PENDING = "PendingManualApproval"
METRIC = {APPROVED: "Approved", REJECTED: "Rejected", NEEDS_A_PERSON: "LeftForAPerson"}
Package = dict[str, Any]


class Surroundings(Protocol):
    """What the gate needs of the registry, the buckets and people; see World."""

    def package(self, arn: str) -> Package: ...
    def update(self, arn: str, **changes: Any) -> None: ...
    def report(self, package: Package) -> tuple[dict[str, Any], dict[str, str]]: ...
    def serving(self) -> Champion | None: ...
    def keep(self, key: str, evidence: str) -> str: ...
    def tell(self, subject: str, text: str) -> None: ...
    def reminded(self, arn: str, since: str) -> int: ...
    def count_reminder(self, arn: str, since: str, number: int) -> None: ...
    def log(self, arn: str, status: str, reason: str, decided: dict[str, str]) -> None: ...


class Gate:
    """``count`` counts a metric."""

    def __init__(
        self,
        world: Surroundings,
        policy: Policy,
        problem_type: str,
        deployment: str,
        count: Callable[[str, int], None],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._world, self._policy, self._problem_type, self._deployment = world, policy, problem_type, deployment
        self._count, self._now = count, now

    def look_at(self, arn: str) -> dict[str, Any]:
        """The event is only a reason to look, so a duplicate finds nothing to do."""
        package = self._world.package(arn)
        if package["ModelApprovalStatus"] != PENDING:
            return self._observe(arn, package)
        if "verdict" not in package.get("CustomerMetadataProperties", {}):
            return self._judge(arn, package)
        return self._remind_or_expire(arn, package)

    def _judge(self, arn: str, package: Package) -> dict[str, Any]:
        """Evidence first, then the notification, then the package: a crash in between repeats what is harmless to repeat."""
        now = self._now()
        report, source = self._world.report(package)
        verdict = decide(self._policy, report, self._problem_type, now, self._world.serving())
        uri, sha256 = self._write_evidence(arn, package, verdict, source, report, now)
        changes: dict[str, Any] = {"CustomerMetadataProperties": verdict.metadata(uri, sha256)}
        if status := STATUS.get(verdict.verdict):
            changes |= {"ModelApprovalStatus": status, "ApprovalDescription": verdict.description}
            by = signed(status, verdict.description, f"gate of {self._deployment}", now.isoformat(), "gate")
            changes["CustomerMetadataProperties"] |= by
        if verdict.verdict != APPROVED:
            self._world.tell(*text.verdict(self._deployment, arn, verdict, uri))
        if self._decided_meanwhile(arn):
            return {"model_package_arn": arn, "verdict": "none"}
        self._world.update(arn, **changes)
        self._count(METRIC[verdict.verdict], 1)
        self._count("ChecksNotPassed", sum(c.outcome not in ("passed", "not applicable") for c in verdict.checks))
        return {"model_package_arn": arn, "verdict": verdict.verdict, "reason": verdict.reason, "evidence_uri": uri}

    def _observe(self, arn: str, package: Package) -> dict[str, Any]:
        """Note who changed the status, where that was not us. The change itself is honoured: release acts on it."""
        found = note(package)
        if found is None:
            return {"model_package_arn": arn, "noted": False}
        self._world.log(arn, package["ModelApprovalStatus"], package.get("ApprovalDescription", ""), found)
        self._world.update(arn, CustomerMetadataProperties=found)  # last: from then on there is nothing to note
        self._count("DecidedByStatusChange", 1)
        return {"model_package_arn": arn, "noted": True, "by": found["decided_by"]}

    def _remind_or_expire(self, arn: str, package: Package) -> dict[str, Any]:
        """People are told before a reminder is counted or a package rejected: twice is better than never."""
        now, (began, period) = self._now(), since(package)
        step = due(began, now, self._world.reminded(arn, period), self._policy.reviewers)
        if isinstance(step, Expire):
            by = signed("Rejected", step.reason, f"expiry of {self._deployment}", now.isoformat(), "expiry")
            self._world.tell(*text.expired(self._deployment, arn, step.reason))
            if self._decided_meanwhile(arn):
                return {"model_package_arn": arn, "due": "none"}
            self._world.update(arn, ModelApprovalStatus="Rejected", ApprovalDescription=step.reason, CustomerMetadataProperties=by)
            self._count("Expired", 1)
        elif isinstance(step, Remind):
            self._world.tell(*text.reminder(self._deployment, arn, package["CustomerMetadataProperties"], step.waited))
            self._world.count_reminder(arn, period, step.number)
            self._count("Reminded", 1)
        return {"model_package_arn": arn, "due": type(step).__name__}

    def _decided_meanwhile(self, arn: str) -> bool:
        """Whether a person was quicker: their decision stands."""
        return bool(self._world.package(arn)["ModelApprovalStatus"] != PENDING)

    def _write_evidence(
        self, arn: str, package: Package, verdict: Verdict, source: dict[str, str], report: dict[str, Any], now: datetime
    ) -> tuple[str, str]:
        """(URI, SHA-256) of the evidence file."""
        evidence = Evidence(
            model_package_arn=arn,
            judged_at=now.isoformat(),
            verdict=verdict.verdict,
            reason=verdict.reason,
            checks=verdict.checks,
            metrics=verdict.metrics,
            evaluation=source,
            policy={"sha256": self._policy.digest},
            champion=report.get("mlops_loop", {}).get("champion", {}),
        ).to_json()
        sha256 = digest(evidence)
        return self._world.keep(evidence_key(package["ModelPackageVersion"], sha256), evidence), sha256
