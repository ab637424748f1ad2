"""MODEL_QUALITY: metrics of the labelled rows against the baseline's, and whether quality has decayed."""

from pathlib import Path
from typing import Any

from interfaces import reports
from interfaces.analyzer import AnalyzerSettings
from interfaces.contract import Contract
from interfaces.monitoring_config import ConstraintError
from interfaces.reports import CONSTRAINTS_FILE, STATISTICS_FILE, VIOLATIONS_FILE, LabelCounts
from model_code.monitoring import cells, decay, quality, violations
from model_code.monitoring.profile import profile
from pipeline_steps.scripts.analyses import cloudwatch, data_quality, inputs, labelled, shapes
from pipeline_steps.scripts.analyses.result import Result, finished, report, unfit


def run(given: AnalyzerSettings, known: Contract | None) -> Result:
    """One window of traffic with its labels against its baseline."""
    problem = inputs.problem_type(given, known)
    traffic = inputs.Traffic(given, known)
    rows, counts = labelled.read(given, known, problem, traffic)
    trouble = unfit(given, traffic.tally) or too_few(given, counts)
    out = Result(report(given, traffic.tally, *(trouble or ("", "")), labels=counts))
    if not rows.truth:
        return out
    measured = labelled.quality_rows(rows, known, problem)
    window = {"start_time": given.start_time, "end_time": given.end_time, "evaluation_time": given.end_time}
    found = quality.statistics(measured, window)
    out.genuine = {STATISTICS_FILE: found, CONSTRAINTS_FILE: quality.suggest(found, problem)}
    if trouble:
        return out
    try:
        limits = inputs.baseline(given.baseline_constraints, CONSTRAINTS_FILE, shapes.QUALITY_CONSTRAINTS)
        broken, metrics = quality.compare(found, limits, problem)
        before = _statistics(given)
        verdict = decay.verdict(measured, decay.baseline_loss(before, limits, problem), *_inputs(given, known, rows))
    except inputs.NoBaseline as error:
        out.report = report(given, traffic.tally, reports.NO_BASELINE, str(error), labels=counts)
        return out
    except (inputs.BadBaseline, ConstraintError) as error:
        out.report = report(given, traffic.tally, reports.BASELINE_MISMATCH, str(error), labels=counts)
        return out
    out.genuine[VIOLATIONS_FILE] = {"violations": broken}
    out.metrics = cloudwatch.of_metrics(metrics)
    state, reason = finished(len(broken))
    out.report = report(given, traffic.tally, state, reason, labels=counts, violations=len(broken), metrics=metrics, verdict=verdict)
    return out


def _statistics(given: AnalyzerSettings) -> Any:
    """The statistics that are given or lie beside the constraints, if they came along: how sure the baseline's loss is."""
    if given.baseline_statistics:
        return inputs.baseline(given.baseline_statistics, STATISTICS_FILE, shapes.QUALITY_STATISTICS)
    return inputs.beside(given.baseline_constraints, STATISTICS_FILE, shapes.QUALITY_STATISTICS)


def too_few(given: AnalyzerSettings, counts: LabelCounts) -> tuple[str, str] | None:
    """State and reason below the minimum of labels, or None."""
    least = max(1, given.minimum_labels)
    if counts.labelled >= least:
        return None
    share = f"{counts.share:.1%} of the window's rows"
    return reports.TOO_FEW_LABELS, f"{counts.labelled} labels, {share}; at least {least} are asked for"


def _inputs(given: AnalyzerSettings, known: Contract | None, rows: labelled.Rows) -> tuple[list[str] | None, list[str]]:
    """Inputs of the labelled rows that moved, and those of which these rows are too few to tell. None where nothing was compared: no
    data-quality baseline is given or lies where the baseline step puts it, or it has no distribution of these columns."""
    above = Path(given.baseline_constraints).parent.parent
    files = given.data_statistics or str(above / STATISTICS_FILE), given.data_constraints or str(above / CONSTRAINTS_FILE)
    if not all(Path(file).is_file() for file in files):
        return None, []
    before, limits = data_quality.read_baseline(*files)
    seen = profile(rows.tables, cells.kinds(known, before))
    names = {p.name for p in seen}
    limits["features"] = [f for f in limits["features"] if f["name"] in names]
    compared = violations.compare(seen, limits, before, deequ_compat=given.distance == "deequ-compat")
    if not compared.noticed:
        return None, []
    drifted = sorted(name for name, feature in compared.features.items() if feature.drifted)
    return drifted, sorted(name for name, least in compared.noticed.items() if least > decay.MATTERS)
