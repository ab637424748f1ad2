"""A sweep looks before it removes, and looks again; what an endpoint moves to is in use."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from interfaces.function_env import SweepEnv
from lambdas.sweep.core import sweep
from lambdas.sweep.decision import Found, Plan
from lambdas.sweep.world import World

BEFORE = datetime(2026, 6, 1, tzinfo=UTC)
OLD = BEFORE - timedelta(days=10)


class Account:
    """A stack that answers with one state after the other, and one old config that nothing references."""

    def __init__(self, *states: tuple[str, str]) -> None:
        self._states, self.removed = list(states), list[Plan]()

    def stack(self) -> tuple[str, str]:
        return self._states.pop(0) if len(self._states) > 1 else self._states[0]

    def look(self, generation: str) -> Found:
        assert generation == "3"
        return Found(configs={"c1": OLD}, models={}, runs={})

    def remove(self, plan: Plan) -> None:
        self.removed.append(plan)


DONE = ("UPDATE_COMPLETE", "3")


def test_what_nothing_references_goes_while_nothing_moves() -> None:
    account = Account(DONE)
    assert sweep(account, "serving", BEFORE, dry_run=False)["endpoint_configs"] == ["c1"]
    assert [plan.configs for plan in account.removed] == [("c1",)]


def test_a_dry_run_removes_nothing() -> None:
    account = Account(DONE)
    assert sweep(account, "serving", BEFORE, dry_run=True)["endpoint_configs"] == ["c1"]
    assert account.removed == []


@pytest.mark.parametrize("then", [("UPDATE_IN_PROGRESS", "3"), ("UPDATE_COMPLETE", "4")])
def test_a_release_that_began_while_it_looked_ends_it(then: tuple[str, str]) -> None:
    account = Account(DONE, then)
    assert sweep(account, "serving", BEFORE, dry_run=False) == {"skipped": "serving has moved on since the sweep began"}
    assert account.removed == []


def test_a_stack_that_is_not_settled_is_not_swept() -> None:
    account = Account(("UPDATE_ROLLBACK_FAILED", "3"))
    assert "is UPDATE_ROLLBACK_FAILED" in sweep(account, "serving", BEFORE, dry_run=False)["skipped"] and account.removed == []


class SageMaker:
    """One endpoint that runs config-2 and moves to config-3."""

    def get_paginator(self, operation: str) -> Any:
        pages = {"list_endpoints": [{"Endpoints": [{"EndpointName": "e"}]}]}
        return type("Pages", (), {"paginate": lambda *_, **__: pages[operation]})()

    def describe_endpoint(self, EndpointName: str) -> dict[str, Any]:  # noqa: N803 - boto3's name
        assert EndpointName == "e"
        return {"EndpointConfigName": "config-2", "PendingDeploymentSummary": {"EndpointConfigName": "config-3"}}


def test_the_config_that_an_endpoint_moves_to_is_in_use() -> None:
    env = SweepEnv(**{name: 1.0 if kind is float else "x" for name, kind in SweepEnv.__annotations__.items()})
    world = World(lambda _: SageMaker(), env)
    assert set(world._serving()) == {"config-2", "config-3"}
