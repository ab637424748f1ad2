"""The gate carries its policy, and looks after what waits."""

import io
import json
import zipfile
from typing import Any

from infra.platform.training import policy_of
from interfaces.policy import Policy


def packaged(cloud: Any, verb: str) -> dict[str, bytes]:
    """The files of a function's asset."""
    function = next(p for p in cloud.properties("AWS::Lambda::Function") if p["FunctionName"] == cloud.names.function(verb))
    with zipfile.ZipFile(io.BytesIO((cloud.folder / f"asset.{function['Code']['S3Key']}").read_bytes())) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_gate_and_decide_carry_the_environments_policy(prod: Any) -> None:
    expected = policy_of(prod.environment, prod.contract)
    for verb in ("approve", "decide"):
        assert Policy.from_json(packaged(prod, verb)[f"lambdas/{verb}/policy.json"]) == expected
    assert expected.reviewers.required == 1 and expected.reviewers.recorded


def test_the_evaluation_gets_the_part_that_it_measures(dev: Any) -> None:
    plan = policy_of(dev.environment, dev.contract).plan
    (found,) = [p for p in dev.folder.glob("asset.*.json") if p.read_text() == plan.to_json()]
    definition = json.dumps(dev.properties("AWS::SageMaker::Pipeline")[0]["PipelineDefinition"])
    assert found.name.removeprefix("asset.") in definition


def test_what_waits_is_looked_at_every_hour(dev: Any) -> None:
    schedule = next(p for p in dev.properties("AWS::Scheduler::Schedule") if p["Name"].endswith("-review"))
    assert schedule["ScheduleExpression"] == "rate(60 minutes)"
    assert json.loads(schedule["Target"]["Input"])["detail-type"] == "Review Waiting"
