"""Metrics are scikit-learn's, with honest intervals, per slice, in the form that Studio renders."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics as sk

from interfaces.contract import from_dict
from interfaces.reports import METRICS, metric_value
from model_code import evaluate as module
from model_code.evaluate import evaluate, slices

RNG = np.random.default_rng(3)
N = 400
TRUTH = RNG.choice(["0", "1"], N, p=[0.7, 0.3]).astype(object)
CHANCE = np.clip(0.3 * (TRUTH == "1") + RNG.random(N) * 0.7, 0, 1)
PREDICTED = np.where(CHANCE > 0.5, "1", "0").astype(object)


def contract_of(problem_type, **target):
    raw = {"name": "t", "target": "y", "problem_type": problem_type, "columns": {"x": {"type": "number"}, "y": target}}
    return from_dict(raw | ({"positive_label": "1"} if problem_type == "binary" else {}))


BINARY = contract_of("binary", type="string", allowed=["0", "1"])
THREE = contract_of("multiclass", type="string", allowed=["a", "b", "c"])
NUMBER = contract_of("regression", type="number")


@pytest.fixture(scope="module")
def report():
    return evaluate(BINARY, TRUTH, PREDICTED, CHANCE)


def test_binary_metrics_are_scikit_learns(report):
    positive, chosen = TRUTH == "1", PREDICTED == "1"
    expected = {
        "auc": sk.roc_auc_score(positive, CHANCE),
        "accuracy": sk.accuracy_score(positive, chosen),
        "precision": sk.precision_score(positive, chosen),
        "recall": sk.recall_score(positive, chosen),
        "f1": sk.f1_score(positive, chosen),
    }
    assert {name: metric_value(report, "binary", name) for name in METRICS["binary"]} == pytest.approx(expected)
    assert report["dataset"] == {"item_count": N}


def test_multiclass_metrics_are_weighted():
    truth = RNG.choice(["a", "b", "c"], 90, p=[0.6, 0.3, 0.1]).astype(object)
    guess = np.where(RNG.random(90) < 0.6, truth, "a").astype(object)
    got = evaluate(THREE, truth, guess, None)
    expected = {
        "accuracy": sk.accuracy_score(truth, guess),
        "weighted_precision": sk.precision_score(truth, guess, average="weighted", zero_division=0),
        "weighted_recall": sk.recall_score(truth, guess, average="weighted"),
        "weighted_f1": sk.f1_score(truth, guess, average="weighted"),
    }
    assert {name: metric_value(got, "multiclass", name) for name in METRICS["multiclass"]} == pytest.approx(expected)


def test_regression_metrics_and_residuals():
    truth = RNG.normal(10, 3, 250)
    guess = truth + RNG.normal(0, 1, 250)
    got = evaluate(NUMBER, truth, guess, None)
    mse = sk.mean_squared_error(truth, guess)
    expected = {"mae": sk.mean_absolute_error(truth, guess), "mse": mse, "rmse": mse**0.5, "r2": sk.r2_score(truth, guess)}
    assert {name: metric_value(got, "regression", name) for name in METRICS["regression"]} == pytest.approx(expected)
    residuals = got["mlops_loop"]["residuals"]
    assert sum(residuals["counts"]) == 250
    assert (residuals["edges"][0], residuals["edges"][-1]) == pytest.approx(((guess - truth).min(), (guess - truth).max()))


def test_intervals_contain_the_value_and_deviations_are_theirs(report):
    intervals = report["mlops_loop"]["confidence_intervals"]
    assert (set(intervals), report["mlops_loop"]["confidence_level"]) == (set(METRICS["binary"]), 0.95)
    for name, (low, high) in intervals.items():
        entry = report["binary_classification_metrics"][name]
        assert low < entry["value"] < high
        assert (high - low) / 4 == pytest.approx(entry["standard_deviation"], rel=0.3)


def test_an_accuracys_deviation_is_that_of_a_proportion(report):
    entry = report["binary_classification_metrics"]["accuracy"]
    assert entry["standard_deviation"] == pytest.approx((entry["value"] * (1 - entry["value"]) / N) ** 0.5, rel=0.2)


@pytest.mark.parametrize(("count", "known"), [(199, False), (200, True)])
def test_below_200_rows_the_deviation_is_the_text_nan(count, known):
    truth = np.arange(count, dtype=float)
    got = evaluate(NUMBER, truth, truth + 1 + truth % 2, None)["regression_metrics"]["mae"]["standard_deviation"]
    assert (got != "NaN") is known
    assert isinstance(got, float if known else str)


def test_a_seed_repeats_the_resamples():
    got = [evaluate(NUMBER, np.arange(9.0), np.arange(9.0) % 4, None, seed)["mlops_loop"] for seed in (1, 1, 2)]
    assert got[0] == got[1] != got[2]


def test_confusion_matrix_has_actual_outside_and_predicted_inside():
    truth, guess = np.array(["0", "0", "0", "1"], dtype=object), np.array(["0", "1", "1", "1"], dtype=object)
    matrix = evaluate(BINARY, truth, guess, np.array([0.1, 0.9, 0.8, 0.7]))["binary_classification_metrics"]["confusion_matrix"]
    assert matrix == {"0": {"0": 1, "1": 2}, "1": {"0": 0, "1": 1}}


def test_auc_of_one_class_is_no_number():
    got = evaluate(BINARY, np.array(["0"] * 5, dtype=object), np.array(["0"] * 5, dtype=object), np.full(5, 0.2))
    assert metric_value(got, "binary", "auc") is None
    assert metric_value(got, "binary", "accuracy") == 1.0
    assert "auc" not in got["mlops_loop"]["confidence_intervals"]


def test_r2_of_one_row_is_no_number():
    got = evaluate(NUMBER, np.array([1.0]), np.array([3.0]), None)
    assert metric_value(got, "regression", "r2") is None
    assert metric_value(got, "regression", "mae") == 2.0


def test_a_model_that_never_says_yes_has_no_precision():
    got = evaluate(BINARY, np.array(["0", "1"], dtype=object), np.array(["0", "0"], dtype=object), np.array([0.1, 0.2]))
    assert [metric_value(got, "binary", m) for m in ("precision", "recall", "f1")] == [0, 0, 0]


def test_curves_run_from_corner_to_corner_in_at_most_100_points(report):
    roc = report["binary_classification_metrics"]["receiver_operating_characteristic_curve"]
    x, y = roc["false_positive_rates"], roc["true_positive_rates"]
    assert (x[0], y[0], x[-1], y[-1]) == (0, 0, 1, 1)
    assert len(x) == len(y) <= 100
    assert len(report["binary_classification_metrics"]["precision_recall_curve"]["precisions"]) == 100
    assert np.trapezoid(y, x) == pytest.approx(sk.roc_auc_score(TRUTH == "1", CHANCE), abs=0.01)


def test_the_form_is_that_of_a_genuine_report(report, shared):
    source = shared / "reference" / "model_quality_metrics_binary.json"
    if not source.is_file():
        pytest.skip(f"{source} is absent: genuine reports are not part of the project")
    genuine = json.loads(source.read_text())["binary_classification_metrics"]
    ours = report["binary_classification_metrics"]
    for name in set(ours) & set(genuine):
        assert set(ours[name]) == set(genuine[name])
    assert {"accuracy", "precision", "recall", "auc", "confusion_matrix", "precision_recall_curve"} <= set(ours) & set(genuine)


@pytest.fixture
def parts(contract, rows):
    """Slices of the visits, by (column, value); every prediction is 1."""
    truth = rows["bought"].astype(str).to_numpy(dtype=object)
    found = slices(contract, rows, truth, np.full(600, "1", dtype=object), np.full(600, 0.5))
    return {(s["column"], s["value"]): s for s in found}


def test_a_slice_has_the_metrics_of_its_own_rows(parts, rows):
    women = rows[rows["gender"] == "f"]
    assert parts["gender", "f"]["rows"] == len(women)
    assert parts["gender", "f"]["metrics"]["accuracy"] == pytest.approx((women["bought"] == 1).mean())
    assert parts["gender", "f"]["sensitive"] is True


def test_a_slice_below_30_rows_has_a_count_and_no_metrics(parts, rows):
    assert parts["gender", "x"] == {"column": "gender", "value": "x", "rows": int((rows["gender"] == "x").sum()), "sensitive": True}
    assert 0 < parts["gender", "x"]["rows"] < module.MIN_SLICE_ROWS


def test_a_sensitive_quantity_is_cut_at_its_quartiles(parts, rows):
    ages = {value: s["rows"] for (column, value), s in parts.items() if column == "age"}
    assert ages.pop("(missing)") == rows["age"].isna().sum()
    assert len(ages) == 4
    assert sum(ages.values()) == rows["age"].notna().sum()
    assert max(ages.values()) < 1.3 * min(ages.values())


def test_a_sensitive_code_is_sliced_by_value(contract, rows):
    coded = rows.assign(age=pd.array([0, 0, 0, 1, 1, pd.NA] * 100, dtype="Int64"))
    truth = rows["bought"].astype(str).to_numpy(dtype=object)
    found = [s for s in slices(contract, coded, truth, truth, None) if s["column"] == "age"]
    assert {s["value"]: s["rows"] for s in found} == {"0": 300, "1": 200, "(missing)": 100}


def test_a_slice_of_30_rows_has_metrics(contract, rows):
    truth = rows["bought"].astype(str).to_numpy(dtype=object)
    coded = rows.assign(gender=["f"] * 570 + ["m"] * 30)
    found = {s["value"]: s for s in slices(contract, coded, truth, truth, None) if s["column"] == "gender"}
    assert found["m"]["metrics"]["accuracy"] == 1.0
    assert found["m"]["metrics"]["auc"] is None


def test_quartiles_that_coincide_are_one_cut(contract, rows):
    truth = rows["bought"].astype(str).to_numpy(dtype=object)
    tied = rows.assign(age=pd.array([0] * 400 + [i % 40 + 1 for i in range(200)], dtype="Int64"))
    counts = [s["rows"] for s in slices(contract, tied, truth, truth, None) if s["column"] == "age"]
    assert sorted(counts) == [150, 450]


@pytest.mark.parametrize(("labels", "sliced"), [(12, True), (13, False)])
def test_a_short_list_of_allowed_values_is_sliced_though_not_sensitive(labels, sliced, contract, rows):
    raw = contract.to_dict()
    raw["columns"]["gender"]["allowed"] = ["f", "m", "x", *map(str, range(labels - 3))]
    truth = rows["bought"].astype(str).to_numpy(dtype=object)
    found = slices(from_dict({**raw, "sensitive": []}), rows, truth, truth, None)
    assert {(s["column"], s["sensitive"]) for s in found} == ({("gender", False)} if sliced else set())


def test_columns_that_are_neither_sensitive_nor_listed_are_not_sliced(parts):
    assert {column for column, _ in parts} == {"gender", "age"}
