"""Decide: verifies who asks, records the decision, then changes the package's status."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import ClientError

from interfaces.decisions import STATUS, Record
from interfaces.evidence import digest
from interfaces.function_env import DecideEnv
from interfaces.policy import POLICY_FILE, Policy
from lambdas.decide.decision import check_caller, read
from lambdas.decide.errors import Refused
from lambdas.decide.identity import who_signed
from lambdas.decide.records import Records
from lambdas.shared.package import LOOP, signed
from lambdas.shared.tools import logger, metrics, tracer

env = DecideEnv.parse()
reviewers = Policy.from_json(Path(__file__).with_name(POLICY_FILE).read_bytes()).reviewers
sagemaker, sts = boto3.client("sagemaker"), boto3.client("sts", region_name=os.environ["AWS_REGION"])
records = Records(boto3.client("dynamodb"), env.decisions_table)


@logger.inject_lambda_context
@tracer.capture_lambda_handler
@metrics.log_metrics
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Invoked by ``loop approve`` and ``loop reject``; the answer has ``refused`` where nothing was done."""
    try:
        return decide(event)
    except Refused as error:
        metrics.add_metric(name="DecisionRefused", unit="Count", value=1)
        logger.warning("refused", reason=str(error))
        return {"refused": str(error)}


def decide(event: dict[str, Any]) -> dict[str, Any]:
    """The record first, then the status: what the record does not hold is not released where records are asked for.

    The same proof sent again finishes what a crash left undone. It changes nothing once the package has been changed since: an
    approval that was overheard cannot undo a later rejection.
    """
    request = read(event, env.model_package_group)
    caller = who_signed(sts, request.proof)
    check_caller(caller.arn, caller.account, env.account, reviewers.allowed)
    changed, now = _last_change(request.package), datetime.now(UTC).isoformat()
    id = f"{request.signed_at} {digest(request.proof['Authorization'])[:16]}"
    record = Record(id, request.package, request.decision, request.reason, caller.arn, now)
    if not records.add(record, changed):
        now, before = records.recorded(record)
        if before != changed:
            raise Refused("this very decision was recorded before, and the package was changed since; to make it again, sign it again")
    status, words = STATUS[request.decision], record.words
    sagemaker.update_model_package(
        ModelPackageArn=request.package,
        ModelApprovalStatus=status,
        ApprovalDescription=words,
        CustomerMetadataProperties=signed(status, words, caller.arn, now, LOOP),
    )
    metrics.add_metric(name="DecidedByPerson", unit="Count", value=1)
    return {"model_package_arn": request.package, "status": status, "by": caller.arn, "at": now, "reason": request.reason}


def _last_change(arn: str) -> str:
    """When the package was changed last, as SageMaker says it. Raises Refused where there is no such package."""
    try:
        package = sagemaker.describe_model_package(ModelPackageName=arn)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationException":
            raise
        raise Refused(f"{arn} does not exist") from None
    return str(package.get("LastModifiedTime", package["CreationTime"]).astimezone(UTC).isoformat())
