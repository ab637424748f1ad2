"""The evaluation is that of the packed model on the test rows."""

import json
from pathlib import Path

import pytest
from sklearn.metrics import roc_auc_score

from interfaces.contract import from_dict
from interfaces.policy import Plan
from interfaces.reports import metric_value
from model_code import estimator
from model_code.predict import Bundle, predict
from pipeline_steps.scripts import evaluate, job, train
from tests.pipeline_steps.scripts.conftest import pack


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
def test_other_problems_are_evaluated_too(problem_type, goal, metric, contract, rows, folders, write_version):
    raw = {k: v for k, v in contract.to_dict().items() if k != "positive_label"} | {"target": goal, "problem_type": problem_type}
    raw["columns"]["city"]["allowed"] = ["Bern", "Oslo", "Rome"]
    other, known = from_dict(raw), rows[rows["city"].notna()]
    write_version(folders, known, contract=raw, schema_fingerprint=other.fingerprint())
    bundle = Bundle(estimator.fit(other, estimator.Params(max_iter=10), known), other)
    train.write_artefact(bundle, folders.root / "artefact")
    pack(folders.root / "artefact", folders.root / "model")
    run(folders, folders, plan(folders, Plan(metric, 0.05, (), {})), test=folders.dataset, champion=folders.model)
    report = json.loads((folders.root / "out" / "evaluation.json").read_text())
    champion = report["mlops_loop"]["champion"]
    assert (champion["status"], champion["difference"]) == ("compared", 0.0)
    assert 0 < metric_value(report, problem_type, metric) <= 1
    assert report["dataset"]["item_count"] == len(known)


def test_a_missing_artefact_is_a_refusal(finished, folders):
    with pytest.raises(FileNotFoundError, match=r"model\.tar\.gz"):
        run(folders, finished, finished.plan, model=folders.nowhere)


def test_what_the_gate_asks_for_is_in_the_report(finished, report):
    ours = report["mlops_loop"]
    assert ours["champion"] == {"status": "none", "artefact": "s3://b/nothing.txt"}
    assert ours["data"]["created_at"] == "2026-11-01T00:00:00Z"
    assert {b["column"] for b in ours["bias"]} == {"gender", "age"}
    artefact = ours["artefact"]
    assert artefact["size_bytes"] == (Path(finished.model) / "model.tar.gz").stat().st_size
    assert artefact["batch_rows"] == 1000 and artefact["row_ms"] > 0 and artefact["batch_ms"] > 0


def test_the_champion_is_measured_on_the_same_rows(finished, folders):
    """A model trained on the wrong way round is beaten on the test rows."""
    _, contract = job.read_manifest(finished.manifest)
    backwards = job.read_rows(finished.train)
    backwards["bought"] = 1 - backwards["bought"]
    train.write_artefact(Bundle(estimator.fit(contract, estimator.Params(max_iter=10), backwards), contract), folders.root / "artefact")
    pack_into(folders)
    found = run(folders, finished, finished.plan, champion=folders.model, model=finished.model)["champion"]
    assert found["status"] == "compared" and found["test"] == "DeLong" and found["rows"] == len(job.read_rows(finished.test))
    assert found["artefact"] == "s3://b/champion.tar.gz"
    assert found["champion"] < 0.5 < found["challenger"] and found["lower"] > 0


INCOMPARABLE = {"no pickle": b"no pickle", "an archive without a model": None}


@pytest.mark.parametrize("content", INCOMPARABLE.values(), ids=INCOMPARABLE.keys())
def test_a_champion_that_cannot_be_used_is_said_to_be(content, finished, folders):
    (folders.root / "artefact").mkdir()
    (folders.root / "artefact" / ("model.joblib" if content else "other")).write_bytes(content or b"x")
    pack_into(folders)
    found = run(folders, finished, finished.plan, champion=folders.model, model=finished.model)["champion"]
    assert found["status"] == "not comparable" and found["reason"]


def test_behavioural_tests_of_the_plan_run_on_the_artefact(finished, folders):
    tests = {
        "directional": [{"name": "price", "column": "price", "add": 20, "expect": "down", "rows": 50, "tolerance": 0, "min_share": 0.8}]
    }
    found = run(folders, finished, plan(folders, Plan("auc", 0.05, (), tests)), model=finished.model)["behaviour"]
    assert [(r["kind"], r["name"], r["limit"]) for r in found] == [("directional", "price", 0.8)] and found[0]["number"] > 0.8


def plan(folders, content):
    (folders.root / "plan").mkdir()
    (folders.root / "plan" / "plan.json").write_text(content.to_json())
    return folders.plan


def pack_into(folders):
    pack(folders.root / "artefact", folders.root / "model")


def run(folders, given, plan_folder, **changed):
    """The step, with another run's folders; what it adds to the report."""
    paths = {name: getattr(given, name) for name in ("model", "manifest", "test")} | {"champion": folders.nothing, **changed}
    paths["champion-uri"] = "s3://b/champion.tar.gz"
    arguments = [part for k, v in {**paths, "plan": plan_folder, "output": folders.out}.items() for part in (f"--{k}", v)]
    evaluate.main(arguments)
    return json.loads((folders.root / "out" / "evaluation.json").read_text())["mlops_loop"]
