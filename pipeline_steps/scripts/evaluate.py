"""Step Evaluate: measure the model on test rows that training never saw."""

import argparse
import tarfile
import tempfile
from pathlib import Path

import joblib

from interfaces.reports import EVALUATION_FILE
from model_code.estimator import target
from model_code.evaluate import evaluate, slices
from model_code.predict import Bundle, predict
from pipeline_steps.scripts import job


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="evaluate")
    for name in ("model", "manifest", "test", "output"):
        parser.add_argument(f"--{name}", required=True)
    args = parser.parse_args(argv)
    manifest, contract = job.read_manifest(args.manifest)
    bundle = read_bundle(Path(args.model))
    rows = job.read_rows(args.test)
    truth = target(rows, contract)
    predictions = predict(bundle, rows)
    probability = predictions.probability if contract.problem_type == "binary" else None
    report = evaluate(contract, truth, predictions.predicted, probability)
    report["mlops_loop"]["dataset_version"] = manifest.version
    report["mlops_loop"]["slices"] = slices(contract, rows, truth, predictions.predicted, probability)
    job.write_json(report, args.output, EVALUATION_FILE)
    print(f"evaluated on {len(rows)} rows")


def read_bundle(folder: Path) -> Bundle:
    """Load the model from the ``model.tar.gz`` that the training step wrote."""
    with tempfile.TemporaryDirectory() as scratch:
        with tarfile.open(folder / "model.tar.gz") as archive:
            archive.extract("model.joblib", scratch, filter="data")
        return Bundle.from_dict(joblib.load(Path(scratch) / "model.joblib"))
