"""Step Evaluate: measure the model on test rows that training never saw, and gather what the gate asks for."""

import argparse
import pickle
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd

from interfaces.contract import Contract
from interfaces.errors import InterfaceError
from interfaces.manifest import Manifest
from interfaces.policy import Plan
from interfaces.reports import EVALUATION_FILE, GOLDEN_FILE
from model_code import behaviour
from model_code.bias import bias
from model_code.compare import compare
from model_code.estimator import target
from model_code.evaluate import evaluate, slices
from model_code.golden import golden
from model_code.predict import Bundle, Predictions, predict
from pipeline_steps.scripts import job
from pipeline_steps.scripts.measure import measure

ARTEFACT = "model.tar.gz"
# what an artefact of other times can fail with: another target, absent columns, pickles of other libraries
_INCOMPARABLE = (
    ValueError, KeyError, TypeError, AttributeError, ImportError, EOFError, OSError,
    InterfaceError, tarfile.TarError, pickle.UnpicklingError,
)  # fmt: skip


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="evaluate")
    for name in ("model", "manifest", "test", "champion", "champion-uri", "plan", "output"):
        parser.add_argument(f"--{name}", required=True)
    args = parser.parse_args(argv)
    manifest, contract = job.read_manifest(args.manifest)
    plan = _plan(Path(args.plan))
    rows = job.read_rows(args.test)
    truth = target(rows, contract)
    with unpacked(Path(args.model) / ARTEFACT) as folder:
        bundle = load(folder)
        predictions = predict(bundle, rows)
        report = _quality(contract, rows, truth, predictions)
        ours = report["mlops_loop"]
        ours["dataset_version"] = manifest.version
        ours["data"] = _data(manifest, contract, rows)
        compared = _champion(Path(args.champion), plan, contract, rows, truth, predictions)
        ours["champion"] = {**compared, "artefact": args.champion_uri}
        ours["behaviour"] = behaviour.run(bundle, rows, plan.behaviour)
        if contract.problem_type == "binary":
            ours["bias"] = bias(contract, rows, truth, predictions.predicted, plan.bias_columns or contract.sensitive)
        job.write_json(golden(bundle, rows), args.output, GOLDEN_FILE)
        ours["artefact"] = measure(Path(args.model) / ARTEFACT, folder, contract, rows)
    job.write_json(report, args.output, EVALUATION_FILE)
    print(f"evaluated on {len(rows)} rows; champion: {ours['champion']['status']}")


def _quality(contract: Contract, rows: pd.DataFrame, truth: np.ndarray, predictions: Predictions) -> dict[str, Any]:
    probability = predictions.probability if contract.problem_type == "binary" else None
    report = evaluate(contract, truth, predictions.predicted, probability)
    report["mlops_loop"]["slices"] = slices(contract, rows, truth, predictions.predicted, probability)
    return report


def _data(manifest: Manifest, contract: Contract, rows: pd.DataFrame) -> dict[str, Any]:
    """How fresh the data is: the newest rows are test rows, as rows with an event time are split by it."""
    newest = pd.to_datetime(rows[contract.event_time], utc=True).max().isoformat() if contract.event_time else None
    return {"created_at": manifest.created_at, "newest_event_at": newest}


def _champion(
    folder: Path, plan: Plan, contract: Contract, rows: pd.DataFrame, truth: np.ndarray, challenger: Predictions
) -> dict[str, Any]:
    """The comparison with the model that serves; ``none`` where nothing serves, and why where the two cannot be compared."""
    if not (folder / ARTEFACT).is_file():
        return {"status": "none"}
    try:
        champion = read_bundle(folder)
        if champion.contract.classes != contract.classes or champion.contract.problem_type != contract.problem_type:
            raise ValueError("the champion predicts another target")
        predictions = predict(champion, rows)
        compared = compare(contract, plan.champion_metric, truth, challenger, predictions, plan.significance)
    except _INCOMPARABLE as error:
        return {"status": "not comparable", "reason": f"{type(error).__name__}: {error}"[:500]}
    return {"status": "compared", **compared}


def _plan(folder: Path) -> Plan:
    files = sorted(folder.glob("*.json"))
    if len(files) != 1:
        raise FileNotFoundError(f"{folder} holds {len(files)} evaluation plans; expected the policy's one")
    return Plan.from_json(files[0].read_text())


@contextmanager
def unpacked(artefact: Path) -> Iterator[Path]:
    """The content of a ``model.tar.gz`` in a folder of its own."""
    with tempfile.TemporaryDirectory() as scratch:
        with tarfile.open(artefact) as archive:
            archive.extractall(scratch, filter="data")
        yield Path(scratch)


def read_bundle(folder: Path) -> Bundle:
    """The model of the ``model.tar.gz`` in a folder."""
    with unpacked(folder / ARTEFACT) as content:
        return load(content)


def load(folder: Path) -> Bundle:
    """The model of an unpacked artefact."""
    return Bundle.from_dict(joblib.load(folder / "model.joblib"))
