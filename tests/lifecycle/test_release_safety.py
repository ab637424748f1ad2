"""What releases do when something is in their way: each case has one defined outcome."""

import json
from dataclasses import replace
from typing import Any

import pytest
from quick import Function, package, release, start
from support import NAMES, World

from lambdas.release.core import Releases
from lambdas.release.history import NoGoodVersion
from lambdas.release.world import World as Surroundings
from local_aws.deploy import deploy

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def function(world: World, module_patch: pytest.MonkeyPatch) -> Function:
    return start(world, module_patch)


def serves(function: Function) -> str:
    """The package that the stack holds and that the endpoint runs; they must agree."""
    stack, endpoint = function.world.stack(NAMES.serving_stack), function.world.endpoint()
    assert endpoint["EndpointStatus"] == "InService"
    assert endpoint["EndpointConfigName"].startswith(f"{NAMES.endpoint_config(stack['Generation'])}-")
    return str(stack["ModelPackageArn"])


def pages(function: Function, words: str) -> int:
    return sum(words in message for message in function.world.notifications())


def latest(function: Function) -> Any:
    return function.ledger.history()[0]


@pytest.mark.parametrize("delivered", ["in order", "out of order"])
def test_of_two_approvals_at_once_the_later_one_serves(function: Function, delivered: str) -> None:
    first, second = package(function.world, "good"), package(function.world, "good")
    for arn in (first, second) if delivered == "in order" else (second, first):
        function.handle(lambda releases, a=arn: releases.note(a))  # type: ignore[misc]
    function.settle()
    assert serves(function) == second


def test_an_approval_during_an_update_is_released_when_that_ends(function: Function) -> None:
    first, second = package(function.world, "good"), package(function.world, "good")
    assert function.handle(lambda releases: releases.note(first)) == "UpdateServing"
    function.handle(lambda releases: releases.note(second))
    updates = len(function.world.aws.journal.calls("cloudformation", "UpdateStack"))
    function.settle()
    assert serves(function) == second
    assert len(function.world.aws.journal.calls("cloudformation", "UpdateStack")) <= updates + 3


def test_a_package_whose_artefact_is_gone_fails_and_the_old_version_serves(function: Function) -> None:
    before, arn = serves(function), package(function.world, "good-lost")
    function.world.aws.client("s3").delete_object(Bucket=function.world.buckets["artefacts"], Key="runs/good-lost.tar.gz")
    function.handle(lambda releases: releases.note(arn))
    function.settle()
    assert serves(function) == before
    assert "Could not find model data" in latest(function).outcome and pages(function, "Could not find model data") == 1


def test_a_package_whose_image_is_gone_fails_and_the_old_version_serves(function: Function, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quick.IMAGE", "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:0.1-gone")
    before = serves(function)
    release(function, "good")
    assert serves(function) == before and "0.1-gone" in latest(function).outcome


def test_a_config_that_cannot_be_made_fails_and_the_old_version_serves(function: Function) -> None:
    before, sagemaker = serves(function), function.world.aws.client("sagemaker")
    name = function.world.endpoint()["EndpointConfigName"]
    digest = name.rsplit("-", 1)[-1]
    config = sagemaker.describe_endpoint_config(EndpointConfigName=name)
    taken = f"{NAMES.endpoint_config(latest(function).generation + 1)}-{digest}"
    sagemaker.create_endpoint_config(EndpointConfigName=taken, ProductionVariants=config["ProductionVariants"])
    release(function, "good")
    assert serves(function) == before and "EndpointConfig: Cannot create already existing" in latest(function).outcome


def test_a_rollback_that_cloudformation_sees(function: Function) -> None:
    before = serves(function)
    release(function, "breaks")
    assert serves(function) == before and function.world.stack(NAMES.serving_stack)["status"] == "UPDATE_ROLLBACK_COMPLETE"
    assert "Endpoint: " in latest(function).outcome and "it does not start" in latest(function).outcome
    told = pages(function, "it does not start")
    function.handle(lambda releases: releases.reconcile())
    assert pages(function, "it does not start") == told


def test_a_rollback_that_cloudformation_does_not_see_is_found_and_the_stack_brought_back(function: Function) -> None:
    before = serves(function)
    function.world.aws.stacks.sees_endpoint_rollbacks = False
    release(function, "breaks")
    function.world.aws.stacks.sees_endpoint_rollbacks = True
    function.settle()
    failed, back = function.ledger.history()[1], latest(function)
    assert "the endpoint is InService on" in failed.outcome
    assert (back.kind, back.package, back.outcome) == ("automatic", before, "good")
    assert serves(function) == before


def test_a_version_that_answers_wrongly_is_left_by_itself(function: Function) -> None:
    before = serves(function)
    release(function, "wrong")
    function.settle()
    assert serves(function) == before
    assert "smoke test: golden row 0" in function.ledger.history()[1].outcome and pages(function, "smoke test: golden row 0") >= 1


def test_a_version_without_golden_rows_counts_and_people_know(function: Function) -> None:
    arn = package(function.world, "good-plain")
    function.world.aws.client("s3").delete_object(
        Bucket=function.world.buckets["artefacts"], Key="runs/good-plain/evaluate/output/golden.json"
    )
    function.handle(lambda releases: releases.note(arn))
    function.settle()
    assert serves(function) == arn and pages(function, f"{arn} has no golden rows") == 1


def test_a_rollback_returns_and_late_approvals_do_not_undo_it(function: Function) -> None:
    before = serves(function)
    release(function, "good")
    bad, late = serves(function), package(function.world, "good")  # approved now, and its event is late
    function.handle(lambda releases: releases.roll_back("r-1", "", "ann", "complaints"))
    function.settle()
    entry = latest(function)
    assert (serves(function), entry.by, entry.reason, entry.kind) == (before, "ann", "complaints", "rollback")
    updates = len(function.world.aws.journal.calls("cloudformation", "UpdateStack"))
    function.handle(lambda releases: releases.note(late))
    function.handle(lambda releases: releases.reconcile())
    function.settle()
    assert serves(function) == before and pages(function, f"{late} was approved at") == 1
    assert len(function.world.aws.journal.calls("cloudformation", "UpdateStack")) == updates
    function.handle(lambda releases: releases.roll_back("r-2", bad, "ann", "it was not the model"))
    function.settle()
    assert serves(function) == bad
    with pytest.raises(NoGoodVersion, match="was never released well"):
        function.handle(lambda releases: releases.roll_back("r-3", late, "ann", "why not"))


def test_approving_an_older_version_releases_it(function: Function) -> None:
    older = sorted(function.world.packages(), key=lambda p: p["ModelPackageVersion"])[0]["ModelPackageArn"]
    sagemaker = function.world.aws.client("sagemaker")
    sagemaker.update_model_package(ModelPackageArn=older, ModelApprovalStatus="Approved", ApprovalDescription="the first one again")
    function.handle(lambda releases: releases.note(older))
    function.settle()
    assert serves(function) == older


def test_an_endpoint_changed_by_hand_is_told_once_and_not_undone(function: Function) -> None:
    sagemaker, before = function.world.aws.client("sagemaker"), serves(function)
    config = sagemaker.describe_endpoint_config(EndpointConfigName=function.world.endpoint()["EndpointConfigName"])
    sagemaker.create_endpoint_config(EndpointConfigName="by-hand", ProductionVariants=config["ProductionVariants"])
    sagemaker.update_endpoint(EndpointName=NAMES.endpoint, EndpointConfigName="by-hand")
    function.world.aws.settle()
    for _ in range(2):
        assert function.handle(lambda releases: releases.reconcile()) == "Changed"
    assert pages(function, "InService on by-hand") == 1
    assert function.world.endpoint()["EndpointConfigName"] == "by-hand"
    function.handle(lambda releases: releases.roll_back("r-4", before, "ann", "as it was released"))
    function.settle()
    assert serves(function) == before


def test_a_deploy_after_a_release_keeps_the_released_version(function: Function, assembly: Any) -> None:
    before, generation = serves(function), function.world.stack(NAMES.serving_stack)["Generation"]
    deploy(function.world.aws.client, assembly)
    assert (serves(function), function.world.stack(NAMES.serving_stack)["Generation"]) == (before, generation)


def test_a_deploy_that_races_a_release_goes_first_and_the_release_follows(function: Function) -> None:
    cloudformation = function.world.aws.client("cloudformation")
    body = cloudformation.get_template(StackName=NAMES.serving_stack)["TemplateBody"]
    template = body if isinstance(body, dict) else json.loads(body)
    (policy,) = (r for r in template["Resources"].values() if r["Type"] == "AWS::ApplicationAutoScaling::ScalingPolicy")
    policy["Properties"]["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] = 77
    arn = package(function.world, "good")
    keep = [{"ParameterKey": k, "UsePreviousValue": True} for k in ("ModelPackageArn", "Generation")]
    cloudformation.update_stack(
        StackName=NAMES.serving_stack, TemplateBody=json.dumps(template), Parameters=keep, Capabilities=["CAPABILITY_NAMED_IAM"]
    )
    function.handle(lambda releases: releases.note(arn))
    function.settle()
    assert serves(function) == arn
    body = cloudformation.get_template(StackName=NAMES.serving_stack)["TemplateBody"]
    assert "77" in json.dumps(body)


def test_a_version_that_is_rejected_before_its_update_is_sent_is_not_released(function: Function) -> None:
    before, arn = serves(function), package(function.world, "good")

    def decided_and_rejected(releases: Releases) -> None:
        releases.note(arn)
        function.world.aws.client("sagemaker").update_model_package(
            ModelPackageArn=arn, ModelApprovalStatus="Rejected", ApprovalDescription="it is the wrong one"
        )

    function.handle(decided_and_rejected)
    function.settle()
    assert serves(function) == before and pages(function, f"{arn} is not released: its package is Rejected") == 1
    assert "withdrawn" in latest(function).outcome and "it is the wrong one" in latest(function).outcome


def test_a_version_whose_package_is_deleted_is_not_returned_to(function: Function) -> None:
    before = serves(function)
    release(function, "good")
    after, decisions = serves(function), len(function.ledger.history())
    function.world.aws.client("sagemaker").delete_model_package(ModelPackageName=before)
    with pytest.raises(NoGoodVersion, match="its package was deleted"):
        function.handle(lambda releases: releases.roll_back("r-5", before, "ann", "complaints"))
    function.handle(lambda releases: releases.reconcile())
    function.settle()
    assert serves(function) == after and len(function.ledger.history()) == decisions


def test_an_endpoint_that_is_scaled_just_after_a_release_keeps_it(function: Function, monkeypatch: pytest.MonkeyPatch) -> None:
    arn, real, looks = package(function.world, "good"), Surroundings.serving, iter([True])

    def serving(self: Surroundings) -> Any:
        found = real(self)
        moved = found.package == arn and found.endpoint_status == "InService" and next(looks, False)
        return replace(found, endpoint_status="Updating") if moved else found

    monkeypatch.setattr(Surroundings, "serving", serving)
    function.handle(lambda releases: releases.note(arn))
    function.settle()
    function.handle(lambda releases: releases.reconcile())
    function.settle()
    assert serves(function) == arn and (latest(function).package, latest(function).outcome) == (arn, "good")
