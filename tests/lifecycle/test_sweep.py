"""The sweep on deployed stacks, with its own role: what releases leave behind goes, what an endpoint reaches stays."""

import json
from datetime import timedelta
from typing import Any

import pytest
from policy_check import unused, violations
from quick import Function, package, release, start
from support import NAMES, World
from typer.testing import CliRunner

from cli.main import app
from interfaces import events

pytestmark = pytest.mark.slow

DAILY = f"{NAMES.prefix}-sweep-daily"


@pytest.fixture(scope="module")
def function(world: World, module_patch: pytest.MonkeyPatch) -> Function:
    return start(world, module_patch, keep=DAILY)


def sweep(world: World, **detail: bool) -> Any:
    payload = {"source": events.SOURCE, "detail-type": events.SWEEP, "detail": detail}
    answer = world.aws.client("lambda").invoke(FunctionName=NAMES.function("sweep"), Payload=json.dumps(payload))
    found = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, found
    return found


def there(world: World) -> tuple[set[str], set[str], set[str]]:
    """Our configs, models and runs."""
    sagemaker = world.aws.client("sagemaker")
    configs = {c["EndpointConfigName"] for c in sagemaker.list_endpoint_configs()["EndpointConfigs"]}
    models = {m["ModelName"] for m in sagemaker.list_models()["Models"]}
    return configs, models, {key.split("/")[1] for key in world.keys("artefacts", "runs/") if key.count("/") > 1}


def later(world: World, days: int) -> None:
    world.aws.advance(timedelta(days=days))
    world.aws.settle()


def test_a_young_world_keeps_everything(function: Function) -> None:
    for _ in range(2):
        release(function, "good")
    before = there(function.world)
    assert len([name for name in before[0] if name.startswith(NAMES.endpoint_config(""))]) >= 3  # replaced ones are retained
    assert sweep(function.world) == {"dry_run": False, "endpoint_configs": [], "models": [], "runs": [], "remarks": []}
    assert there(function.world) == before


def test_after_the_retention_what_nothing_references_goes(function: Function) -> None:
    world, sagemaker = function.world, function.world.aws.client("sagemaker")
    serving = world.endpoint()["EndpointConfigName"]
    old = sorted(name for name in there(world)[0] if name != serving)
    kept_model = sagemaker.describe_endpoint_config(EndpointConfigName=old[0])["ProductionVariants"][0]["ModelName"]
    config = sagemaker.describe_endpoint_config(EndpointConfigName=old[0])
    sagemaker.create_endpoint_config(EndpointConfigName="somebody-elses", ProductionVariants=config["ProductionVariants"])
    sagemaker.create_endpoint(EndpointName="somebody-elses", EndpointConfigName="somebody-elses")
    s3, bucket = world.aws.client("s3"), world.buckets["artefacts"]
    for name in ("abandoned/train/output/model.tar.gz", "abandoned/evaluate/evaluation.json"):
        s3.put_object(Bucket=bucket, Key=f"runs/{name}", Body=b"x")
    live = sagemaker.describe_endpoint_config(EndpointConfigName=serving)["ProductionVariants"][0]["ModelName"]
    later(world, 91)

    before = there(world)
    announced = sweep(world, dry_run=True)
    assert there(world) == before and announced["dry_run"]
    done = sweep(world)
    assert {k: v for k, v in done.items() if k != "dry_run"} == {k: v for k, v in announced.items() if k != "dry_run"}
    assert sorted(done["endpoint_configs"]) == old
    configs, models, runs = there(world)
    assert configs == {serving, "somebody-elses"} and models == {live, kept_model}
    assert "good" in runs and "abandoned" not in runs  # packages name files of the first
    assert world.endpoint()["EndpointStatus"] == "InService"
    assert sweep(world)["runs"] == []


def test_the_released_version_can_still_be_left_and_returned_to(function: Function) -> None:
    release(function, "good")
    newest = function.world.stack(NAMES.serving_stack)["ModelPackageArn"]
    function.handle(lambda releases: releases.roll_back("after-a-sweep", "", "ann", "as a test"))
    function.settle()
    assert function.world.stack(NAMES.serving_stack)["ModelPackageArn"] != newest
    assert function.world.endpoint()["EndpointStatus"] == "InService"


def test_nothing_goes_while_a_release_is_under_way_or_stuck(function: Function, monkeypatch: pytest.MonkeyPatch) -> None:
    later(function.world, 91)
    assert sweep(function.world, dry_run=True)["endpoint_configs"]
    stack = next(s for s in function.world.aws.stacks._stacks if s.name == NAMES.serving_stack)
    monkeypatch.setattr(stack, "status", "UPDATE_ROLLBACK_FAILED")
    before = there(function.world)
    assert "is UPDATE_ROLLBACK_FAILED" in sweep(function.world)["skipped"] and there(function.world) == before


def test_a_person_sees_what_would_go_and_removes_it(function: Function, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in function.world.aws.environment().items():
        monkeypatch.setenv(name, value)
    command = ["sweep", "--environment", NAMES.prefix]
    before = there(function.world)
    shown = CliRunner().invoke(app, command)
    assert shown.exit_code == 0 and there(function.world) == before
    named = [line.split()[-1] for line in shown.stdout.splitlines() if line.startswith("would remove")]
    assert named and shown.stdout.splitlines()[-1] == "remove them with --remove, or wait for the daily sweep"
    removed = CliRunner().invoke(app, [*command, "--remove"])
    assert [line.split()[-1] for line in removed.stdout.splitlines()] == named
    assert not set(named) & set().union(*there(function.world))
    assert CliRunner().invoke(app, [*command, "--json"]).stdout.startswith('{"dry_run": true')
    assert CliRunner().invoke(app, command).stdout == "nothing to remove\n"


def test_a_package_that_is_gone_holds_the_runs(function: Function) -> None:
    sagemaker = function.world.aws.client("sagemaker")
    serves = function.world.stack(NAMES.serving_stack)["ModelPackageArn"]
    arn = package(function.world, "good")
    sagemaker.delete_model_package(ModelPackageName=arn)
    assert sweep(function.world, dry_run=True)["remarks"] == []
    sagemaker.delete_model_package(ModelPackageName=serves)
    assert "no run goes" in sweep(function.world, dry_run=True)["remarks"][0]


def test_the_daily_schedule_starts_it(function: Function) -> None:
    before = len(function.world.aws.journal.of_role(NAMES.role("sweep")))
    function.world.switch(DAILY, "ENABLED")
    later(function.world, 1)
    assert len(function.world.aws.journal.of_role(NAMES.role("sweep"))) > before


def test_its_role_allows_what_it_did_and_no_more(function: Function) -> None:
    role = NAMES.role("sweep")
    assert [v for v in violations(function.world.aws) if v.startswith(role)] == []
    # the runtime's own, which this local AWS does not make
    assert unused(function.world.aws, role) <= {"xray:PutTraceSegments", "xray:PutTelemetryRecords", "sqs:SendMessage"}
