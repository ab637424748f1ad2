"""The evaluation is that of the packed model on the test rows."""

import json
from pathlib import Path

import pytest
from sklearn.metrics import roc_auc_score

from interfaces.reports import metric_value
from model_code.predict import predict
from pipeline_steps.scripts import evaluate, job


@pytest.fixture(scope="module")
def report(finished):
    return json.loads((Path(finished.evaluation) / "evaluation.json").read_text())


def test_metrics_are_those_of_the_test_rows(finished, report):
    test = job.read_rows(finished.test)
    chance = predict(evaluate.read_bundle(Path(finished.model)), test).probability
    assert metric_value(report, "binary", "auc") == pytest.approx(roc_auc_score(test["bought"].astype(int), chance))
    assert report["dataset"]["item_count"] == len(test)


def test_the_report_names_its_version_and_slices_the_sensitive_columns(report):
    assert report["mlops_loop"]["dataset_version"] == "v1"
    assert {s["column"] for s in report["mlops_loop"]["slices"] if s["sensitive"]} == {"gender", "age"}


def test_a_missing_artefact_is_a_refusal(finished, folders):
    with pytest.raises(FileNotFoundError, match=r"model\.tar\.gz"):
        evaluate.main(["--model", folders.nowhere, "--manifest", finished.manifest, "--test", finished.test, "--output", folders.out])
