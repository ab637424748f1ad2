"""The baselines on disk are those of the training run's rows and model, one for each monitor."""

import json
from pathlib import Path

import pytest

from interfaces.reports import BASELINES
from model_code.estimator import target
from model_code.monitoring import statistics
from model_code.monitoring.distribution import Numbers
from model_code.predict import predict
from pipeline_steps.scripts import job
from pipeline_steps.scripts.evaluate import read_bundle


@pytest.fixture
def baselines(finished):
    return {
        path.relative_to(finished.baseline).as_posix(): json.loads(path.read_text()) for path in Path(finished.baseline).rglob("*.json")
    }


def test_there_is_a_baseline_for_every_monitor(baselines):
    assert set(baselines) == {
        "statistics.json",
        "constraints.json",
        "frequencies.json",
        "analysis_config.json",
        "model_quality/statistics.json",
        "model_quality/constraints.json",
        "bias/analysis.json",
        "bias/deviations.json",
        "explainability/analysis.json",
    }
    assert {path.rpartition("/")[0] for path in baselines} == {folder.rstrip("/") for folder in BASELINES.values()}


def test_features_are_described_by_training_rows_and_predictions_by_test_rows(baselines, finished, contract):
    train, test = job.read_rows(finished.train), job.read_rows(finished.test)
    content = baselines["statistics.json"]
    features = {f["name"]: f for f in content["features"]}
    assert list(features) == ["predicted_bought", "probability_bought", *(c.name for c in contract.features)]
    assert content["dataset"]["item_count"] == len(train)
    assert features["price"]["numerical_statistics"]["mean"] == pytest.approx(train["price"].mean())
    probability = predict(read_bundle(Path(finished.model)), test).probability
    found = statistics.read(content)["probability_bought"][1]
    assert isinstance(found, Numbers)
    assert (found.values.tolist(), found.total) == (sorted(set(probability)), len(test))


def test_quality_is_that_of_the_test_rows(baselines, finished, contract):
    test = job.read_rows(finished.test)
    right = predict(read_bundle(Path(finished.model)), test).predicted == target(test, contract)
    metrics = baselines["model_quality/statistics.json"]["binary_classification_metrics"]
    assert metrics["accuracy"]["value"] == pytest.approx(right.mean())
    limits = baselines["model_quality/constraints.json"]["binary_classification_constraints"]
    assert limits["accuracy"] == {"threshold": metrics["accuracy"]["value"], "comparison_operator": "LessThanThreshold"}


def test_every_sensitive_column_is_a_facet_and_every_feature_has_an_attribution(baselines, contract):
    facets = baselines["bias/analysis.json"]["post_training_bias_metrics"]["facets"]
    assert set(facets) == set(contract.sensitive)
    values = baselines["explainability/analysis.json"]["explanations"]["kernel_shap"]["label0"]["global_shap_values"]
    assert list(values) == [c.name for c in contract.features]
    assert max(values, key=values.get) == "price"
