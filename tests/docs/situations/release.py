"""What the pages on releases and decisions are about, and how each must end."""

import json
from pathlib import Path
from typing import Any

from interfaces import layout
from tests.docs.commands.story import NAMES, artefact, newer, serving
from tests.docs.situations.kind import Situation
from tests.lifecycle.support import BROKEN, World


def decisions(world: World, package: str) -> list[tuple[str, str]]:
    """Recorded decisions on a package, oldest first: what, and by whom."""
    items = world.aws.client("dynamodb").scan(TableName=NAMES.decisions_table)["Items"]
    mine = sorted((i["recorded_at"]["S"], i["decision"]["S"], i["caller"]["S"]) for i in items if i["package"]["S"] == package)
    return [(decision, caller.rsplit("/", 1)[-1]) for _, decision, caller in mine]


def fails(world: World) -> str:
    """A version that does not start is approved; its package, once its release has failed."""
    bad = world.copy_package(world.packages()[0]["ModelPackageArn"], InferenceSpecification=artefact(world, "broken", BROKEN))
    world.until(lambda: any(bad in m and "failed" in m for m in world.notifications()))
    world.aws.settle()
    return bad


def failed(world: World, _: Path) -> Situation:
    bad = fails(world)
    assert world.stack(NAMES.serving_stack)["status"] == "UPDATE_ROLLBACK_COMPLETE"
    printed = yield
    assert "UPDATE_ROLLBACK_COMPLETE" in printed[0] and "Endpoint\tUPDATE_FAILED" in printed[0] and "ping health check" in printed[0]
    assert f"version {bad.rsplit('/', 1)[-1]} " in printed[0] and "failed: " in printed[0] and "this model is broken" in printed[0]
    assert "version 1    serves  good" in printed[2]
    assert serving(world) == 1 and world.stack(NAMES.serving_stack)["status"] == "UPDATE_COMPLETE"


def guardrail(world: World, _: Path) -> Situation:
    before = serving(world)
    printed = yield
    assert NAMES.release_alarm("errors") in printed[0] and NAMES.release_alarm("latency") in printed[0] and "InService" in printed[0]
    assert world.packages()[1]["ModelApprovalStatus"] == "Rejected"
    assert decisions(world, world.packages()[1]["ModelPackageArn"])[-1] == ("reject", "on-call")
    assert serving(world) == before


def pending(world: World) -> str:
    """A version whose evaluation is gone, so that a person has to decide; its package."""
    statistics = {
        "ContentType": "application/json",
        "S3Uri": f"s3://{world.buckets['artefacts']}/runs/none/evaluate/output/evaluation.json",
    }
    package = world.copy_package(world.packages()[0]["ModelPackageArn"], ModelMetrics={"ModelQuality": {"Statistics": statistics}})
    world.until(lambda: any("waits for a decision" in m and package in m for m in world.notifications()))
    return package


def waits(world: World, _: Path) -> Situation:
    other, package, another = (pending(world) for _ in range(3))  # neither the oldest nor the newest is the one
    printed = yield {"VERSION": package.rsplit("/", 1)[-1]}
    for arn in (other, another):
        sagemaker = world.aws.client("sagemaker")
        assert sagemaker.describe_model_package(ModelPackageName=arn)["ModelApprovalStatus"] == "PendingManualApproval"
        sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Rejected", ApprovalDescription="not asked for")
    assert '"outcome": "unknown"' in printed[0] or '"outcome":"unknown"' in printed[0]
    assert decisions(world, package) == [("reject", "on-call"), ("approve", "on-call")]
    world.until(lambda: world.serves(package))


def held(world: World, _: Path) -> Situation:
    package = pending(world)
    world.aws.client("sagemaker").update_model_package(
        ModelPackageArn=package, ModelApprovalStatus="Approved", ApprovalDescription="in Studio, at night"
    )
    world.aws.settle()
    printed = yield {"VERSION": package.rsplit("/", 1)[-1]}
    assert "in Studio, at night" in printed[0] and "local-admin" in printed[0]
    assert decisions(world, package)[-2:] == [("reject", "on-call"), ("approve", "on-call")]
    world.until(lambda: world.serves(package))


def behind(world: World, _: Path) -> Situation:
    generation = int(world.stack(NAMES.serving_stack)["Generation"])
    printed = yield
    assert "UPDATE_COMPLETE" in printed[0] and "serves" in printed[0]
    first = world.packages()[0]["ModelPackageArn"]
    world.until(lambda: world.serves(first))
    assert int(world.stack(NAMES.serving_stack)["Generation"]) == generation + 1


def stuck(world: World, _: Path) -> Situation:
    """An update fails behind the endpoint, and the artefact to return to was deleted meanwhile."""
    specification = artefact(world, "returns")
    good = newer(world, InferenceSpecification=specification)
    bucket, key = layout.split_uri(specification["Containers"][0]["ModelDataUrl"])
    world.aws.client("s3").delete_object(Bucket=bucket, Key=key)
    _update_that_fails(world)
    assert world.stack(NAMES.serving_stack)["status"] == "UPDATE_ROLLBACK_FAILED"
    printed = yield
    assert "UPDATE_ROLLBACK_FAILED" in printed[0] and "Failed to download model data" in printed[0] and key in printed[0]
    assert "UPDATE_ROLLBACK_COMPLETE" in printed[2]
    assert world.keys("artefacts", key) == [key]
    assert serving(world) == 1 != good and world.stack(NAMES.serving_stack)["status"] == "UPDATE_COMPLETE"
    assert newer(world) > good


def _update_that_fails(world: World) -> None:
    """To version 1 with a resource that cannot be made."""
    cloudformation = world.aws.client("cloudformation")
    body: Any = cloudformation.get_template(StackName=NAMES.serving_stack)["TemplateBody"]
    template = body if isinstance(body, dict) else json.loads(body)
    subscription = {"TopicArn": "arn:aws:sns:us-east-1:123456789012:absent", "Protocol": "email", "Endpoint": "x@example.com"}
    template["Resources"]["Breaks"] = {"Type": "AWS::SNS::Subscription", "DependsOn": "Endpoint", "Properties": subscription}
    values = {"ModelPackageArn": world.packages()[0]["ModelPackageArn"], "Generation": "900"}
    cloudformation.update_stack(
        StackName=NAMES.serving_stack,
        TemplateBody=json.dumps(template),
        Parameters=[{"ParameterKey": k, "ParameterValue": v} for k, v in values.items()],
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    world.aws.settle()
