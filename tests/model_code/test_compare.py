"""The paired tests against published values, simulation and the definitions."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from model_code.compare import _classification, _regression, compare
from model_code.evaluate import scores
from model_code.predict import Predictions


@pytest.fixture
def truth():
    return np.array(["1" if u < 0.4 else "0" for u in np.random.default_rng(0).random(300)])


def scored(truth, noise, seed):
    """A model whose score follows the truth with noise."""
    chance = (truth == "1") + np.random.default_rng(seed).normal(0, noise, len(truth))
    return Predictions(np.where(chance > 0.5, "1", "0"), chance)


def binary(contract, metric, truth, a, b, alpha=0.05):
    return compare(contract, metric, truth, a, b, alpha)


def test_delong_agrees_with_the_definition_by_pairs(contract, truth):
    """Standard error from the structural components, written out pair by pair (DeLong et al. 1988, eq. 4 to 6)."""
    a, b = scored(truth, 0.8, 1), scored(truth, 1.2, 2)
    found = binary(contract, "auc", truth, a, b)
    positive = truth == "1"
    parts = []
    for score in (a.probability, b.probability):
        x, y = score[positive], score[~positive]
        psi = (x[:, None] > y[None, :]) + 0.5 * (x[:, None] == y[None, :])
        parts.append((psi.mean(axis=1), psi.mean(axis=0), psi.mean()))
    s10 = np.cov(parts[0][0], parts[1][0]) / positive.sum()
    s01 = np.cov(parts[0][1], parts[1][1]) / (~positive).sum()
    spread = s10 + s01
    assert found["difference"] == pytest.approx(parts[0][2] - parts[1][2])
    assert found["standard_error"] == pytest.approx(np.sqrt(spread[0, 0] + spread[1, 1] - 2 * spread[0, 1]))
    assert found["test"] == "DeLong" and found["rows"] == 300


def test_a_better_model_is_found_better_and_the_other_way_round(contract, truth):
    good, bad = scored(truth, 0.5, 1), scored(truth, 2.0, 2)
    for metric in ("auc", "accuracy", "f1"):
        found, reverse = binary(contract, metric, truth, good, bad), binary(contract, metric, truth, bad, good)
        assert found["lower"] > 0 and found["p_value"] < 0.01
        assert reverse["upper"] < 0 and reverse["difference"] == pytest.approx(-found["difference"])


@pytest.mark.parametrize("metric", ["auc", "accuracy", "f1"])
def test_a_model_against_itself_differs_by_nothing(contract, truth, metric):
    same = scored(truth, 1.0, 1)
    found = binary(contract, metric, truth, same, same)
    assert (found["difference"], found["p_value"]) == (0, 1)
    assert found["lower"] == pytest.approx(-found["upper"]) and -0.03 < found["lower"] < 0 and found["standard_error"] > 0


def repeat(positive, negative, probability=(0.9, 0.1)):
    """Truth with so many rows of each class, and a model that is right on all of them."""
    truth = np.array(["1"] * positive + ["0"] * negative)
    return truth, Predictions(truth, np.where(truth == "1", *probability))


@pytest.mark.parametrize("metric", ["auc", "accuracy", "f1", "precision", "recall"])
def test_few_rows_without_a_difference_do_not_rule_one_out(contract, metric):
    """On 10 rows of each class even a model that equals the other everywhere is not shown to be within a hundredth of it."""
    few, many = ((found := repeat(n, n)) and binary(contract, metric, found[0], found[1], found[1]) for n in (10, 1000))
    assert few["lower"] < -0.05 and few["upper"] > 0.05
    assert -0.01 < many["lower"] < 0, "with many rows it is"


@pytest.mark.parametrize("metric", ["auc", "precision", "recall", "f1"])
@pytest.mark.parametrize("positive", [1, 9])
def test_too_few_rows_of_a_class_are_not_compared(contract, metric, positive):
    truth, model = repeat(positive, 100)
    with pytest.raises(ValueError, match=f"too few rows: {positive} of a class that {metric} is about, at least 10"):
        binary(contract, metric, truth, model, model)


def test_too_few_rows_of_the_other_class_or_at_all_neither(contract):
    truth, model = repeat(100, 9)
    with pytest.raises(ValueError, match="too few rows"):
        binary(contract, "auc", truth, model, model)
    truth, model = repeat(5, 4)
    with pytest.raises(ValueError, match="too few rows: 9 "):
        binary(contract, "accuracy", truth, model, model)


@pytest.mark.parametrize("metric", ["mae", "mse", "rmse", "r2"])
def test_errors_that_never_differ_have_bounds_too(contract, metric):
    regression = replace(contract, problem_type="regression", target="price", positive_label=None)
    truth = np.random.default_rng(3).normal(50, 10, 40)
    same = Predictions(truth + 2.0, None)
    found = compare(regression, metric, truth, same, same, 0.05)
    assert found["lower"] < 0 < found["upper"] and found["difference"] == 0


def test_the_bounds_of_accuracy_are_those_of_agresti_and_min(contract):
    """Half a row in each cell: 8.5 and 2.5 discordant of 102 rows."""
    truth = np.array(["1"] * 100)
    right = lambda wrong: Predictions(np.array(["0" if i in wrong else "1" for i in range(100)]), None)  # noqa: E731
    found = binary(contract, "accuracy", truth, right({0, 1}), right(set(range(2, 10))))
    error = np.sqrt(8.5 / 102 + 2.5 / 102 - (6 / 102) ** 2) / np.sqrt(102)
    assert found["standard_error"] == pytest.approx(error)
    assert found["lower"] == pytest.approx(6 / 102 - stats.norm.ppf(0.95) * error)


def test_the_test_is_paired(contract, truth):
    """Two models that err on the same rows are told apart where independent ones of equal AUC would not be."""
    shared = (truth == "1") + np.random.default_rng(1).normal(0, 1.5, len(truth))
    better = shared + 0.15 * (truth == "1")
    a, b = (Predictions(np.where(s > 0.5, "1", "0"), s) for s in (better, shared))
    found = binary(contract, "auc", truth, a, b)
    apart = binary(contract, "auc", truth, a, scored(truth, 1.5, 9))
    assert found["lower"] > 0 and found["standard_error"] < apart["standard_error"] / 3


def test_mcnemar_counts_discordant_rows(contract):
    """Exact p of 8 against 2 discordant rows: 2 * P(X <= 2), X ~ Binomial(10, 1/2)."""
    truth = np.array(["1"] * 100)
    right = lambda wrong: Predictions(np.array(["0" if i in wrong else "1" for i in range(100)]), None)  # noqa: E731
    found = binary(contract, "accuracy", truth, right({0, 1}), right(set(range(2, 10))))
    assert found["difference"] == pytest.approx(0.06)
    assert found["p_value"] == pytest.approx(2 * stats.binom.cdf(2, 10, 0.5))


def test_errors_of_a_regression_are_compared_row_by_row(contract):
    regression = replace(contract, problem_type="regression", target="price", positive_label=None)
    rng = np.random.default_rng(3)
    truth = rng.normal(50, 10, 200)
    a, b = (Predictions(truth + rng.normal(0, s, 200), None) for s in (2.0, 3.0))
    found = compare(regression, "mae", truth, a, b, 0.05)
    expected = stats.ttest_rel(np.abs(truth - b.predicted), np.abs(truth - a.predicted))
    assert found["difference"] > 0, "a smaller error is better"
    assert found["p_value"] == pytest.approx(expected.pvalue) and found["test"] == "paired t"
    assert compare(regression, "r2", truth, a, b, 0.05)["test"] == "paired bootstrap"


def test_bounds_widen_with_the_level(contract, truth):
    a, b = scored(truth, 1.0, 1), scored(truth, 1.1, 2)
    wide, narrow = binary(contract, "auc", truth, a, b, 0.01), binary(contract, "auc", truth, a, b, 0.2)
    assert wide["lower"] < narrow["lower"] < narrow["upper"] < wide["upper"]


def test_where_the_metric_is_not_defined_nothing_is_compared(contract):
    truth = np.array(["1"] * 20)
    with pytest.raises(ValueError, match="auc is not defined on the 20 held-out rows"):
        binary(contract, "auc", truth, scored(truth, 1, 1), scored(truth, 1, 2))


def test_the_level_is_held_under_no_difference(contract):
    """Of 100 pairs of equally good models about 5 % are found better at that level; a two-sided 99.9 % band around it."""
    rng = np.random.default_rng(5)
    wrong = 0
    for seed in range(100):
        truth = np.where(rng.random(80) < 0.4, "1", "0")
        wrong += binary(contract, "auc", truth, scored(truth, 1.0, 2 * seed), scored(truth, 1.0, 2 * seed + 1))["lower"] > 0
    assert stats.binom.ppf(0.0005, 100, 0.05) <= wrong <= stats.binom.ppf(0.9995, 100, 0.05)


@pytest.mark.parametrize("metric", ["precision", "recall", "f1"])
def test_resampled_metrics_are_those_of_the_report(contract, truth, metric):
    """The picked rows' metric, counted from a confusion matrix, is the one that the evaluation reports."""
    model = scored(truth, 1.0, 1)
    pick = np.random.default_rng(4).integers(0, len(truth), len(truth))
    assert _classification(contract, metric, truth, model.predicted)(pick) == pytest.approx(
        scores(contract, truth[pick], model.predicted[pick], None)[metric]
    )


@pytest.mark.parametrize("metric", ["weighted_precision", "weighted_recall", "weighted_f1"])
def test_weighted_ones_too(contract, metric):
    rng = np.random.default_rng(4)
    three = replace(contract, problem_type="multiclass", target="gender", positive_label=None)
    truth, predicted = (rng.choice(["f", "m", "x"], 200, p=[0.6, 0.3, 0.1]) for _ in range(2))
    pick = rng.integers(0, 200, 200)
    assert _classification(three, metric, truth, predicted)(pick) == pytest.approx(
        scores(three, truth[pick], predicted[pick], None)[metric]
    )


@pytest.mark.parametrize("metric", ["r2", "rmse"])
def test_of_a_regression_as_well(contract, metric):
    regression = replace(contract, problem_type="regression", target="price", positive_label=None)
    rng = np.random.default_rng(4)
    truth, predicted, pick = rng.normal(size=90), rng.normal(size=90), rng.integers(0, 90, 90)
    assert _regression(regression, metric, truth, predicted)(pick) == pytest.approx(
        scores(regression, truth[pick], predicted[pick], None)[metric]
    )
