"""MODEL_BIAS: the documented bias metrics of the labelled rows, per facet, against the baseline's."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from interfaces import reports
from interfaces.analyzer import AnalyzerSettings
from interfaces.contract import Contract
from interfaces.reports import ANALYSIS_CONFIG_FILE, ANALYSIS_FILE, DEVIATIONS_FILE, VIOLATIONS_FILE
from model_code.monitoring import bias_report, cells, explain
from model_code.monitoring.bias import Outcomes
from model_code.monitoring.constraints import ConstraintError
from pipeline_steps.scripts.analyses import inputs, labelled
from pipeline_steps.scripts.analyses.model_quality import too_few
from pipeline_steps.scripts.analyses.result import Result, finished, report, unfit


def run(given: AnalyzerSettings, known: Contract | None) -> Result:
    """One window of traffic with its labels against its baseline. A contract is needed: it says what is sensitive."""
    if known is None:
        raise ValueError("MODEL_BIAS needs a contract")
    traffic = inputs.Traffic(given, known)
    rows, counts = labelled.read(given, known, traffic)
    trouble = unfit(given, traffic.tally) or too_few(given, counts)
    if trouble:
        return Result(report(given, traffic.tally, *trouble, labels=counts))
    try:
        config = inputs.baseline(given.analysis_config, ANALYSIS_CONFIG_FILE)
        found, seen = analyse(known, config, rows)
        out = Result(report(given, traffic.tally, "", ""), plain={ANALYSIS_FILE: found})
        before = inputs.baseline(given.baseline_constraints, ANALYSIS_FILE)
        errors = inputs.beside(given.baseline_constraints, DEVIATIONS_FILE) or {}
        broken, metrics, verdict = bias_report.compare(found, before, bias_report.deviations(seen), errors)
    except inputs.NoBaseline as error:
        return Result(report(given, traffic.tally, reports.NO_BASELINE, str(error), labels=counts))
    except (inputs.BadBaseline, ConstraintError, KeyError, TypeError) as error:
        return Result(report(given, traffic.tally, reports.BASELINE_MISMATCH, str(error), labels=counts))
    out.plain[VIOLATIONS_FILE] = broken
    count = len(broken["violations"])
    state, reason = finished(count)
    out.report = report(given, traffic.tally, state, reason, labels=counts, violations=count, metrics=metrics, verdict=verdict)
    return out


def analyse(known: Contract, config: dict[str, Any], rows: labelled.Rows) -> tuple[dict[str, Any], Mapping[tuple[str, str], Outcomes]]:
    """``analysis.json`` of labelled rows, and the outcomes per facet that it was made from."""
    wanted = config["label_values_or_threshold"]
    truth, predicted = (bias_report.favourable(known.problem_type, np.array(v, dtype=object), wanted) for v in (rows.truth, rows.predicted))
    seen = bias_report.outcomes(cells.typed(rows.inputs(), known), truth, predicted, config)
    return bias_report.analysis(seen, config["label"], explain.spelled(wanted)), seen
