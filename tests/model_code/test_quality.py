"""Faults that forbid training are named; what is fit for use has none."""

import pandas as pd

from interfaces.contract import from_dict
from model_code.quality import dataset_report


def test_a_good_version_has_no_fault(contract, rows):
    report = dataset_report(rows, contract)
    assert report["faults"] == []
    assert report["rows"] == 600
    assert report["columns"]["age"] == {"missing": int(rows["age"].isna().sum()), "distinct": rows["age"].nunique()}
    assert report["classes"] == rows["bought"].astype(str).value_counts().to_dict()


def test_too_few_rows(contract, rows):
    assert dataset_report(rows.head(49), contract)["faults"] == ["49 rows are too few to train and test on; at least 50"]
    assert dataset_report(rows.head(50), contract)["faults"] == []


def test_missing_columns_are_named(contract, rows):
    report = dataset_report(rows.drop(columns=["age", "city"]), contract)
    assert report["faults"] == ["columns missing from the files: age, city"]


def test_gaps_in_the_target_are_counted(contract, rows):
    spoiled = rows.copy()
    spoiled.loc[[3, 5], "bought"] = pd.NA
    assert dataset_report(spoiled, contract)["faults"] == ["the target 'bought' is missing in 2 rows"]


def test_one_class_is_named(contract, rows):
    assert dataset_report(rows.assign(bought=1), contract)["faults"] == ["the target 'bought' has one class only (1)"]


def test_a_constant_quantity_cannot_be_learned(contract, rows):
    prices = from_dict({**contract.to_dict(), "target": "price", "problem_type": "regression"})
    assert dataset_report(rows, prices)["faults"] == []
    assert dataset_report(rows.assign(price=3.0), prices)["faults"] == ["the target 'price' has one value only"]


def test_copies_are_counted(contract, rows):
    assert dataset_report(pd.concat([rows, rows.head(7)]), contract)["duplicate_rows"] == 7
