"""Captured texts under a contract are the training rows again: gaps, spellings, columns."""

import numpy as np
import pandas as pd
import pyarrow as pa

from model_code.monitoring import cells


def test_gaps_and_booleans_are_spelt_as_in_training(contract):
    table = pa.table({"price": [" 1.5", "NA", "?"], "member": ["Yes", "0", ""], "city": ["Bern", " ", "x"]})
    found = cells.features(table, contract).to_pydict()
    assert found == {"price": ["1.5", None, None], "member": ["true", "false", None], "city": ["Bern", None, "x"]}


def test_columns_that_are_no_features_are_left_out_and_unknown_ones_stay(contract):
    table = pa.table({"visit": ["V1"], "bought": ["1"], "price": ["2"], "colour": ["red"]})
    assert cells.features(table, contract).column_names == ["price", "colour"]
    assert cells.features(table, None).column_names == table.column_names


def test_predictions_are_a_column_where_there_are_any(contract):
    answers = pa.table({"prediction": pa.array(["1", None]), "probability": pa.nulls(2, pa.string())})
    assert cells.predicted(answers, cells.prediction_names(contract)).column_names == ["predicted_bought"]
    assert cells.predicted(answers, cells.prediction_names(None)).column_names == ["prediction"]


def test_every_column_is_summarised_by_its_type(contract):
    assert cells.kinds(contract) == {
        "seen_at": "time",
        "price": "number",
        "age": "number",
        "city": "text",
        "gender": "text",
        "member": "text",
        "predicted_bought": "text",
        "probability_bought": "number",
    }
    baseline = {"a": ("Integral", None), "b": ("String", None), "c": ("Unknown", None)}
    assert cells.kinds(None, baseline) == {"a": "number", "b": "text"}


def test_typed_rows_are_those_of_the_training_table(contract, rows):
    texts = pa.table({c.name: [None if pd.isna(v) else str(v) for v in rows[c.name]] for c in contract.features})
    pd.testing.assert_frame_equal(cells.typed(texts, contract), rows[[c.name for c in contract.features]], check_dtype=False)


def test_what_does_not_hold_its_type_is_a_gap_and_no_row_is_lost(contract):
    found = cells.typed(pa.table({"price": ["dear", "2.5"], "age": ["-3", "x"]}), contract)
    assert len(found) == 2
    assert (np.isnan(found["price"][0]), found["price"][1], found["age"][0]) == (True, 2.5, -3)
    assert found["city"].isna().all()


def test_predictions_are_named_by_target_or_as_the_baseline_names_them(contract):
    assert cells.prediction_names(contract, ["predicted_x"]) == ("predicted_bought", "probability_bought")
    assert cells.prediction_names(None, ["predicted_x", "a"]) == ("predicted_x", "probability_x")
    assert cells.prediction_names(None, ["a"]) == cells.prediction_names(None) == ("prediction", "probability")


def test_without_a_contract_columns_of_numbers_are_numbers():
    found = cells.loose(pa.table({"x": ["1", None, "2.5"], "s": ["1", "a", None]}))
    assert found["x"].tolist()[0::2] == [1.0, 2.5]
    assert found["s"].tolist() == ["1", "a", None]
