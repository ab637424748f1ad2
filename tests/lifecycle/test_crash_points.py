"""The release function dies before and after every AWS call that it makes, and its event is delivered again.

The deaths come from the local AWS's dispatcher.
"""

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from quick import ROLE, Function, release, roll_back, start
from sampling import tried
from support import World

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def function(world: World, module_patch: pytest.MonkeyPatch) -> Function:
    return start(world, module_patch)


SCENARIOS: dict[str, tuple[Callable[[Function, str], None], str]] = {
    "a good version": (release, "good"),
    "a version that answers wrongly": (release, "wrong"),
    "a version that does not start": (release, "breaks"),
    "a rollback": (roll_back, ""),
}


def run(function: Function, scenario: str, at: tuple[int, str] | None) -> tuple[dict[str, Any], int, bool]:
    """The end state, the calls that were made, and whether the death took place."""
    if scenario == "a rollback":
        release(function, "good")
    before, _ = function.ledger.desired()
    act, kind = SCENARIOS[scenario]
    function.deaths.calls, function.deaths.at = 0, at
    act(function, kind)
    died = at is not None and function.deaths.at is None
    function.deaths.at = None
    return function.state(before.generation if before else 0), function.deaths.calls, died


def die_everywhere(function: Function, scenario: str) -> None:
    if scenario == "a rollback":
        release(function, "good")  # of the newest decisions none may be good: those of the scenario before failed
    wanted, calls, _ = run(function, scenario, None)
    assert calls > 10
    for call, when in itertools.product(range(1, calls + 1), ("before", "after")):
        if not tried(scenario, call, when):
            continue
        found, _, died = run(function, scenario, (call, when))
        assert died, f"there was no call {call}"
        assert found == wanted, f"{scenario}: died {when} call {call} of {calls}"


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_death_at_any_call_changes_nothing_about_the_end(function: Function, scenario: str) -> None:
    die_everywhere(function, scenario)


def test_every_call_was_one_that_the_functions_role_allows(function: Function) -> None:
    from policy_check import violations

    assert [v for v in violations(function.world.aws) if v.startswith(ROLE)] == []
