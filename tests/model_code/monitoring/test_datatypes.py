"""Types by Deequ's expressions, and who counts as whom."""

import pyarrow as pa
import pytest

from model_code.monitoring.datatypes import inferred, matching, votes


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("1", "Integral"),
        ("-12", "Integral"),
        ("+ 3", "Integral"),
        ("1.0", "Fractional"),
        ("-0.5", "Fractional"),
        ("1e5", "Fractional"),
        ("1.5E-7", "Fractional"),
        ("true", "Boolean"),
        ("True", "String"),
        (".5", "String"),
        ("1.", "String"),
        ("NaN", "String"),
        ("1,000", "String"),
        ("", "String"),
    ],
)
def test_a_text_has_the_type_that_deequ_gives_it(text, kind):
    assert votes(pa.array([text, None])) == {kind: 1}


def test_typed_cells_have_their_own_type():
    assert votes(pa.array([1, None], pa.int64())) == {"Integral": 1}
    assert votes(pa.array([1.0, 2.0])) == {"Fractional": 2}
    assert votes(pa.array([True])) == {"Boolean": 1}
    assert votes(pa.array([None], pa.string())) == {}


@pytest.mark.parametrize(
    ("counts", "kind"),
    [
        ({}, "Unknown"),
        ({"Integral": 5}, "Integral"),
        ({"Integral": 5, "Fractional": 1}, "Fractional"),
        ({"Integral": 5, "String": 1}, "String"),
        ({"Boolean": 5}, "String"),
        ({"Boolean": 5, "Integral": 1}, "String"),
    ],
)
def test_a_column_has_the_widest_type_of_its_cells(counts, kind):
    assert inferred(counts) == kind


def test_a_whole_number_is_fractional_and_a_fraction_not_integral():
    counts = {"Integral": 3, "Fractional": 1, "String": 1}
    assert (matching(counts, "Integral"), matching(counts, "Fractional")) == (0.6, 0.8)
    assert matching(counts, "String") == matching({}, "Integral") == 1.0
