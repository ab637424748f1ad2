"""Attributions are Shapley values where these are known, and their drift follows the documented rule and example."""

import math
from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.monitoring_config import ConstraintError
from model_code.monitoring.attribution import analysis, compare, ndcg, shap_values


def frame(count, width, seed):
    return pd.DataFrame(np.random.default_rng(seed).normal(size=(count, width)), columns=[f"f{i}" for i in range(width)])


@pytest.mark.parametrize("width", [1, 4, 12])
def test_a_linear_model_is_attributed_exactly_with_all_coalitions_or_some(width):
    rows, background = frame(7, width, 0), frame(5, width, 1)
    weights = np.random.default_rng(2).normal(size=(width, 2))
    found = shap_values(lambda f: f.to_numpy() @ weights, rows, background)
    expected = (rows.to_numpy() - background.to_numpy().mean(axis=0))[:, :, None] * weights
    assert found == pytest.approx(expected, abs=1e-9)


def test_interactions_are_shared_as_shapley_shares_them():
    def model(f):
        x = f.to_numpy()
        return (x[:, 0] * x[:, 1] + np.maximum(x[:, 2], x[:, 0]))[:, None]

    rows, background = frame(3, 3, 3), frame(4, 3, 4)
    found = shap_values(model, rows, background)[:, :, 0]
    for i in range(3):
        expected = np.zeros(3)
        for order in permutations(range(3)):
            mixed = background.copy()
            before = model(mixed).mean()
            for feature in order:
                mixed.iloc[:, feature] = rows.iloc[i, feature]
                after = model(mixed).mean()
                expected[feature] += (after - before) / 6
                before = after
        assert found[i] == pytest.approx(expected, abs=1e-9)


def test_categories_and_gaps_are_mixed_like_numbers():
    rows = pd.DataFrame({"city": ["Oslo", "Bern"], "x": [1.0, np.nan]})
    background = pd.DataFrame({"city": ["Rome"], "x": [0.0]})
    found = shap_values(lambda f: (f["city"].eq("Oslo") * 2 + f["x"].fillna(5)).to_numpy(dtype=float)[:, None], rows, background)
    assert found[:, :, 0].tolist() == [[2.0, 1.0], [0.0, 5.0]]


def test_the_file_has_the_mean_absolute_attribution_per_output():
    values = np.array([[[1.0, 0.0], [-2.0, 4.0]], [[-3.0, 0.0], [0.0, -2.0]]])
    assert analysis(values, np.array([0.25, 0.5]), ["Age", "Zip"], ["no", "yes"]) == {
        "version": "1.0",
        "explanations": {
            "kernel_shap": {
                "no": {"global_shap_values": {"Age": 2.0, "Zip": 1.0}, "expected_value": 0.25},
                "yes": {"global_shap_values": {"Age": 0.0, "Zip": 3.0}, "expected_value": 0.5},
            }
        },
    }


def test_the_documented_example():
    before = {"a": 0.70, "b": 0.50, "c": 0.05}
    reversed_order = ndcg(before, {"a": 0.1, "b": 0.2, "c": 0.3})
    by_hand = (0.05 + 0.50 / math.log2(3) + 0.70 / 2) / (0.70 + 0.50 / math.log2(3) + 0.05 / 2)
    assert reversed_order == pytest.approx(by_hand)
    assert round(reversed_order, 2) == 0.69
    assert ndcg(before, before) == 1.0


@given(st.dictionaries(st.sampled_from("abcdef"), st.tuples(st.floats(0, 10), st.floats(0, 10)), min_size=1))
def test_the_score_is_at_most_1_and_only_the_order_of_today_counts(values):
    before, now = ({k: v[i] for k, v in values.items()} for i in (0, 1))
    score = ndcg(before, now)
    assert 0 <= score <= 1 + 1e-12
    assert ndcg(before, {k: 2 * v for k, v in now.items()}) == pytest.approx(score)


def of(values):
    return {"explanations": {"kernel_shap": {"label0": {"global_shap_values": values, "expected_value": 0.0}}}}


def test_a_score_below_90_percent_is_a_violation_in_the_genuine_words():
    before, now = {"a": 0.70, "b": 0.50, "c": 0.05}, {"a": 0.1, "b": 0.2, "c": 0.3}
    violations, metrics = compare(of(now), of(before))
    score = ndcg(before, now)
    assert violations == {
        "version": "1.0",
        "violations": [
            {
                "label": "label0",
                "metric_name": "shap",
                "constraint_check_type": "feature_attribution_drift_check",
                "description": f"Feature attribution drift {score} exceeds threshold 0.9",
            }
        ],
    }
    assert (metrics["label0: ndcg"].value, metrics["label0: ndcg"].violated) == (score, True)
    assert (metrics["label0: a"].value, metrics["label0: a"].baseline) == (0.1, 0.70)
    assert compare(of(before), of(before))[0]["violations"] == []


@pytest.mark.parametrize("baseline", [{}, {"explanations": 1}, of({"other": 1.0})])
def test_a_baseline_of_another_model_is_refused(baseline):
    with pytest.raises(ConstraintError):
        compare(of({"a": 1.0}), baseline)
