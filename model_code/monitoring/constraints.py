"""``constraints.json`` of data quality: suggested from profiles (`interfaces.monitoring_config` reads it)."""

from collections.abc import Iterable
from typing import Any

from model_code.monitoring.profile import Profile
from model_code.monitoring.statistics import CARDINALITY_LIMIT, is_numeric


def suggest(profiles: Iterable[Profile], categorical_method: str = "LInfinity") -> dict[str, Any]:
    """The file's content, with the defaults of a genuine one."""
    return {
        "version": 0.0,
        "features": [_suggest(p) for p in profiles],
        "monitoring_config": {
            "evaluate_constraints": "Enabled",
            "emit_metrics": "Enabled",
            "datatype_check_threshold": 1.0,
            "domain_content_threshold": 1.0,
            "distribution_constraints": {
                "perform_comparison": "Enabled",
                "comparison_threshold": 0.1,
                "comparison_method": "Robust",
                "categorical_comparison_threshold": 0.1,
                "categorical_drift_method": categorical_method,
            },
        },
    }


def _suggest(profile: Profile) -> dict[str, Any]:
    out: dict[str, Any] = {"name": profile.name, "inferred_type": profile.inferred_type, "completeness": profile.completeness}
    if is_numeric(profile) and profile.numbers.count:
        out["num_constraints"] = {"is_non_negative": profile.numbers.low >= 0}
    elif not is_numeric(profile):
        found = profile.texts.distribution()
        if found is not None and 0 < len(found.counts) <= CARDINALITY_LIMIT:
            out["string_constraints"] = {"domains": sorted(found.counts)}
    return out
