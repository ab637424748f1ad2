"""The baseline counts every training row and has the form of a genuine constraints file."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.contract import from_dict
from model_code.baseline import MAX_CATEGORIES, constraints, statistics


def feature(report, name):
    return next(f for f in report["features"] if f["name"] == name)


def test_numbers_are_summarised_from_every_known_value(contract, rows):
    ages = rows["age"].dropna().astype(float)
    numbers = feature(statistics(contract, rows), "age")["numerical_statistics"]
    assert numbers["common"] == {
        "num_present": len(ages),
        "num_missing": 600 - len(ages),
        "approximate_num_distinct_values": ages.nunique(),
        "completeness": len(ages) / 600,
    }
    got = [numbers[k] for k in ("mean", "sum", "std_dev", "min", "max")]
    assert got == pytest.approx([ages.mean(), ages.sum(), ages.std(ddof=0), ages.min(), ages.max()])


def test_texts_are_counted_by_value(contract, rows):
    strings = feature(statistics(contract, rows), "gender")["string_statistics"]
    counts = {b["value"]: b["count"] for b in strings["distribution"]["categorical"]["buckets"]}
    assert counts == rows["gender"].value_counts().to_dict()
    assert strings["distinct_count"] == 3.0


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=50))
def test_ten_buckets_hold_every_value(values):
    contract = from_dict(
        {"name": "t", "target": "y", "problem_type": "regression", "columns": {"x": {"type": "number"}, "y": {"type": "number"}}}
    )
    numbers = feature(statistics(contract, pd.DataFrame({"x": values})), "x")["numerical_statistics"]
    buckets = numbers["distribution"]["kll"]["buckets"]
    assert len(buckets) == 10
    assert sum(b["count"] for b in buckets) == len(values)
    assert (buckets[0]["lower_bound"], buckets[-1]["upper_bound"]) == (min(values), max(values))


def test_a_column_of_gaps_has_counts_and_no_mean(contract, rows):
    gaps = rows.assign(price=np.nan, city=pd.NA)
    numbers = feature(statistics(contract, gaps), "price")["numerical_statistics"]
    assert numbers["common"]["num_missing"] == 600
    assert "mean" not in numbers
    assert feature(constraints(contract, gaps), "city") == {
        "name": "city",
        "inferred_type": "String",
        "completeness": 0.0,
        "string_constraints": {"domains": []},
    }


def test_constraints_are_what_the_rows_hold(contract, rows):
    suggested = constraints(contract, rows)
    assert [f["name"] for f in suggested["features"]] == [c.name for c in contract.features]
    assert [f["inferred_type"] for f in suggested["features"]] == ["String", "Fractional", "Integral", "String", "String", "String"]
    assert feature(suggested, "age")["completeness"] == rows["age"].notna().mean()
    assert feature(suggested, "city")["string_constraints"] == {"domains": ["Bern", "Oslo", "Rome"]}
    assert feature(suggested, "price")["num_constraints"] == {"is_non_negative": True}
    assert feature(constraints(contract, rows.assign(price=0.0)), "price")["num_constraints"] == {"is_non_negative": True}
    assert feature(constraints(contract, rows.assign(price=-rows["price"])), "price")["num_constraints"] == {"is_non_negative": False}


def test_too_many_categories_are_no_domain(contract, rows):
    many = rows.assign(city=[f"c{i % (MAX_CATEGORIES + 1)}" for i in range(600)])
    assert "string_constraints" not in feature(constraints(contract, many), "city")
    assert "distribution" not in feature(statistics(contract, many), "city")["string_statistics"]


def test_the_form_is_that_of_a_genuine_constraints_file(contract, rows, shared):
    source = shared / "reference" / "constraints.data_quality.json"
    if not source.is_file():
        pytest.skip(f"{source} is absent: genuine reports are not part of the project")
    genuine = json.loads(source.read_text())
    ours = json.loads(json.dumps(constraints(contract, rows)))
    assert list(ours) == list(genuine)
    assert ours["monitoring_config"] == genuine["monitoring_config"]
    forms = {(f["inferred_type"], *f, *f.get("num_constraints", ()), *f.get("string_constraints", ())) for f in genuine["features"]}
    forms |= {("Integral", *form[1:]) for form in forms if form[0] == "Fractional"}
    assert {(f["inferred_type"], *f, *f.get("num_constraints", ()), *f.get("string_constraints", ())) for f in ours["features"]} <= forms
