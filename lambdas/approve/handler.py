"""Approve: judges packages that wait by the policy, notes who decided on others, reminds people and lets packages expire."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
from aws_lambda_powertools.utilities.typing import LambdaContext

from interfaces.events import PACKAGE_STATE_CHANGE, REVIEW_WAITING
from interfaces.evidence import APPROVED, NEEDS_A_PERSON, REJECTED, Evidence, digest, evidence_key
from interfaces.function_env import ApproveEnv
from interfaces.policy import POLICY_FILE, Policy
from lambdas.approve import text
from lambdas.approve.decision import STATUS, Verdict, decide
from lambdas.approve.observed import note
from lambdas.approve.registry import Registry
from lambdas.approve.reports import read_report
from lambdas.approve.waiting import Expire, Remind, due
from lambdas.shared.notify import notify
from lambdas.shared.package import signed
from lambdas.shared.table import Table
from lambdas.shared.tools import logger, metrics, tracer

env = ApproveEnv.parse()
policy = Policy.from_json(Path(__file__).with_name(POLICY_FILE).read_bytes())
s3, sns = boto3.client("s3"), boto3.client("sns")
registry = Registry(boto3.client("sagemaker"), Table(boto3.client("dynamodb"), env.state_table), env.model_package_group)
PENDING = "PendingManualApproval"
METRIC = {APPROVED: "Approved", REJECTED: "Rejected", NEEDS_A_PERSON: "LeftForAPerson"}


@logger.inject_lambda_context
@tracer.capture_lambda_handler
@metrics.log_metrics
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """EventBridge: SageMaker Model Package State Change; EventBridge Scheduler: Review Waiting."""
    if event.get("detail-type") == PACKAGE_STATE_CHANGE:
        return look_at(event["detail"]["ModelPackageArn"])
    if event.get("detail-type") == REVIEW_WAITING:
        return {"packages": [look_at(arn) for arn in registry.pending()]}
    raise ValueError(f"unknown event {event.get('detail-type')!r} from {event.get('source')!r}")


def look_at(arn: str) -> dict[str, Any]:
    """What the package's own state asks for; the event is only a reason to look, so a duplicate finds nothing to do."""
    package = registry.package(arn)
    if package["ModelApprovalStatus"] != PENDING:
        return observe(arn, package)
    if "verdict" not in package.get("CustomerMetadataProperties", {}):
        return judge(arn, package)
    return remind_or_expire(arn, package)


def judge(arn: str, package: dict[str, Any]) -> dict[str, Any]:
    """Evidence first, then the notification, then the package: a crash in between repeats what is harmless to repeat."""
    now = datetime.now(UTC)
    report, source = read_report(s3, package)
    verdict = decide(policy, report, env.problem_type, now)
    uri, sha256 = _write_evidence(arn, package, verdict, source, report, now)
    changes: dict[str, Any] = {"CustomerMetadataProperties": verdict.metadata(uri, sha256)}
    if status := STATUS.get(verdict.verdict):
        changes |= {"ModelApprovalStatus": status, "ApprovalDescription": verdict.description}
        by = signed(status, verdict.description, f"gate of {env.deployment}", now.isoformat(), "gate")
        changes["CustomerMetadataProperties"] |= by
    if verdict.verdict != APPROVED:
        notify(sns, env.topic_arn, *text.verdict(env.deployment, arn, verdict, uri))
    if registry.package(arn)["ModelApprovalStatus"] != PENDING:
        logger.info("a person was quicker", package=arn)
        return {"model_package_arn": arn, "verdict": "none"}
    registry.update(arn, **changes)
    metrics.add_metric(name=METRIC[verdict.verdict], unit="Count", value=1)
    metrics.add_metric(
        name="ChecksNotPassed", unit="Count", value=sum(c.outcome not in ("passed", "not applicable") for c in verdict.checks)
    )
    return {"model_package_arn": arn, "verdict": verdict.verdict, "reason": verdict.reason, "evidence_uri": uri}


def observe(arn: str, package: dict[str, Any]) -> dict[str, Any]:
    """Note who changed the status, where that was not us. The change itself is honoured: release acts on it."""
    found = note(package)
    if found is None:
        return {"model_package_arn": arn, "noted": False}
    registry.update(arn, CustomerMetadataProperties=found)
    registry.log(arn, package["ModelApprovalStatus"], package.get("ApprovalDescription", ""), found)
    metrics.add_metric(name="DecidedByStatusChange", unit="Count", value=1)
    return {"model_package_arn": arn, "noted": True, "by": found["decided_by"]}


def remind_or_expire(arn: str, package: dict[str, Any]) -> dict[str, Any]:
    """A reminder is sent before it is counted: twice is better than never."""
    now = datetime.now(UTC)
    step = due(package["CreationTime"], now, registry.reminded(arn), policy.reviewers)
    if isinstance(step, Expire):
        by = signed("Rejected", step.reason, f"expiry of {env.deployment}", now.isoformat(), "expiry")
        registry.update(arn, ModelApprovalStatus="Rejected", ApprovalDescription=step.reason, CustomerMetadataProperties=by)
        notify(sns, env.topic_arn, *text.expired(env.deployment, arn, step.reason))
        metrics.add_metric(name="Expired", unit="Count", value=1)
    elif isinstance(step, Remind):
        notify(sns, env.topic_arn, *text.reminder(env.deployment, arn, package["CustomerMetadataProperties"], step.waited))
        registry.count_reminder(arn, step.number)
        metrics.add_metric(name="Reminded", unit="Count", value=1)
    return {"model_package_arn": arn, "due": type(step).__name__}


def _write_evidence(
    arn: str, package: dict[str, Any], verdict: Verdict, source: dict[str, str], report: dict[str, Any], now: datetime
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
        policy={"sha256": policy.digest},
        champion=report.get("mlops_loop", {}).get("champion", {}),
    ).to_json()
    sha256 = digest(evidence)
    key = evidence_key(package["ModelPackageVersion"], sha256)
    s3.put_object(Bucket=env.evidence_bucket, Key=key, Body=evidence.encode(), ContentType="application/json")
    return f"s3://{env.evidence_bucket}/{key}", sha256
