"""MODEL_BIAS: the documented bias metrics of the labelled rows, per facet, against the baseline's."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from interfaces import reports
from interfaces.analyzer import AnalyzerSettings
from interfaces.contract import Contract
from interfaces.monitoring_config import ConstraintError
from interfaces.reports import ANALYSIS_CONFIG_FILE, ANALYSIS_FILE, DEVIATIONS_FILE, VIOLATIONS_FILE
from model_code.monitoring import bias_report, cells, explain
from model_code.monitoring.bias import Outcomes
from model_code.monitoring.records import Tally
from pipeline_steps.scripts.analyses import inputs, labelled, shapes
from pipeline_steps.scripts.analyses.model_quality import too_few
from pipeline_steps.scripts.analyses.result import Result, finished, report, undescribed, unfit


def run(given: AnalyzerSettings, known: Contract | None) -> Result:
    """One window of traffic with its labels against its baseline. What is sensitive and favourable, the configuration says."""
    try:
        config = inputs.baseline(given.analysis_config, ANALYSIS_CONFIG_FILE, shapes.BIAS_CONFIG)
        names, problem = config["headers"][:-1], _problem(config, known)
        if not config["facet"]:
            raise inputs.BadBaseline("the analysis configuration names no facet: the contract it was made under has no sensitive feature")
    except (inputs.NoBaseline, inputs.BadBaseline) as error:
        state = reports.NO_BASELINE if isinstance(error, inputs.NoBaseline) else reports.BASELINE_MISMATCH
        return Result(report(given, Tally(), state, str(error)))
    traffic = inputs.Traffic(given, known, names)
    rows, counts = labelled.read(given, known, problem, traffic, described=True)
    trouble = unfit(given, traffic.tally) or undescribed(traffic.tally) or too_few(given, counts)
    if trouble:
        return Result(report(given, traffic.tally, *trouble, labels=counts))
    try:
        found, seen = analyse(known, config, rows)
        out = Result(report(given, traffic.tally, "", ""), plain={ANALYSIS_FILE: found})
        before = inputs.baseline(given.baseline_constraints, ANALYSIS_FILE, shapes.BIAS)
        errors = inputs.beside(given.baseline_constraints, DEVIATIONS_FILE, shapes.DEVIATIONS)
        broken, metrics, verdict = bias_report.compare(found, before, bias_report.deviations(seen), errors)
    except inputs.NoBaseline as error:
        return Result(report(given, traffic.tally, reports.NO_BASELINE, str(error), labels=counts))
    except (inputs.BadBaseline, ConstraintError) as error:
        return Result(report(given, traffic.tally, reports.BASELINE_MISMATCH, str(error), labels=counts))
    out.plain[VIOLATIONS_FILE] = broken
    count = len(broken["violations"])
    state, reason = finished(count)
    out.report = report(given, traffic.tally, state, reason, labels=counts, violations=count, metrics=metrics, verdict=verdict)
    return out


def analyse(
    known: Contract | None, config: dict[str, Any], rows: labelled.Rows
) -> tuple[dict[str, Any], Mapping[tuple[str, str], Outcomes]]:
    """``analysis.json`` of labelled rows, and the outcomes per facet that it was made from."""
    wanted, problem = config["label_values_or_threshold"], _problem(config, known)
    truth, predicted = (bias_report.favourable(problem, np.array(v, dtype=object), wanted) for v in (rows.truth, rows.predicted))
    table = rows.inputs()
    frame = cells.typed(table, known) if known else cells.loose(table)
    seen = bias_report.outcomes(frame, truth, predicted, config)
    return bias_report.analysis(seen, config["label"], explain.spelled(wanted)), seen


def _problem(config: dict[str, Any], known: Contract | None) -> str:
    """Without a contract the favourable outcome tells: a number is a threshold."""
    outcome = config["label_values_or_threshold"][0]
    if known:
        if known.problem_type == "regression" and not shapes.number(outcome):
            raise inputs.BadBaseline(f"the favourable outcome of a regression is {outcome!r}; expected a number")
        return known.problem_type
    return "binary" if isinstance(outcome, str) else "regression"
