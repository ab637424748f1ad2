"""Model quality reproduces the documented reports, and constraints and violations follow from them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk

from interfaces.monitoring_config import ConstraintError
from model_code.monitoring.quality import Labelled, compare, metrics, statistics, suggest


def from_confusion(matrix, problem, probability=None, classes=("0", "1")):
    pairs = [(i, j) for i, row in enumerate(matrix) for j, n in enumerate(row) for _ in range(n)]
    truth, predicted = np.array(pairs).T
    return Labelled(problem, truth, predicted, probability, classes)


# The documented example of the service: four rows, "0" called "0" once and "1" twice, "1" called "1" once.
DOCUMENTED_BINARY = {
    "recall": 1.0,
    "precision": 0.3333333333333333,
    "accuracy": 0.5,
    "recall_best_constant_classifier": 1.0,
    "precision_best_constant_classifier": 0.25,
    "accuracy_best_constant_classifier": 0.25,
    "true_positive_rate": 1.0,
    "true_negative_rate": 0.33333333333333337,
    "false_positive_rate": 0.6666666666666666,
    "false_negative_rate": 0.0,
    "f0_5": 0.3846153846153846,
    "f1": 0.5,
    "f2": 0.7142857142857143,
    "f0_5_best_constant_classifier": 0.29411764705882354,
    "f1_best_constant_classifier": 0.4,
    "f2_best_constant_classifier": 0.625,
    "auc": 1.0,
}
DOCUMENTED_MATRIX = [[1180, 510], [268, 138]]
DOCUMENTED_MULTICLASS = {
    "accuracy": 0.6288167938931297,
    "weighted_recall": 0.6288167938931297,
    "weighted_precision": 0.6983172269629505,
    "weighted_f0_5": 0.6803947317178771,
    "weighted_f1": 0.6571162346664904,
    "weighted_f2": 0.6384024354394601,
    "accuracy_best_constant_classifier": 0.19370229007633588,
    "weighted_recall_best_constant_classifier": 0.19370229007633588,
    "weighted_precision_best_constant_classifier": 0.03752057718081697,
    "weighted_f0_5_best_constant_classifier": 0.04473443104152011,
    "weighted_f1_best_constant_classifier": 0.06286421243683643,
    "weighted_f2_best_constant_classifier": 0.10570313141262414,
}
DOCUMENTED_REGRESSION = {"mae": 0.3711832061068702, "mse": 0.3711832061068702, "rmse": 0.609248066149471, "r2": -1.3766111872212665}


def test_the_documented_binary_report():
    rows = from_confusion([[1, 2], [0, 1]], "binary", probability=np.array([0.1, 0.6, 0.7, 0.9]))
    report = statistics(rows, {"start_time": "a", "end_time": "b", "evaluation_time": "c"})
    block = report["binary_classification_metrics"]
    assert block["confusion_matrix"] == {"0": {"0": 1, "1": 2}, "1": {"0": 0, "1": 1}}
    assert {k: v["value"] for k, v in block.items() if "value" in v} == pytest.approx(DOCUMENTED_BINARY, rel=1e-15)
    assert {v["standard_deviation"] for v in block.values() if "value" in v} == {"NaN"}
    assert set(block["receiver_operating_characteristic_curve"]) == {"false_positive_rates", "true_positive_rates"}
    assert set(block["precision_recall_curve"]) == {"precisions", "recalls"}
    assert report["dataset"] == {"item_count": 4, "start_time": "a", "end_time": "b", "evaluation_time": "c"}


def test_the_documented_multiclass_report_with_its_constant_classifier():
    """It answers the last label, 19 % of the rows, and not the most frequent one."""
    found = metrics(from_confusion(DOCUMENTED_MATRIX, "multiclass"))
    assert {k: round(v, 9) for k, v in found.items()} == {k: round(v, 9) for k, v in DOCUMENTED_MULTICLASS.items()}


def test_the_documented_regression_report():
    rows = from_confusion(DOCUMENTED_MATRIX, "multiclass")
    found = metrics(Labelled("regression", rows.truth.astype(float), rows.predicted.astype(float)))
    assert found == pytest.approx(DOCUMENTED_REGRESSION, rel=1e-14)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=60))
def test_weighted_metrics_are_scikit_learn_s(pairs):
    truth, predicted = np.array(pairs).T
    found = metrics(Labelled("multiclass", truth, predicted, classes=("a", "b", "c")))
    for name, beta in (("f0_5", 0.5), ("f1", 1), ("f2", 2)):
        expected = sk.fbeta_score(truth, predicted, beta=beta, average="weighted", zero_division=0)
        assert found[f"weighted_{name}"] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("count", "known"), [(199, False), (200, True)])
def test_deviations_are_over_five_samples_of_80_percent_from_200_rows_on(count, known):
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, count)
    rows = Labelled("binary", truth, np.where(rng.random(count) < 0.8, truth, 1 - truth), rng.random(count), ("0", "1"))
    entry = statistics(rows)["binary_classification_metrics"]["accuracy"]
    if not known:
        assert entry["standard_deviation"] == "NaN"
        return
    # a sample without replacement of a share f deviates by sqrt(p (1 - p) / n * (1 - f) / f)
    expected = (0.8 * 0.2 / count * 0.25) ** 0.5
    assert expected / 4 < entry["standard_deviation"] < expected * 3


def test_constraints_are_the_baseline_s_own_values_each_in_its_direction():
    rows = from_confusion([[60, 40], [10, 90]], "binary")
    limits = suggest(statistics(rows), "binary")
    block = limits["binary_classification_constraints"]
    assert block["recall"] == {"threshold": 0.9, "comparison_operator": "LessThanThreshold"}
    assert block["false_positive_rate"] == {"threshold": 0.4, "comparison_operator": "GreaterThanThreshold"}
    assert not [name for name in block if name.endswith("best_constant_classifier")]
    numbers = Labelled("regression", np.array([1.0, 2.0, 4.0]), np.array([1.0, 3.0, 4.0]))
    operators = {k: v["comparison_operator"] for k, v in suggest(statistics(numbers), "regression")["regression_constraints"].items()}
    assert operators == {**dict.fromkeys(("mae", "mse", "rmse"), "GreaterThanThreshold"), "r2": "LessThanThreshold"}


def test_violations_are_told_in_the_service_s_words():
    limits = suggest(statistics(from_confusion([[60, 40], [10, 90]], "binary")), "binary")
    assert compare(statistics(from_confusion([[60, 40], [10, 90]], "binary")), limits, "binary")[0] == []
    worse = statistics(from_confusion([[60, 40], [30, 70]], "binary"))
    violations, reports = compare(worse, limits, "binary")
    [recall] = [v for v in violations if v["metric_name"] == "recall"]
    deviation = worse["binary_classification_metrics"]["recall"]["standard_deviation"]
    assert recall == {
        "constraint_check_type": "LessThanThreshold",
        "description": f"Metric recall with 0.7 +/- {deviation} was LessThanThreshold '0.9'",
        "metric_name": "recall",
    }
    few = compare(statistics(from_confusion([[6, 4], [3, 7]], "binary")), limits, "binary")[0]
    assert "Metric recall with 0.7 was LessThanThreshold '0.9'" in {v["description"] for v in few}
    assert {v["metric_name"] for v in violations} >= {"recall", "false_negative_rate", "accuracy"}
    assert (reports["recall"].violated, reports["true_negative_rate"].violated) == (True, False)


def test_constraints_of_another_kind_are_refused():
    report = statistics(from_confusion([[6, 4], [3, 7]], "binary"))
    with pytest.raises(ConstraintError, match="no binary_classification_constraints; it has version, regression_constraints"):
        compare(report, {"version": 0.0, "regression_constraints": {}}, "binary")
    odd = {"binary_classification_constraints": {"recall": {"threshold": 1, "comparison_operator": "Below"}}}
    with pytest.raises(ConstraintError, match="allowed: LessThanThreshold, GreaterThanThreshold"):
        compare(report, odd, "binary")
