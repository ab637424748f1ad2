"""``monitoring_config`` of a constraints file, and what a feature overrides of it: for the analyzer, and for who reads AWS's reports."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# both spellings are about: the documentation's and the SDK's
_OVERRIDES = ("monitoring_config_overrides", "monitoringConfigOverrides")
_METHODS = {"Simple": False, "linf_simple": False, "Robust": True, "linf_robust": True}
_ENABLED = {"Enabled": True, "Disabled": False}
_CATEGORICAL = ("LInfinity", "ChiSquared")


class ConstraintError(ValueError):
    """A constraints file that cannot be used: says where, what was found and what is allowed."""


@dataclass(frozen=True)
class Config:
    """``monitoring_config`` as it holds for one feature."""

    evaluate: bool = True
    emit_metrics: bool = True
    datatype_threshold: float = 1.0
    domain_threshold: float = 1.0
    compare: bool = True
    threshold: float = 0.1
    robust: bool = True
    categorical_threshold: float = 0.1
    categorical_method: str = "LInfinity"


def config(content: Mapping[str, Any], feature: Mapping[str, Any] | None = None) -> Config:
    """The configuration of the file, or of one of its features with what it overrides. Raises ConstraintError."""
    merged = _block(content, "monitoring_config")
    distribution = _block(merged, "distribution_constraints")
    for key in _OVERRIDES:
        override = _block(feature or {}, key)
        distribution |= _block(override, "distribution_constraints")
        merged |= override
    default = Config()
    # an older revision of the documentation has the misspelt key, and generated files followed it
    method = distribution.get("comparison_method", distribution.get("comparion_method", "Robust"))
    return Config(
        evaluate=_choice(merged, "evaluate_constraints", _ENABLED, "Enabled"),
        emit_metrics=_choice(merged, "emit_metrics", _ENABLED, "Enabled"),
        datatype_threshold=_share(merged, "datatype_check_threshold", default.datatype_threshold),
        domain_threshold=_share(merged, "domain_content_threshold", default.domain_threshold),
        compare=_choice(distribution, "perform_comparison", _ENABLED, "Enabled"),
        threshold=_share(distribution, "comparison_threshold", default.threshold),
        robust=_choice({"comparison_method": method}, "comparison_method", _METHODS, "Robust"),
        categorical_threshold=_share(distribution, "categorical_comparison_threshold", default.categorical_threshold),
        categorical_method=_choice(distribution, "categorical_drift_method", {m: m for m in _CATEGORICAL}, default.categorical_method),
    )


def _block(values: Mapping[str, Any], key: str) -> dict[str, Any]:
    found = values.get(key, {})
    if not isinstance(found, Mapping):
        raise ConstraintError(f"{key} is {found!r}; allowed: an object")
    return dict(found)


def _choice(values: Mapping[str, Any], key: str, allowed: Mapping[str, Any], default: str) -> Any:
    found = values.get(key, default)
    if not isinstance(found, str) or found not in allowed:
        raise ConstraintError(f"{key} is {found!r}; allowed: {', '.join(allowed)}")
    return allowed[found]


def _share(values: Mapping[str, Any], key: str, default: float) -> float:
    found = values.get(key, default)
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found <= 1:
        raise ConstraintError(f"{key} is {found!r}; allowed: a number from 0 to 1")
    return float(found)
