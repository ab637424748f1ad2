"""Violations: each check fires on its fault and on nothing else, in the genuine wording."""

import re

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats

from interfaces.monitoring_config import ConstraintError
from model_code.monitoring import statistics
from model_code.monitoring.cells import kinds
from model_code.monitoring.constraints import suggest
from model_code.monitoring.profile import profile
from model_code.monitoring.violations import compare

BASE = {
    "x": [float(i) for i in range(1000)],
    "n": [i % 10 for i in range(1000)],
    "s": ["a", "b"] * 500,
}


def limits_of(columns=BASE, **config):
    seen = profile([pa.table(columns)])
    content = suggest(seen)
    content["monitoring_config"] |= config.pop("top", {})
    content["monitoring_config"]["distribution_constraints"] |= config
    return content, statistics.read(statistics.statistics(seen, 1000), statistics.frequencies(seen))


def check(columns, limits=None, **options):
    content, before = limits or limits_of()
    return compare(profile([pa.table(columns)], kinds(None, before)), content, before, **options)


def kinds_of(comparison):
    return {(v["feature_name"], v["constraint_check_type"]) for v in comparison.violations}


def test_the_same_rows_violate_nothing():
    found = check(BASE)
    assert found.violations == []
    assert {f.distance for f in found.features.values()} == {0.0}
    assert {f.error for f in found.features.values()} == {0.0}


def test_a_share_of_another_type_is_told_in_the_genuine_words():
    texts = ["1"] * 1970 + ["x"] * 7
    limits = limits_of({"n": [1] * 100})
    [found] = [v for v in check({"n": texts}, limits).violations if v["constraint_check_type"] == "data_type_check"]
    assert found["description"] == (
        "Data type match requirement is not met. Expected data type: Integral, Expected match: 100.0%. "
        "Observed: Only 99.64592817400101% of data is Integral."
    )
    tolerant = limits_of({"n": [1] * 100}, top={"datatype_check_threshold": 0.99})
    assert ("n", "data_type_check") not in kinds_of(check({"n": texts}, tolerant))


def test_gaps_where_there_were_none_are_a_violation():
    gaps = {**BASE, "x": [None, *BASE["x"][1:]]}
    found = check(gaps)
    assert kinds_of(found) == {("x", "completeness_check")}
    assert found.violations[0]["description"] == "Value: 0.999 does not meet the constraint requirement! "
    assert found.features["x"].completeness == 0.999


@pytest.mark.parametrize(("present", "violated"), [(480, False), (440, True)])
def test_a_column_with_gaps_may_have_as_many_as_chance_gives_it(present, violated):
    limits = limits_of({"x": [1.0, None] * 500})
    column = {"x": [1.0] * present + [None] * (1000 - present)}
    assert (("x", "completeness_check") in kinds_of(check(column, limits))) == violated
    strict = limits_of({"x": [1.0, None] * 500}, comparison_method="Simple")
    assert ("x", "completeness_check") in kinds_of(check(column, strict))


def test_drift_is_told_with_distance_and_threshold_where_consumers_look_for_them():
    found = check({**BASE, "x": [v + 500 for v in BASE["x"]]})
    assert kinds_of(found) == {("x", "baseline_drift_check")}
    distance, threshold = re.search(r"distance: (.+) exceeds threshold: (.+)", found.violations[0]["description"]).groups()
    assert (float(distance), float(threshold)) == (found.features["x"].distance, 0.1)
    assert float(distance) == pytest.approx(0.5 - 1.8 * (2 / 1000) ** 0.5)


def test_simple_comparison_does_not_correct_and_its_threshold_is_the_file_s():
    limits = limits_of(comparison_method="Simple", comparison_threshold=0.4)
    half = check({**BASE, "x": [v + 500 for v in BASE["x"]]}, limits)
    assert (half.features["x"].distance, half.features["x"].method) == (0.5, "Simple")
    assert not check({**BASE, "x": [v + 300 for v in BASE["x"]]}, limits).features["x"].drifted


def test_categories_drift_by_frequency_or_by_test():
    moved = {**BASE, "s": ["a"] * 900 + ["b"] * 100}
    frequency = check(moved).features["s"]
    assert (frequency.method, frequency.drifted) == ("LInfinity", True)
    test = check(moved, categorical_method="ChiSquared")
    assert (test.features["s"].method, test.features["s"].drifted) == ("ChiSquared", True)
    assert "p-value" in next(v["description"] for v in test.violations if v["feature_name"] == "s")
    assert test.features["s"].distance < 1e-6
    same = check(BASE, limits_of(categorical_drift_method="ChiSquared")).features["s"]
    assert (same.distance, same.drifted) == (1.0, False)


def test_values_outside_the_domain_are_told_and_may_be_tolerated():
    odd = {**BASE, "s": ["c", *BASE["s"][1:]]}
    found = check(odd)
    assert kinds_of(found) == {("s", "categorical_values_check")}
    assert found.violations[0]["description"] == "Value: 0.999 does not meet the constraint requirement! "
    assert check(odd, limits_of(top={"domain_content_threshold": 0.99})).violations == []


def test_a_negative_value_where_there_was_none_is_told():
    assert kinds_of(check({**BASE, "n": [-1, *BASE["n"][1:]]})) == {("n", "non_negative_check")}


def test_columns_missing_and_extra_are_told_with_their_numbers():
    found = check({"x": BASE["x"], "s": BASE["s"], "new": BASE["n"], "newer": BASE["n"]})
    assert kinds_of(found) == {("Missing columns", "missing_column_check"), ("Extra columns", "extra_column_check")}
    assert found.violations[1]["description"] == (
        "There are extra columns in current dataset. Number of columns in current dataset: 4, "
        "Number of columns in baseline constraints: 3 (new, newer)"
    )
    assert "n" not in found.features


def test_answers_may_be_left_out_of_the_capture():
    assert check({"x": BASE["x"], "s": BASE["s"]}, predictions=("n", "p")).violations == []


def test_a_feature_s_override_holds_for_it_alone():
    content, before = limits_of()
    for feature in content["features"]:
        if feature["name"] == "x":
            feature["monitoring_config_overrides"] = {"distribution_constraints": {"comparison_threshold": 0.9}}
    shifted = {**BASE, "x": [v + 500 for v in BASE["x"]], "n": [v + 5 for v in BASE["n"]]}
    found = check(shifted, (content, before))
    assert kinds_of(found) == {("n", "baseline_drift_check")}
    assert found.features["x"].threshold == 0.9


def test_what_is_disabled_is_neither_checked_nor_compared():
    everything_wrong = {"x": [-5.0, None], "n": ["x", "y"], "s": ["q", "r"]}
    off = limits_of(top={"evaluate_constraints": "Disabled"})
    found = check(everything_wrong, off)
    assert found.violations == []
    assert not any(f.drifted for f in found.features.values())
    silent = check(BASE, limits_of(perform_comparison="Disabled")).features["x"]
    assert (silent.distance, silent.reason) == (None, "perform_comparison is Disabled")


def test_what_cannot_be_compared_says_why():
    content, before = limits_of()
    found = compare(profile([pa.table(BASE)]), content, {**before, "x": ("Fractional", None)}).features["x"]
    assert found.reason == "the baseline has no distribution of this column"
    empty = check({**BASE, "x": pa.nulls(1000, pa.float64())}).features["x"]
    assert (empty.distance, empty.reason) == (None, "the window has no number in this column")


def test_more_categories_than_the_file_lists_are_compared_by_the_counts_beside_it():
    many = {"s": [f"v{i % 500}" for i in range(5000)]}
    assert check(many, limits_of(many)).features["s"].distance == 0.0
    half = {"s": ["v1"] * 2500 + many["s"][:2500]}
    assert check(half, limits_of(many)).features["s"].drifted


def test_the_compatible_mode_does_not_see_a_flag_flip():
    flag, flipped = {"f": [0] * 9000 + [1] * 1000}, {"f": [0] * 1000 + [1] * 9000}
    limits = limits_of(flag)
    assert check(flipped, limits).features["f"].drifted
    assert not check(flipped, limits, deequ_compat=True).features["f"].drifted


@pytest.mark.parametrize("content", [{}, [], {"features": [{"inferred_type": "String"}]}])
def test_a_file_of_another_form_is_refused(content):
    with pytest.raises(ConstraintError):
        compare([], content, {})


def windows(count, shift, columns, seed):
    """How many windows of 1,000 rows find drift in any of some columns, against a baseline of 5,000."""
    rng = np.random.default_rng(seed)
    names = [f"c{i}" for i in range(columns)]

    def table(rows, shift=0.0):
        numbers = {name: rng.normal(shift if i == 0 else 0, 1, rows) for i, name in enumerate(names)}
        return {**numbers, "kind": rng.choice(["a", "b", "c"], rows, p=[0.6, 0.3, 0.1])}

    limits = limits_of(table(5000))
    found = [check(table(1000, shift), limits).features for _ in range(count)]
    return sum(any(f.drifted for f in features.values()) for features in found)


def test_a_drift_of_a_quarter_is_found_in_a_thousand_rows_and_chance_is_not_taken_for_one():
    quarter = 2 * stats.norm.ppf((1 + 0.25) / 2)  # a shift of a normal that moves its distribution function by 0.25
    assert windows(100, quarter, 1, seed=0) >= 99
    assert windows(100, 0.0, 8, seed=1) == 0


def test_what_a_window_would_notice_depends_on_its_rows():
    few = {name: values[:100] for name, values in BASE.items()}
    by_chance = 1.8 * (1100 / 100_000) ** 0.5
    assert check(few).noticed == {name: pytest.approx(0.1 + by_chance) for name in BASE}
    assert check(few, limits_of(comparison_method="Simple", comparison_threshold=0.2)).noticed["x"] == 0.2
    assert check(few, limits_of(perform_comparison="Disabled")).noticed == {}


def test_at_the_threshold_itself_nothing_has_drifted():
    window = {"x": [0.0] * 3 + [1.0] * 5}
    limits = limits_of({"x": [0.0] * 4 + [1.0] * 4}, comparison_method="Simple", comparison_threshold=0.125)
    assert (check(window, limits).features["x"].distance, check(window, limits).features["x"].drifted) == (0.125, False)
    texts = {"s": ["a"] * 3 + ["b"] * 5}
    limits = limits_of({"s": ["a", "b"] * 4}, comparison_method="Simple", categorical_comparison_threshold=0.125)
    assert (check(texts, limits).features["s"].distance, check(texts, limits).features["s"].drifted) == (0.125, False)
