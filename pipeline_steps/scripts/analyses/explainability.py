"""MODEL_EXPLAINABILITY: attributions of the model on the window's rows against those at the baseline."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from interfaces import reports
from interfaces.analyzer import AnalyzerSettings
from interfaces.contract import Contract
from interfaces.monitoring_config import ConstraintError
from interfaces.reports import ANALYSIS_CONFIG_FILE, ANALYSIS_FILE, VIOLATIONS_FILE
from model_code.monitoring import attribution, cells, explain
from model_code.predict import Bundle
from pipeline_steps.scripts.analyses import inputs, shapes
from pipeline_steps.scripts.analyses.result import Result, finished, report, undescribed, unfit
from pipeline_steps.scripts.evaluate import read_bundle

_KEPT = 10 * explain.EXPLAINED_ROWS


def run(given: AnalyzerSettings, known: Contract | None) -> Result:
    """One window of traffic, explained by the model that answered it. The contract is the model's own."""
    if not given.model:
        raise ValueError("MODEL_EXPLAINABILITY needs the folder of model.tar.gz in the variable model")
    bundle = read_bundle(Path(given.model))
    traffic = inputs.Traffic(given, bundle.contract)
    rows = _some(traffic, bundle)
    if trouble := unfit(given, traffic.tally) or undescribed(traffic.tally):
        return Result(report(given, traffic.tally, *trouble))
    try:
        config = inputs.baseline(given.analysis_config, ANALYSIS_CONFIG_FILE, shapes.SHAP_CONFIG)
        before = inputs.baseline(given.baseline_constraints, ANALYSIS_FILE, shapes.ATTRIBUTIONS)
        found = explain.explain(bundle, rows, background(config, bundle.contract))
        out = Result(report(given, traffic.tally, "", ""), plain={ANALYSIS_FILE: found})
        broken, metrics = attribution.compare(found, before)
    except inputs.NoBaseline as error:
        return Result(report(given, traffic.tally, reports.NO_BASELINE, str(error)))
    except (inputs.BadBaseline, ConstraintError) as error:
        return Result(report(given, traffic.tally, reports.BASELINE_MISMATCH, str(error)))
    out.plain[VIOLATIONS_FILE] = broken
    count = len(broken["violations"])
    out.report = report(given, traffic.tally, *finished(count), violations=count, metrics=metrics)
    return out


def background(config: dict[str, Any], known: Contract) -> pd.DataFrame:
    """The configuration's background rows, typed. Raises BadBaseline for rows of other features."""
    names, rows = config["headers"][:-1], config["methods"]["shap"]["baseline"]
    if names != [c.name for c in known.features] or any(len(row) != len(names) for row in rows):
        raise inputs.BadBaseline(
            f"the background rows are of {', '.join(names)}; the model takes {', '.join(c.name for c in known.features)}"
        )
    columns = {name: pa.array([row[i] for row in rows], pa.string()) for i, name in enumerate(names)}
    return cells.typed(pa.table(columns), known)


def _some(traffic: inputs.Traffic, bundle: Bundle) -> pd.DataFrame:
    """A few rows of every chunk, so that memory is bounded; typed."""
    rng = np.random.default_rng(0)
    kept: list[pa.Table] = []
    for chunk in traffic:
        table = cells.features(chunk.given, bundle.contract)
        where = np.sort(rng.permutation(table.num_rows)[:_KEPT])
        kept.append(table.take(pa.array(where, pa.int64())))
    if not kept:
        return pd.DataFrame()
    return cells.typed(pa.concat_tables(kept, promote_options="default"), bundle.contract)
