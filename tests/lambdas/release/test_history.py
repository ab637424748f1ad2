"""Which version a rollback returns to."""

from dataclasses import replace

import pytest

from interfaces.releases import GOOD, LEFT
from lambdas.release.history import Entry, NoGoodVersion, last_good, returns, standing, target, unwanted


def entries(*outcomes: tuple[str, str]) -> list[Entry]:
    """Newest first, of outcomes in their order."""
    return [Entry(i, f"arn:g/{p}", "approval", "", "", "", outcome) for i, (p, outcome) in enumerate(outcomes, 1)][::-1]


def test_without_a_name_it_is_the_newest_good_version_that_does_not_serve() -> None:
    history = entries(("1", GOOD), ("2", GOOD), ("3", "failed: it is slow"), ("4", GOOD))
    assert target(history, "", "arn:g/4").generation == 2
    assert target(history, "", "arn:g/2").generation == 4
    assert target(entries(("1", GOOD), ("2", LEFT), ("3", GOOD)), "", "arn:g/3").generation == 1  # what was left is not returned to


def test_a_named_version_is_one_that_was_good_once() -> None:
    history = entries(("1", GOOD), ("2", LEFT), ("3", "failed: it is slow"), ("1", GOOD))
    assert target(history, "arn:g/2", "arn:g/1").generation == 2
    assert target(history, "arn:g/1", "arn:g/1").generation == 4
    with pytest.raises(NoGoodVersion, match=r"version 3 was never released well; versions that were: 1, 2"):
        target(history, "arn:g/3", "arn:g/1")


def test_there_may_be_none() -> None:
    with pytest.raises(NoGoodVersion, match="no other good version"):
        target(entries(("1", GOOD)), "", "arn:g/1")
    with pytest.raises(NoGoodVersion, match="versions that were: none"):
        target([], "arn:g/1", "")
    assert last_good(entries(("1", "failed: x"))) is None


def test_what_a_failed_release_left_is_unwanted_unless_it_is_good_or_the_best_there_is() -> None:
    history = entries(("1", GOOD), ("2", "failed: smoke test"), ("3", LEFT), ("1", "failed: smoke test"))
    good = last_good(history)
    assert not unwanted(history, 1, "arn:g/1", good, off=False)
    assert unwanted(history, 1, "arn:g/1", good, off=True)  # the endpoint runs something else
    assert unwanted(history, 2, "arn:g/2", good, off=False)
    assert unwanted(history, 3, "arn:g/3", good, off=False)
    assert not unwanted(history, 4, "arn:g/1", good, off=False)  # the last good version, though it answered wrongly this time


def test_a_version_that_is_refused_is_skipped_and_named_it_is_said_why() -> None:
    history = entries(("1", GOOD), ("2", GOOD), ("3", GOOD))

    def refused(package: str) -> str:
        return "its package was deleted" if package == "arn:g/2" else ""

    assert target(history, "", "arn:g/3", refused).generation == 1
    with pytest.raises(NoGoodVersion, match="version 2 is not returned to: its package was deleted"):
        target(history, "arn:g/2", "arn:g/3", refused)
    with pytest.raises(NoGoodVersion, match="no other good version to return to; version 2: its package was deleted"):
        target(history[:2], "", "arn:g/3", refused)
    good = last_good(history[1:], refused)
    assert good and good.generation == 1


def test_what_a_rollback_leaves_stands_again_when_that_fails() -> None:
    history = entries(("1", GOOD), ("2", GOOD))
    under_way = Entry(3, "arn:g/1", "rollback", "", "", "", "", leaves=2)
    assert [e.generation for e in standing([under_way, *history])] == [1]
    assert [e.generation for e in standing([replace(under_way, outcome="failed: it is gone"), *history])] == [2, 1]


def test_automatic_returns_are_counted_from_the_newest() -> None:
    kinds = ["automatic", "automatic", "approval", "automatic"]
    history = [Entry(4 - i, "arn:g/1", kind, "", "", "") for i, kind in enumerate(kinds)]
    assert returns(history) == 2 and returns(history[2:]) == 0 and returns(history[:1]) == 1
