"""Every row is in exactly one part, and nothing of a test row is seen in training."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from interfaces.contract import from_dict
from model_code.split import Split, SplitError, split

CONTENT = from_dict(
    {
        "name": "t",
        "target": "y",
        "problem_type": "regression",
        "columns": {"a": {"type": "integer"}, "b": {"type": "string"}, "y": {"type": "number"}},
    }
)
TIMED = from_dict(
    {**CONTENT.to_dict(), "event_time": "t", "columns": {"t": {"type": "timestamp"}, "a": {"type": "integer"}, "y": {"type": "number"}}}
)


def frame(keys) -> pd.DataFrame:
    rows = pd.DataFrame({"a": pd.array(keys, dtype="Int64"), "b": "x", "y": np.arange(len(keys), dtype=float)})
    return rows.assign(t=pd.Timestamp("2026-01-01", tz="UTC") + pd.to_timedelta(keys, unit="min"))


def sides(parts: Split, size: int) -> np.ndarray:
    """The part of each row; fails unless every row is in exactly one."""
    everything = np.concatenate([parts.train, parts.validation, parts.test])
    assert sorted(everything.tolist()) == list(range(size))
    side = np.empty(size, dtype=int)
    for number, part in enumerate((parts.train, parts.validation, parts.test)):
        side[part] = number
    return side


def try_split(rows, contract, seed=0) -> Split:
    try:
        return split(rows, contract, seed)
    except SplitError:
        assume(False)
        raise


@given(st.lists(st.integers(0, 40), min_size=20, max_size=120), st.integers(0, 5))
def test_copies_of_a_row_are_on_one_side(keys, seed):
    rows = frame(keys)
    side = pd.Series(sides(try_split(rows, CONTENT, seed), len(rows)))
    assert side.groupby(keys).nunique().max() == 1


@given(st.lists(st.integers(0, 30), min_size=5, max_size=120))
def test_parts_follow_in_time_and_no_instant_straddles_a_boundary(keys):
    rows = frame(keys)
    parts = try_split(rows, TIMED)
    assert parts.method == "time"
    sides(parts, len(rows))
    times = np.array(keys)
    assert times[parts.train].max() < times[parts.validation].min()
    assert times[parts.validation].max() < times[parts.test].min()


@given(st.lists(st.integers(0, 25), min_size=30, max_size=120))
def test_rows_of_one_identifier_are_on_one_side(contract, raw_rows, people):
    rows = raw_rows(len(people)).assign(visit=[f"P{p}" for p in people], price=np.arange(len(people)))
    parts = try_split(rows, contract)
    assert parts.method == "identifier"
    assert pd.Series(sides(parts, len(rows))).groupby(people).nunique().max() == 1


def test_shares_are_70_15_15():
    for contract in (CONTENT, TIMED):
        parts = split(frame(list(range(4000))), contract)
        assert [len(p) / 4000 for p in (parts.train, parts.validation, parts.test)] == pytest.approx([0.7, 0.15, 0.15], abs=0.02)


def test_a_seed_decides_and_another_seed_decides_otherwise():
    rows = frame(list(range(300)))
    first, again, other = split(rows, CONTENT, 1), split(rows, CONTENT, 1), split(rows, CONTENT, 2)
    assert first.test.tolist() == again.test.tolist()
    assert first.test.tolist() != other.test.tolist()


def test_the_target_has_no_say_in_the_side():
    rows = frame(list(range(300)))
    assert split(rows, CONTENT).test.tolist() == split(rows.assign(y=0.0), CONTENT).test.tolist()


def test_gaps_in_the_key_are_a_value_of_their_own():
    rows = frame(list(range(200)))
    rows["b"] = [None, "x"] * 100
    assert len(sides(split(rows, CONTENT), 200)) == 200


def test_copies_alone_cannot_be_divided():
    with pytest.raises(SplitError, match="part is empty: 100 rows divided by content; land more rows, or more distinct ones"):
        split(frame([7] * 100), CONTENT)


def test_one_instant_cannot_be_divided():
    with pytest.raises(SplitError, match="the train part is empty: 100 rows divided by time"):
        split(frame([7] * 100), TIMED)


@pytest.mark.parametrize("part", ["train", "test"])
def test_a_part_with_one_class_is_refused(contract, rows, part):
    timed = replace(contract, event_time="seen_at")
    parts = split(rows, timed)
    spoiled = rows.copy()
    spoiled.loc[getattr(parts, part), "bought"] = 1
    with pytest.raises(SplitError, match=f"the {part} part has one class of 'bought' only"):
        split(spoiled, timed)
