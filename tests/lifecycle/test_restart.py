"""Releases over a restart of the local AWS: one that bakes is taken back and told of, one that waits for it goes on."""

from datetime import timedelta
from pathlib import Path

import pytest
from quick import Deaths, Function, package, start
from support import ENVIRONMENT, NAMES, World, build_assembly

from local_aws import state
from local_aws.aws import LocalAws
from local_aws.cloudformation.cut_off import REASON

pytestmark = pytest.mark.slow
CANARY = """
[serving]
instances = 2
max_instances = 2
strategy = "canary"
step_percent = 50
bake_minutes = 10
"""


@pytest.fixture(scope="module")
def baking(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_assembly(tmp_path_factory.mktemp("baking"), ENVIRONMENT + CANARY)


@pytest.mark.parametrize("waits", [False, True], ids=["alone", "another waits"])
def test_a_release_that_bakes_is_taken_back_and_one_that_waits_goes_on(
    baking: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, waits: bool
) -> None:
    with LocalAws() as aws:
        function = start(World(aws, baking), monkeypatch)
        before = function.world.stack(NAMES.serving_stack)["ModelPackageArn"]
        first, second = package(function.world, "good"), package(function.world, "good")
        assert function.handle(lambda releases: releases.note(first)) == "UpdateServing"
        aws.settle()
        if waits:
            function.handle(lambda releases: releases.note(second))
        assert function.world.stack(NAMES.serving_stack)["status"] == "UPDATE_IN_PROGRESS"
        assert state.save(aws, tmp_path / "state") == []
    with LocalAws() as aws:
        assert state.restore(aws, tmp_path / "state") == []
        world = World(aws, None)
        function = Function(world, Deaths(world))
        function.settle()
        if not waits:
            assert REASON in function.ledger.history()[0].outcome
            assert [message for message in world.notifications() if REASON in message]
        aws.advance(timedelta(minutes=21))
        function.settle()
        assert world.stack(NAMES.serving_stack)["ModelPackageArn"] == (second if waits else before)
        assert world.endpoint()["EndpointStatus"] == "InService" and (not waits or world.serves(second))
        assert not aws.background.failures
