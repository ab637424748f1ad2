"""What the approve function can be told: packages that wait, a status that somebody changed, a wait that grows long."""

import json
from datetime import timedelta
from typing import Any

from quick import GOLDEN, IMAGE
from situations.kind import HOUR, NUMBERS, Situation, event, table, told
from support import NAMES, World

from interfaces import events, layout
from interfaces.evidence import digest

GOOD = {
    "binary_classification_metrics": {"auc": {"value": 0.9}},
    "mlops_loop": {"champion": {"status": "none", "metric": "auc", "significance": 0.05}},
}


def _package(world: World, report: dict[str, Any], **changes: Any) -> str:
    number, s3, bucket = next(NUMBERS), world.aws.client("s3"), world.buckets["artefacts"]
    for name, body in ((f"good-{number}.tar.gz", b"x"), (f"{number}/evaluate/output/golden.json", json.dumps(GOLDEN).encode())):
        s3.put_object(Bucket=bucket, Key=f"runs/{name}", Body=body)
    key = f"runs/{number}/evaluate/output/evaluation.json"
    s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(report).encode())
    made = world.aws.client("sagemaker").create_model_package(
        ModelPackageGroupName=NAMES.model_package_group,
        InferenceSpecification={
            "Containers": [{"Image": IMAGE, "ModelDataUrl": f"s3://{bucket}/runs/good-{number}.tar.gz"}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
        ModelMetrics={"ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": f"s3://{bucket}/{key}"}}},
        **{"ModelApprovalStatus": "PendingManualApproval", **changes},
    )
    return str(made["ModelPackageArn"])


def waiting_package(world: World) -> str:
    """The ARN of a package that waits for a decision."""
    return _package(world, GOOD)


def _judged(world: World, report: dict[str, Any]) -> Situation:
    arn = _package(world, report)

    def state() -> dict[str, Any]:
        package = world.aws.client("sagemaker").describe_model_package(ModelPackageName=arn)
        metadata = package.get("CustomerMetadataProperties", {})
        bucket, key = layout.split_uri(metadata["evidence_uri"])
        evidence = world.aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode()
        return {
            "status": package["ModelApprovalStatus"],
            "why": package.get("ApprovalDescription", ""),
            "metadata": {k: v for k, v in metadata.items() if k in ("verdict", "decided_by", "decided_for")},
            "evidence": digest(evidence) == metadata["evidence_sha256"],
            "told": told(world, arn),
        }

    return Situation(_changed(arn), state)


def _changed(arn: str) -> dict[str, Any]:
    return event(events.PACKAGE_STATE_CHANGE, "aws.sagemaker", ModelPackageArn=arn)


def a_good_package_waits(world: World) -> Situation:
    return _judged(world, GOOD)


def a_bad_package_waits(world: World) -> Situation:
    return _judged(world, {**GOOD, "binary_classification_metrics": {"auc": {"value": 0.4}}})


def somebody_changed_the_status(world: World) -> Situation:
    arn, sagemaker = _package(world, GOOD), world.aws.client("sagemaker")
    sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved", ApprovalDescription="by hand")

    def state() -> dict[str, Any]:
        metadata = sagemaker.describe_model_package(ModelPackageName=arn)["CustomerMetadataProperties"]
        logged = table(world).get(f"approve/log/{arn}/{metadata['decided_for']}")
        return {"by": metadata["decided_by"], "logged": (logged.get("status"), logged.get("reason"), logged.get("decided_by"))}

    return Situation(_changed(arn), state)


def _waiting(world: World, wait: timedelta, words: str) -> Situation:
    """A package that the gate left to a person, that long ago."""
    arn = _package(world, GOOD, CustomerMetadataProperties={"verdict": "needs a person", "reason": "as a test", "evidence_uri": "s3://b/k"})
    world.aws.advance(wait)

    def state() -> dict[str, Any]:
        package = world.aws.client("sagemaker").describe_model_package(ModelPackageName=arn)
        reminded = table(world).get(f"approve/reminded/{arn}").get("number", 0)
        return {"status": package["ModelApprovalStatus"], "reminded": reminded, "told": told(world, arn, words)}

    return Situation(_changed(arn), state)


def a_reminder_is_due(world: World) -> Situation:
    return _waiting(world, 25 * HOUR, "wait")


def a_package_expires(world: World) -> Situation:
    return _waiting(world, timedelta(days=15), "expired")
