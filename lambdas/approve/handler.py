"""Approve: reads the evaluation of a pending package and writes the verdict on the package."""

import json
from typing import Any

import boto3
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import ClientError

from interfaces.function_env import ApproveEnv
from interfaces.layout import split_uri
from lambdas.approve.decision import Verdict, decide
from lambdas.shared.notify import notify
from lambdas.shared.tools import logger, metrics, tracer

env = ApproveEnv.parse()
sagemaker, s3, sns = boto3.client("sagemaker"), boto3.client("s3"), boto3.client("sns")
PENDING = "PendingManualApproval"


@logger.inject_lambda_context
@tracer.capture_lambda_handler
@metrics.log_metrics
def handle(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """EventBridge: SageMaker Model Package State Change to PendingManualApproval.

    Idempotent by the package's own state: one that has a verdict, or is no longer pending, is left alone.
    """
    arn = event["detail"]["ModelPackageArn"]
    package = sagemaker.describe_model_package(ModelPackageName=arn)
    if package["ModelApprovalStatus"] != PENDING or "verdict" in package.get("CustomerMetadataProperties", {}):
        logger.info("nothing to decide", package=arn, status=package["ModelApprovalStatus"])
        return {"model_package_arn": arn, "verdict": "none"}
    verdict = decide(_report(package), env.problem_type, env.metric, env.threshold, env.approval_mode)
    _write(arn, verdict)
    metrics.add_metric(name="Approved" if verdict.approved else "LeftForAPerson", unit="Count", value=1)
    return {"model_package_arn": arn, "verdict": verdict.metadata()["verdict"], "reason": verdict.reason}


def _report(package: dict[str, Any]) -> dict[str, Any]:
    """The evaluation that the package's ModelMetrics names; empty when there is none to read."""
    try:
        uri = package["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"]
        bucket, key = split_uri(uri)
        return dict(json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read()))
    except (KeyError, ValueError) as error:
        logger.warning("no evaluation on the package", error=str(error))
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("NoSuchKey", "404"):
            raise  # a passing fault: Lambda tries again
        logger.warning("the evaluation is gone", error=str(error))
    return {}


def _write(arn: str, verdict: Verdict) -> None:
    update: dict[str, Any] = {"ModelPackageArn": arn, "CustomerMetadataProperties": verdict.metadata()}
    if verdict.approved:
        update |= {"ModelApprovalStatus": "Approved", "ApprovalDescription": verdict.description}
    if not verdict.approved:  # before the write: a notification twice is better than none
        text = (
            f"{arn} waits for a decision. {verdict.reason}.\nDecide with: loop approve {arn.rsplit('/', 1)[-1]} --reason …, or loop reject"
        )
        notify(sns, env.topic_arn, f"{env.model_package_group}: a model waits for a decision", text)
    sagemaker.update_model_package(**update)
