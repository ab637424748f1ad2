"""What is waited for is the outcome of the release that was asked for, whatever the stack is doing meanwhile."""

from collections.abc import Sequence
from typing import Any

import pytest

from cli.errors import CliError
from cli.rollback import wait
from interfaces.names import Names

NAMES = Names("loans", "dev")


class Account:
    """The Serving stack and the release ledger, one look after the other; the last one stays."""

    def __init__(self, looks: Sequence[tuple[str, str, int]]) -> None:
        self._looks = list(looks)

    def __call__(self, _: str) -> "Account":
        return self

    def describe_stacks(self, StackName: str) -> dict[str, Any]:  # noqa: N803 - boto3's name
        assert StackName == NAMES.serving_stack
        status = self._looks[0][0]
        if len(self._looks) > 1:
            self._looks.pop(0)
        return {"Stacks": [{"StackStatus": status}]}

    def get_item(self, TableName: str, Key: dict[str, Any], ConsistentRead: bool) -> dict[str, Any]:  # noqa: N803 - boto3's names
        assert TableName == NAMES.state_table and ConsistentRead
        _, outcome, newest = self._looks[0]
        if Key["pk"]["S"] == "release/desired":
            return {"Item": {"generation": {"N": str(newest)}}}
        assert Key["pk"]["S"] == "release/history/00000003"
        return {"Item": {"outcome": {"S": outcome}, "package": {"S": "arn:m/1"}}}


def test_a_canary_that_is_taken_back_first_is_waited_out() -> None:
    """The rollback is asked for while release 2 fails: the stack goes back to release 1 before release 3 is sent."""
    looks = [
        ("UPDATE_IN_PROGRESS", "", 3),
        ("UPDATE_ROLLBACK_COMPLETE", "", 3),
        ("UPDATE_IN_PROGRESS", "", 3),
        ("UPDATE_COMPLETE", "good", 3),
    ]
    assert wait(Account(looks), NAMES, 3, every=0) == "arn:m/1"


def test_a_stack_that_holds_the_release_is_not_yet_a_success() -> None:
    looks = [("UPDATE_COMPLETE", "", 3), ("UPDATE_COMPLETE", "failed: smoke test: golden row 0", 3)]
    with pytest.raises(CliError, match="release 3 failed: smoke test: golden row 0: see docs/runbooks/release-failed"):
        wait(Account(looks), NAMES, 3, every=0)


def test_another_decision_and_a_stuck_stack_end_the_wait() -> None:
    with pytest.raises(CliError, match="release 4 was decided on before release 3 was done"):
        wait(Account([("UPDATE_IN_PROGRESS", "", 3), ("UPDATE_IN_PROGRESS", "", 4)]), NAMES, 3, every=0)
    with pytest.raises(CliError, match=r"is UPDATE_ROLLBACK_FAILED: see docs/runbooks/stack-stuck\.md"):
        wait(Account([("UPDATE_ROLLBACK_FAILED", "", 3)]), NAMES, 3, every=0)
