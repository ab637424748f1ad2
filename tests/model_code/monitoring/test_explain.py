"""The analysis configuration holds what a window must be compared with; explanations are of the model's own outputs."""

import numpy as np
import pandas as pd
import pytest

from interfaces.contract import from_dict
from model_code import estimator
from model_code.monitoring import attribution, explain
from model_code.predict import Bundle, predict


def test_the_configuration_names_label_facets_and_background(contract, rows):
    found = explain.configuration(contract, rows)
    names = [c.name for c in contract.features]
    assert found["headers"] == [*names, "bought"]
    assert (found["label"], found["label_values_or_threshold"]) == ("bought", ["1"])
    facets = {f["name_or_index"]: f["value_or_threshold"] for f in found["facet"]}
    assert facets == {"gender": ["f", "m", "x"], "age": [float(rows["age"].astype("float64").median())]}
    background = found["methods"]["shap"]["baseline"]
    assert len(background) == explain.BACKGROUND_ROWS
    assert {row[names.index("member")] for row in background} <= {"true", "false"}
    assert explain.configuration(contract, rows) == found


def test_explanations_add_up_to_the_prediction(bundle, rows):
    answer, labels = explain.outputs(bundle)
    features = estimator.as_features(rows, bundle.contract)
    some, background = features.iloc[:5], features.iloc[5:9]
    values = attribution.shap_values(answer, some, background)
    expected = predict(bundle, some).probability - predict(bundle, background).probability.mean()
    assert labels == ("label0",)
    assert values[:, :, 0].sum(axis=1) == pytest.approx(expected)


def test_what_drives_the_outcome_leads(bundle, rows):
    found = explain.explain(bundle, rows, rows.iloc[:5])
    values = found["explanations"]["kernel_shap"]["label0"]["global_shap_values"]
    assert max(values, key=values.get) == "price"


class Thirds:
    """Three classes with fixed chances."""

    classes_ = np.array(["a", "b", "c"], dtype=object)

    def predict_proba(self, features: pd.DataFrame) -> np.ndarray:
        return np.tile([0.5, 0.3, 0.2], (len(features), 1))


def test_every_class_of_several_is_explained():
    columns = {"x": {"type": "number"}, "y": {"type": "string", "allowed": ["a", "b", "c"]}}
    contract = from_dict({"name": "t", "target": "y", "problem_type": "multiclass", "columns": columns})
    found = explain.explain(Bundle(Thirds(), contract), pd.DataFrame({"x": [1.0, 2.0]}), pd.DataFrame({"x": [0.0]}))
    assert {k: v["expected_value"] for k, v in found["explanations"]["kernel_shap"].items()} == {"a": 0.5, "b": 0.3, "c": 0.2}
