"""Reports are spelt as the service spells them, and read back as the same values."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_code.monitoring.genuine_json import double, dumps


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (14402689218.907343, "1.4402689218907343E10"),  # these two stand in genuine files
        (3.8e7, "3.8E7"),
        (0.0, "0.0"),
        (-1.0, "-1.0"),
        (23191.0, "23191.0"),
        (0.001, "0.001"),
        (0.00012, "1.2E-4"),
        (9999999.0, "9999999.0"),
        (1e7, "1.0E7"),
        (-1e22, "-1.0E22"),
        (math.nan, '"NaN"'),
        (math.inf, '"Infinity"'),
        (-math.inf, '"-Infinity"'),
    ],
)
def test_doubles_are_java_s(value, text):
    assert double(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_double_reads_back(value):
    assert float(double(value)) == value


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda v: st.lists(v) | st.dictionaries(st.text(), v)))
def test_every_report_reads_back(value):
    assert json.loads(dumps(value)) == value
