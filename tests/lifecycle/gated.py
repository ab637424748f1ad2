"""A prod-like gate with its policy, and what is looked at of its verdicts."""

import hashlib
import json
from typing import Any

from support import ENVIRONMENT, NAMES, World

from interfaces.evidence import Evidence
from interfaces.layout import split_uri
from local_aws.principals import ACCOUNT

HEAD = ENVIRONMENT.replace('contract = "contract.toml"', 'contract = "contract.toml"\npolicy = "policy.toml"')

# one monitor of four: days pass here
QUIET = "\n[monitoring]\ntick_minutes = 60\nmodel_quality = false\nbias = false\n"
POLICY = """
on_failure = "reject"
behaviour = "behaviour.toml"

[thresholds]
auc = 0.6

[champion]
rule = "not-worse"
margin = 0.02

[slices]
floor = 0.4
minimum_rows = 50

[artefact]
max_size_mb = 50

[data]
max_age_days = 100000

[reviewers]
required = 1
recorded = true
allowed = ["arn:aws:sts::*:assumed-role/ml-reviewer/*"]
remind_hours = 24
expire_days = 2
"""
BEHAVIOUR = """
[[directional]]
name = "late payments raise the risk"
column = "late_payments"
add = 3
expect = "up"
tolerance = 0.05
min_share = 0.5
"""


def package(world: World, version: int) -> dict[str, Any]:
    name = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:model-package/{NAMES.model_package_group}/{version}"
    return dict(world.aws.client("sagemaker").describe_model_package(ModelPackageName=name))


def verdict(world: World, version: int) -> str:
    found = [p for p in world.packages() if p["ModelPackageVersion"] == version]
    return str(found[0].get("CustomerMetadataProperties", {}).get("verdict", "")) if found else ""


def evidence(world: World, version: int) -> Evidence:
    """The evidence that a package names, which is the one that its digest says."""
    metadata = package(world, version)["CustomerMetadataProperties"]
    bucket, key = split_uri(metadata["evidence_uri"])
    body = world.aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    assert hashlib.sha256(body).hexdigest() == metadata["evidence_sha256"]
    return Evidence.from_json(body)


def outcomes(found: Evidence) -> dict[str, str]:
    return {c.check: c.outcome for c in found.checks}


def judged_copy(world: World, change: Any) -> int:
    """A version like the first one whose evaluation was changed, once the gate has judged it."""
    first = package(world, 1)
    bucket, key = split_uri(first["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"])
    report = json.loads(world.aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())
    change(report)
    digest = hashlib.sha256(json.dumps(report).encode()).hexdigest()[:12]
    key = f"runs/{digest}/evaluate/output/evaluation.json"
    world.aws.client("s3").put_object(Bucket=bucket, Key=key, Body=json.dumps(report).encode())
    return copy_with(world, f"s3://{bucket}/{key}")


def copy_with(world: World, uri: str) -> int:
    statistics = {"ContentType": "application/json", "S3Uri": uri}
    metrics = {"ModelQuality": {"Statistics": statistics}}
    version = int(world.copy_package(package(world, 1)["ModelPackageArn"], ModelMetrics=metrics).rsplit("/", 1)[-1])
    world.until(lambda: verdict(world, version))
    return version


def serving_artefact(world: World) -> str:
    arn = world.stack(NAMES.serving_stack)["ModelPackageArn"]
    found = world.aws.client("sagemaker").describe_model_package(ModelPackageName=arn)
    return str(found["InferenceSpecification"]["Containers"][0]["ModelDataUrl"])
