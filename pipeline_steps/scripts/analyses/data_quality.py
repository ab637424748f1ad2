"""DATA_QUALITY: statistics of the window, constraints they suggest, and what drifted; predictions included."""

from typing import Any

from interfaces import reports
from interfaces.analyzer import AnalyzerSettings
from interfaces.contract import Contract
from interfaces.monitoring_config import ConstraintError, config
from interfaces.reports import CONSTRAINTS_FILE, FREQUENCIES_FILE, STATISTICS_FILE, VIOLATIONS_FILE
from model_code.monitoring import cells, constraints, datatypes, statistics, violations
from model_code.monitoring.profile import Profile, Profiles
from model_code.monitoring.records import BAD_INPUT, Tally
from pipeline_steps.scripts.analyses import cloudwatch, inputs, shapes
from pipeline_steps.scripts.analyses.result import Result, finished, report, undescribed, unfit

Baseline = tuple[dict[str, Any], dict[str, Any]]


def run(given: AnalyzerSettings, known: Contract | None) -> Result:
    """One window of traffic against its baseline."""
    found: Baseline | None = None
    trouble: tuple[str, str] | None = None
    try:
        found = read_baseline(given.baseline_statistics, given.baseline_constraints)
    except inputs.NoBaseline as error:
        trouble = reports.NO_BASELINE, str(error)
    except inputs.BadBaseline as error:
        trouble = reports.BASELINE_MISMATCH, str(error)
    described = [f["name"] for f in found[1]["features"]] if found else []
    answers = cells.prediction_names(known, described)
    traffic = inputs.Traffic(given, known, [name for name in described if name not in answers])
    seen, tally = _profiles(traffic, known, answers, found), traffic.tally
    out = Result(report(given, tally, "", ""))
    if tally.rows:
        out.genuine[STATISTICS_FILE] = statistics.statistics(seen, tally.rows)
        out.genuine[CONSTRAINTS_FILE] = constraints.suggest(seen, given.categorical_drift_method or "LInfinity")
        out.metrics = cloudwatch.of_profiles(seen)
    trouble = unfit(given, tally) or _unseen(found, answers, tally) or trouble or (_mismatch(seen, found[1]) if found else None)
    if trouble or found is None:
        state, reason = trouble or (reports.NO_BASELINE, "")
        features = {p.name: reports.FeatureReport(p.completeness, reason=reason) for p in seen}
        out.report = report(given, tally, state, reason, features=features)
        return out
    return _compared(given, known, found, seen, out, traffic)


def _profiles(traffic: inputs.Traffic, known: Contract | None, answers: tuple[str, str], found: Baseline | None) -> list[Profile]:
    """Predictions in front, as Model Monitor orders them, and the features of those rows whose input was read."""
    kinds = cells.kinds(known, found[0] if found else None)
    predicted, features = Profiles(kinds), Profiles(kinds)
    for chunk in traffic:
        predicted.add(cells.predicted(chunk.answers, answers), chunk.answers.num_rows)
        features.add(cells.features(chunk.given, known))
    return [*predicted.all(), *(features.all() if features.rows else ())]


def _unseen(found: Baseline | None, answers: tuple[str, str], tally: Tally) -> tuple[str, str] | None:
    """Answers may be captured alone: then they are compared, and the baseline's features are not missed."""
    if found and not tally.described and not tally.faults[BAD_INPUT]:
        found[1]["features"] = [f for f in found[1]["features"] if f["name"] in answers]
        return None if found[1]["features"] else undescribed(tally)
    return undescribed(tally)


def read_baseline(statistics_path: str, constraints_path: str) -> Baseline:
    """Distributions by column, and the constraints. Raises NoBaseline and BadBaseline."""
    content = inputs.baseline(statistics_path, STATISTICS_FILE, shapes.STATISTICS)
    limits = inputs.baseline(constraints_path, CONSTRAINTS_FILE, shapes.CONSTRAINTS)
    return statistics.read(content, inputs.beside(statistics_path, FREQUENCIES_FILE, shapes.FREQUENCIES)), limits


def _mismatch(seen: list[Profile], limits: dict[str, Any]) -> tuple[str, str] | None:
    """A baseline that shares fewer than half of its columns with the window, by name and kind, is of another dataset."""
    expected = {f["name"]: f["inferred_type"] for f in limits["features"]}
    found = {p.name: p.inferred_type for p in seen}
    common = [name for name, kind in found.items() if name in expected and datatypes.alike(kind, expected[name])]
    if 2 * len(common) >= len(expected):
        return None
    described, has = (", ".join(f"{name} ({kind})" for name, kind in sorted(each.items())[:8]) for each in (expected, found))
    return reports.BASELINE_MISMATCH, f"the baseline describes {described}; the window has {has}"


def _compared(
    given: AnalyzerSettings, known: Contract | None, found: Baseline, seen: list[Profile], out: Result, traffic: inputs.Traffic
) -> Result:
    before, limits = found
    try:
        comparison = violations.compare(
            seen,
            limits,
            before,
            deequ_compat=given.distance == "deequ-compat",
            categorical_method=given.categorical_drift_method,
            predictions=cells.prediction_names(known, [f["name"] for f in limits["features"]]),
        )
    except ConstraintError as error:
        out.report = report(given, traffic.tally, reports.BASELINE_MISMATCH, str(error))
        return out
    out.genuine[VIOLATIONS_FILE] = {"violations": comparison.violations}
    silent = {f["name"] for f in limits["features"] if not config(limits, f).emit_metrics}
    out.metrics = cloudwatch.of_profiles(p for p in seen if p.name not in silent)
    out.metrics += cloudwatch.of_drift({k: v for k, v in comparison.features.items() if k not in silent})
    count = len(comparison.violations)
    state, reason = finished(count)
    out.report = report(given, traffic.tally, state, reason, violations=count, features=comparison.features)
    return out
