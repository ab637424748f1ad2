"""Step Baseline: what every monitor compares with, from the rows and the model of one training run.

Data quality comes from training rows and, for predictions, from test rows, because a model answers better where it has
learned; model quality, bias and attributions come from test rows.
"""

import argparse
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from interfaces.contract import Contract
from interfaces.reports import (
    ANALYSIS_CONFIG_FILE,
    ANALYSIS_FILE,
    BASELINES,
    CONSTRAINTS_FILE,
    DEVIATIONS_FILE,
    FREQUENCIES_FILE,
    STATISTICS_FILE,
)
from model_code.estimator import target
from model_code.monitoring import bias_report, cells, constraints, explain, genuine_json, quality, statistics
from model_code.monitoring.profile import profile
from model_code.predict import Bundle, Predictions, predict
from pipeline_steps.scripts import job
from pipeline_steps.scripts.analyses import bias, labelled
from pipeline_steps.scripts.analyses.explainability import background
from pipeline_steps.scripts.evaluate import read_bundle


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="baseline")
    for name in ("manifest", "train", "test", "model", "output"):
        parser.add_argument(f"--{name}", required=True)
    args = parser.parse_args(argv)
    _, contract = job.read_manifest(args.manifest)
    train, test = job.read_rows(args.train), job.read_rows(args.test)
    bundle = read_bundle(Path(args.model))
    predictions = predict(bundle, test)
    data_quality(contract, train, predictions, args.output)
    config = explain.configuration(contract, train)
    job.write_json(config, args.output, ANALYSIS_CONFIG_FILE)
    rows = _rows(contract, test, predictions)
    measured = quality.statistics(labelled.quality_rows(rows, contract, contract.problem_type))
    folder = f"{args.output}/{BASELINES['MODEL_QUALITY']}"
    _genuine(measured, folder, STATISTICS_FILE)
    _genuine(quality.suggest(measured, contract.problem_type), folder, CONSTRAINTS_FILE)
    found, seen = bias.analyse(contract, config, rows)
    folder = f"{args.output}/{BASELINES['MODEL_BIAS']}"
    job.write_json(found, folder, ANALYSIS_FILE)
    job.write_json(bias_report.deviations(seen), folder, DEVIATIONS_FILE)
    _attributions(bundle, config, test, f"{args.output}/{BASELINES['MODEL_EXPLAINABILITY']}")
    print(f"baselines of {len(train)} training and {len(test)} test rows, {len(contract.features)} features")


def data_quality(contract: Contract, train: pd.DataFrame, predictions: Predictions, folder: str) -> None:
    """Statistics and constraints of the features, the predictions in front."""
    kinds = cells.kinds(contract)
    table = _table(contract, train)
    answers = _answers(contract, predictions)
    seen = [*profile([answers], kinds), *profile([table], kinds)]
    _genuine(statistics.statistics(seen, len(train)), folder, STATISTICS_FILE)
    _genuine(constraints.suggest(seen), folder, CONSTRAINTS_FILE)
    job.write_json(statistics.frequencies(seen), folder, FREQUENCIES_FILE)


def _table(contract: Contract, rows: pd.DataFrame) -> pa.Table:
    names = [c.name for c in contract.features]
    return cells.features(pa.Table.from_pandas(rows[names], preserve_index=False), contract)


def _answers(contract: Contract, predictions: Predictions) -> pa.Table:
    """Predictions as the endpoint answers and the monitor sees them."""
    predicted, probability = cells.prediction_names(contract)
    if predictions.probability is None:
        return pa.table({predicted: pa.array(predictions.predicted, pa.float64())})
    likely = predictions.probability if predictions.probability.ndim == 1 else predictions.probability.max(axis=1)
    return pa.table({predicted: pa.array(predictions.predicted, pa.string()), probability: pa.array(likely, pa.float64())})


def _rows(contract: Contract, test: pd.DataFrame, predictions: Predictions) -> labelled.Rows:
    likely = predictions.probability
    binary = contract.problem_type == "binary" and likely is not None
    return labelled.Rows(
        truth=list(target(test, contract)),
        predicted=list(predictions.predicted),
        probability=[float(p) for p in likely] if binary and likely is not None else [None] * len(test),
        tables=[_as_texts(_table(contract, test))],
    )


def _as_texts(table: pa.Table) -> pa.Table:
    """Typed rows as the texts that a client would send: one path through `cells.typed` for baseline and window."""
    columns: dict[str, Any] = {}
    for name in table.column_names:
        column = table.column(name)
        columns[name] = pa.array([explain.cell(v) for v in column.to_pandas()], pa.string())
    return pa.table(columns)


def _attributions(bundle: Bundle, config: dict[str, Any], test: pd.DataFrame, folder: str) -> None:
    job.write_json(explain.explain(bundle, test, background(config, bundle.contract)), folder, ANALYSIS_FILE)


def _genuine(content: dict[str, Any], folder: str, name: str) -> None:
    Path(folder).mkdir(parents=True, exist_ok=True)
    (Path(folder) / name).write_text(genuine_json.dumps(content))
