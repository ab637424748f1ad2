"""The evaluation is that of the packed model on the test rows."""

import json
from pathlib import Path

import pytest
from sklearn.metrics import roc_auc_score

from interfaces.contract import from_dict
from interfaces.reports import metric_value
from model_code import estimator
from model_code.predict import Bundle, predict
from pipeline_steps.scripts import evaluate, job, train


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


@pytest.mark.parametrize(("problem_type", "goal", "metric"), [("multiclass", "city", "accuracy"), ("regression", "price", "r2")])
def test_other_problems_are_evaluated_too(problem_type, goal, metric, contract, rows, folders, write_version, pack):
    raw = {k: v for k, v in contract.to_dict().items() if k != "positive_label"} | {"target": goal, "problem_type": problem_type}
    raw["columns"]["city"]["allowed"] = ["Bern", "Oslo", "Rome"]
    other, known = from_dict(raw), rows[rows["city"].notna()]
    write_version(folders, known, contract=raw, schema_fingerprint=other.fingerprint())
    bundle = Bundle(estimator.fit(other, estimator.Params(max_iter=10), known), other)
    train.write_artefact(bundle, folders.root / "artefact")
    pack(folders.root / "artefact", folders.root / "model")
    evaluate.main(["--model", folders.model, "--manifest", folders.manifest, "--test", folders.dataset, "--output", folders.out])
    report = json.loads((folders.root / "out" / "evaluation.json").read_text())
    assert 0 < metric_value(report, problem_type, metric) <= 1
    assert report["dataset"]["item_count"] == len(known)


def test_a_missing_artefact_is_a_refusal(finished, folders):
    with pytest.raises(FileNotFoundError, match=r"model\.tar\.gz"):
        evaluate.main(["--model", folders.nowhere, "--manifest", finished.manifest, "--test", finished.test, "--output", folders.out])
