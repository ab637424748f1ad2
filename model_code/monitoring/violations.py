"""Data quality against a baseline: which constraints the window breaks, and how far each column has moved.

Wordings are the genuine ones where one is known (`docs/monitoring.md` says which).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from interfaces.drift import chi_squared
from interfaces.monitoring_config import Config, ConstraintError, config
from interfaces.reports import FeatureReport
from model_code.monitoring import datatypes, distance
from model_code.monitoring.distribution import Categories, Numbers
from model_code.monitoring.profile import NUMBER, Profile

_Violation = dict[str, str]
_SLACK = 3.0  # standard errors: one window in 700


@dataclass(frozen=True)
class Comparison:
    """What a window looks like beside its baseline: the violations file's entries and a report per column.

    ``noticed`` is, of each column with a distance, how far apart the distributions must be for half of such windows to show drift.
    """

    violations: list[_Violation]
    features: dict[str, FeatureReport]
    noticed: dict[str, float]


def compare(
    profiles: Sequence[Profile],
    constraints: Mapping[str, Any],
    baseline: Mapping[str, tuple[str, Numbers | Categories | None]],
    *,
    deequ_compat: bool = False,
    categorical_method: str = "",
    predictions: Sequence[str] = (),
) -> Comparison:
    """Check every column of the constraints file, in its order. Raises ConstraintError for a file of another form."""
    try:
        known = {f["name"]: f for f in constraints["features"]}
    except (KeyError, TypeError) as error:
        raise ConstraintError(f"not a constraints file of data quality: {error}") from None
    found = {p.name: p for p in profiles}
    # answers may be left out of the capture on purpose
    violations = _columns(found, {k: v for k, v in known.items() if k in found or k not in predictions}, config(constraints))
    features: dict[str, FeatureReport] = {}
    noticed: dict[str, float] = {}
    for name, feature in known.items():
        if name not in found:
            continue
        settings = config(constraints, feature)
        profile = found[name]
        before = baseline.get(name, ("", None))[1]
        report = _drift(profile, before, settings, deequ_compat, categorical_method)
        features[name] = FeatureReport(**{**report, "role": "prediction" if name in predictions else "feature"})
        if before and features[name].distance is not None:
            noticed[name] = _noticed(features[name], profile, before, settings)
        if settings.evaluate:
            violations += _checks(profile, feature, settings) + _drift_violation(name, features[name])
    return Comparison(violations, features, noticed)


def _columns(found: Mapping[str, Any], known: Mapping[str, Any], settings: Config) -> list[_Violation]:
    if not settings.evaluate:
        return []
    out = []
    numbers = f"Number of columns in current dataset: {len(found)}, Number of columns in baseline constraints: {len(known)}"
    for names, kind in ((known.keys() - found.keys(), "missing"), (found.keys() - known.keys(), "extra")):
        if names:
            listed = ", ".join(sorted(names))
            text = f"There are {kind} columns in current dataset. {numbers} ({listed})"
            out.append(_violation(f"{kind.capitalize()} columns", f"{kind}_column_check", text))
    return out


def _checks(profile: Profile, feature: Mapping[str, Any], settings: Config) -> list[_Violation]:
    """Type, completeness, sign and domain."""
    out = []
    name, expected = profile.name, feature["inferred_type"]
    match = datatypes.matching(profile.votes, expected)
    if match < settings.datatype_threshold:
        text = (
            f"Data type match requirement is not met. Expected data type: {expected}, "
            f"Expected match: {settings.datatype_threshold * 100}%. Observed: Only {match * 100}% of data is {expected}."
        )
        out.append(_violation(name, "data_type_check", text))
    if profile.completeness < feature.get("completeness", 0.0) - slack(profile, feature, settings):
        out.append(_violation(name, "completeness_check", _unmet(profile.completeness)))
    if feature.get("num_constraints", {}).get("is_non_negative") and profile.numbers.low < 0:
        # ours: the documented list of checks has none for the sign, though the suggested constraint is in every file
        out.append(_violation(name, "non_negative_check", _unmet(profile.numbers.low)))
    domains = feature.get("string_constraints", {}).get("domains")
    if domains and profile.texts.count:
        inside = _inside(profile, frozenset(domains))
        if inside < settings.domain_threshold:
            out.append(_violation(name, "categorical_values_check", _unmet(inside)))
    return out


def slack(profile: Profile, feature: Mapping[str, Any], settings: Config) -> float:
    """How far completeness may fall below what the baseline saw: by chance in a window of this size, where there were gaps before.

    Without it, half of all windows of a column with gaps would be violations. Simple comparison has none, as Deequ.
    """
    share = feature.get("completeness", 0.0)
    if not settings.robust or not profile.total or not 0 < share < 1:
        return 0.0
    return _SLACK * math.sqrt(share * (1 - share) / profile.total)


def _inside(profile: Profile, domains: frozenset[str]) -> float:
    """Share of the known texts that the domain has; a column of more texts than are counted has left it."""
    found = profile.texts.distribution()
    if found is None:
        return 0.0
    return sum(n for text, n in found.counts.items() if text in domains) / profile.texts.count


def _drift(
    profile: Profile, before: Numbers | Categories | None, settings: Config, deequ_compat: bool, categorical_method: str
) -> dict[str, Any]:
    """Fields of the column's `FeatureReport`."""
    out: dict[str, Any] = {"completeness": profile.completeness}
    if not settings.evaluate:
        return out | {"reason": "evaluate_constraints is Disabled"}
    if not settings.compare:
        return out | {"reason": "perform_comparison is Disabled"}
    if before is None or not before.total:
        return out | {"reason": "the baseline has no distribution of this column"}
    if profile.kind and isinstance(before, Numbers) != (profile.kind == NUMBER):
        return out | {"reason": "the baseline has numbers in this column where the window has texts, or the other way round"}
    if isinstance(before, Numbers):
        now = profile.numbers.distribution()
        if not now.total:
            return out | {"reason": "the window has no number in this column"}
        measure = distance.deequ_numeric if deequ_compat else distance.numeric
        value = measure(now, before, robust=settings.robust)
        method = "Robust" if settings.robust else "Simple"
        drifted = value > settings.threshold
        return out | {
            "distance": value,
            "threshold": settings.threshold,
            "method": method,
            "drifted": drifted,
            "error": now.error + before.error,
        }
    texts = profile.texts.distribution()
    if texts is None or not texts.total:
        return out | {"reason": "the window has no text in this column, or more different ones than are counted"}
    return out | _categorical(texts, before, settings, categorical_method or settings.categorical_method)


def _noticed(report: FeatureReport, profile: Profile, before: Numbers | Categories, settings: Config) -> float:
    """The threshold and what is taken off for chance. A chi-squared test takes nothing off, and finds less than any threshold here."""
    if report.method == "ChiSquared":
        return 0.0
    n = profile.numbers.count if isinstance(before, Numbers) else profile.texts.count
    return (report.threshold or 0.0) + (distance.allowance(n, before.total) if settings.robust else 0.0)


def _categorical(now: Categories, before: Categories, settings: Config, method: str) -> dict[str, Any]:
    threshold = settings.categorical_threshold
    if method == "LInfinity":
        value = distance.categorical(now.counts, before.counts, robust=settings.robust)
        return {"distance": value, "threshold": threshold, "method": method, "drifted": value > threshold}
    p_value = chi_squared(now.counts, before.counts)[1]
    if math.isnan(p_value):
        return {"method": method, "reason": "fewer than two categories are left for a chi-squared test"}
    return {"distance": p_value, "threshold": threshold, "method": method, "drifted": p_value < threshold}


def _drift_violation(name: str, report: FeatureReport) -> list[_Violation]:
    if not report.drifted:
        return []
    if report.method == "ChiSquared":
        text = f"Baseline drift p-value: {report.distance} is below threshold: {report.threshold}"
    else:
        text = f"Baseline drift distance: {report.distance} exceeds threshold: {report.threshold}"
    return [_violation(name, "baseline_drift_check", text)]


def _unmet(value: float) -> str:
    return f"Value: {value} does not meet the constraint requirement! "


def _violation(feature: str, check: str, description: str) -> _Violation:
    return {"feature_name": feature, "constraint_check_type": check, "description": description}
