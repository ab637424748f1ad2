"""Raw rows become typed rows, or problems that name row, column, value and reason."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.contract import Column
from model_code.validate import Problem, check

REASONS = [
    ("age", "12.5", "is not a whole number"),
    ("age", "9007199254740993", "is not a whole number"),
    ("age", "-1", "is below the minimum 0"),
    ("age", "121", "is above the maximum 120"),
    ("price", "inf", "is not a finite number"),
    ("price", "nan", "is not a finite number"),
    ("price", "1_000", "is not a finite number"),
    ("price", "0x1F", "is not a finite number"),
    ("price", "12,50", "is not a finite number"),
    ("gender", "F", "is not one of f, m, x"),
    ("member", "maybe", "is not true or false"),
    ("seen_at", "2026-02-30", "is not an ISO 8601 time"),
    ("seen_at", "01/02/2026", "is not an ISO 8601 time"),
    ("seen_at", "now", "is not an ISO 8601 time"),
    ("price", "", "is missing and the contract does not allow that"),
    ("gender", None, "is missing and the contract does not allow that"),
    ("bought", "?", "is missing and the contract does not allow that"),
]


@pytest.mark.parametrize(("column", "value", "reason"), REASONS)
def test_problem_names_row_column_value_and_reason(contract, raw_rows, column, value, reason):
    raw = raw_rows(5)
    raw.loc[3, column] = value
    checked = check(raw, contract)
    assert checked.problems == [Problem(3, column, value, reason)]
    assert checked.positions.tolist() == [0, 1, 2, 4]
    assert checked.rows["visit"].tolist() == ["V0-0", "V0-1", "V0-2", "V0-4"]


def test_every_problem_of_a_row_is_reported_in_row_order(contract, raw_rows):
    raw = raw_rows(4)
    raw.loc[2, ["price", "gender"]] = ["cheap", "?"]
    raw.loc[1, "bought"] = "2"
    problems = check(raw, contract).problems
    assert [(p.row, p.column) for p in problems] == [(1, "bought"), (2, "price"), (2, "gender")]


@pytest.mark.parametrize("role", ["target", "event_time"])
def test_a_gap_in_target_or_event_time_is_refused_even_where_the_column_may_be_missing(contract, raw_rows, role):
    columns = tuple(replace(c, nullable=True) for c in contract.columns)
    lenient = replace(contract, columns=columns, event_time="seen_at")
    raw = raw_rows(3)
    raw.loc[1, getattr(lenient, role)] = "NA"
    assert [(p.row, p.value) for p in check(raw, lenient).problems] == [(1, "NA")]


def test_good_rows_have_the_contracts_types_and_order(contract, raw_rows):
    raw = raw_rows(5)[["bought", "member", "gender", "city", "age", "price", "seen_at", "visit"]]
    raw.loc[0] = ["1", "YES", " f ", "?", "  41 ", "1e2", "2026-01-01T01:00:00+02:00", "V"]
    raw.loc[1, ["age", "member"]] = ["", "No"]
    rows = check(raw, contract).rows
    assert list(rows.columns) == [c.name for c in contract.columns]
    kinds = {
        "visit": "string",
        "seen_at": "datetime64[ns, UTC]",
        "price": "float64",
        "age": "Int64",
        "member": "boolean",
        "bought": "Int64",
    }
    assert {name: str(rows[name].dtype) for name in kinds} == kinds
    first = rows.iloc[0]
    assert (first["member"], first["gender"], first["age"], first["price"]) == (True, "f", 41, 100.0)
    assert first["seen_at"] == pd.Timestamp("2025-12-31T23:00:00Z")
    assert first["city"] is pd.NA
    assert rows.loc[1, "age"] is pd.NA
    assert not rows.loc[1, "member"]


def test_bounds_are_part_of_the_range(contract, raw_rows):
    raw = raw_rows(2).assign(age=["0", "120"], price=["0", "0.0"])
    assert not check(raw, contract).problems


def test_the_index_of_the_raw_rows_has_no_say(contract, raw_rows):
    raw = raw_rows(20)
    pd.testing.assert_frame_equal(check(raw.set_index(raw.index[::-1] + 7), contract).rows, check(raw, contract).rows)


def test_only_the_given_columns_are_checked(contract, raw_rows):
    raw = raw_rows(3).drop(columns="bought")
    raw.loc[0, "gender"] = "unheard of"
    checked = check(raw, contract, columns=(Column("price", "number"),))
    assert not checked.problems
    assert list(checked.rows.columns) == ["price"]


def test_a_column_of_gaps_alone_keeps_its_type(contract, raw_rows):
    raw = raw_rows(3).assign(seen_at=None, age="", city="?")
    rows = check(raw, contract).rows
    assert len(rows) == 3
    assert [str(rows[c].dtype) for c in ("seen_at", "age", "city")] == ["datetime64[ns, UTC]", "Int64", "string"]


CELLS = st.sampled_from(["", "?", "0", "1", "40", "-1", "1e3", "f", "true", "maybe", "2026-01-01", "x" * 9, None])


@given(st.lists(st.lists(CELLS, min_size=8, max_size=8), max_size=12), st.integers(-5, 5))
def test_good_and_bad_rows_are_all_rows_and_none_twice(contract, cells, first):
    raw = pd.DataFrame(cells, columns=[c.name for c in contract.columns], index=range(first, first + len(cells)), dtype=object)
    checked = check(raw, contract)
    good, bad = checked.positions.tolist(), {p.row for p in checked.problems}
    assert not bad & set(good)
    assert sorted([*good, *bad]) == list(range(len(raw)))
    assert len(checked.rows) == len(good)
    assert checked.rows["visit"].tolist() == raw["visit"].iloc[np.array(good, dtype=int)].tolist()
