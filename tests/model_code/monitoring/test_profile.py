"""A column's profile is the same however its rows are cut into chunks or shards."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_code.monitoring.profile import Profile, profile
from model_code.monitoring.statistics import statistics

CELLS = st.lists(st.sampled_from([None, "1", "2", "2.5", "-7", "x", "true", "1e3"]), max_size=40)


@given(CELLS, CELLS, st.sampled_from([None, "number", "text", "time"]))
def test_merging_equals_reading_everything(one, other, kind):
    whole, left, right = (Profile("c", kind) for _ in range(3))
    whole.add(pa.array(one + other, pa.string()))
    left.add(pa.array(one, pa.string()))
    right.add(pa.array(other, pa.string()))
    left.merge(right)
    assert (left.present, left.missing, left.votes, left.inferred_type) == (whole.present, whole.missing, whole.votes, whole.inferred_type)
    if whole.present and whole.inferred_type == "String":
        assert statistics([left], 1) == statistics([whole], 1)


def test_types_follow_the_cells_or_the_given_kind():
    def kind(cells, given=None):
        found = Profile("c", given)
        found.add(pa.array(cells, pa.string()))
        return found.inferred_type

    assert [kind(c) for c in (["1", "2"], ["1", "2.5"], ["1", "x"], [None])] == ["Integral", "Fractional", "String", "Unknown"]
    assert kind(["01234"], "text") == "String"
    assert (kind(["1", "x"], "number"), kind(["1.5", "x"], "number")) == ("Integral", "Fractional")


def test_what_is_not_finite_is_a_gap_and_what_is_no_number_no_value():
    floats = Profile("c")
    floats.add(pa.array([1.0, np.nan, np.inf, None]))
    assert (floats.present, floats.missing, floats.completeness, floats.numbers.count) == (1, 3, 0.25, 1)
    texts = Profile("c", "number")
    texts.add(pa.array(["1", "- 2", "abc", "1e400"]))
    assert (texts.present, texts.numbers.count, texts.numbers.low) == (4, 2, -2.0)


def test_a_column_that_a_chunk_lacks_is_missing_there():
    chunks = [pa.table({"a": [1, 2]}), pa.table({"a": [3], "b": ["x"]}), pa.table({"b": ["y", "z"]})]
    found = {p.name: (p.present, p.missing) for p in profile(chunks)}
    assert found == {"a": (3, 2), "b": (3, 2)}


@pytest.mark.parametrize("cells", [pa.array(["a", "b", "a"]).dictionary_encode(), pa.chunked_array([["a"], ["b", "a"]])])
def test_arrow_s_encodings_make_no_difference(cells):
    [found] = profile([pa.table({"c": cells})])
    assert found.texts.distribution().counts == {"a": 2, "b": 1}


def test_times_are_counted_and_not_compared():
    found = Profile("t", "time")
    found.add(pa.array([1, 2, 2], pa.timestamp("us")))
    assert (found.inferred_type, found.texts.distribution(), found.texts.distinct) == ("String", None, 2)


def test_numbers_are_read_as_the_endpoint_reads_them_where_a_column_holds_numbers():
    cells = pa.table({"x": [".5", "5.", "- 2", "1e1", "x", None]})
    [known], [unknown] = profile([cells], {"x": "number"}), profile([cells])
    assert (known.numbers.count, known.numbers.low, known.numbers.high) == (4, -2, 10)
    assert unknown.numbers.count == 2
    assert known.votes == {"Integral": 1, "Fractional": 1, "String": 3}  # the type is Deequ's
