"""Which version a rollback returns to."""

import pytest

from lambdas.release.history import GOOD, LEFT, Entry, NoGoodVersion, last_good, target, unwanted


def entries(*outcomes: tuple[str, str]) -> list[Entry]:
    return [Entry(i, f"arn:g/{p}", "approval", "", "", "", outcome) for i, (p, outcome) in enumerate(outcomes, 1)]


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
    assert not unwanted(history, 1, "arn:g/1", off=False)
    assert unwanted(history, 1, "arn:g/1", off=True)  # the endpoint runs something else
    assert unwanted(history, 2, "arn:g/2", off=False)
    assert unwanted(history, 3, "arn:g/3", off=False)
    assert not unwanted(history, 4, "arn:g/1", off=False)  # the last good version, though it answered wrongly this time
