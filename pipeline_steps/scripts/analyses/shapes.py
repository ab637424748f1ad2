"""What the files of a baseline must look like for the analyses to read them, and the check of it.

A shape is a dictionary of shapes (``"name?"`` may be absent, ``"*"`` stands for every key), a list of one shape (each item has it), a
tuple of one shape (the same, and at least one item), or a function that says whether a value is what its docstring calls it. The
image has no library for this.
"""

import json
import math
from typing import Any

import numpy as np


class Misshapen(ValueError):
    """Says where, what was found and what was expected."""


def check(value: Any, shape: Any, where: str) -> None:
    """Raises Misshapen for a value of another shape."""
    if isinstance(shape, dict):
        _expect(isinstance(value, dict), value, where, "an object")
        for key, inner in shape.items():
            name = key.removesuffix("?")
            if key == "*":
                for each, found in value.items():
                    check(found, inner, f"{where}: {each}")
            elif name in value:
                check(value[name], inner, f"{where}: {name}")
            elif name == key:
                raise Misshapen(f"{where} has no {name}")
    elif isinstance(shape, list | tuple):
        _expect(isinstance(value, list) and (bool(value) or isinstance(shape, list)), value, where, "a list")
        for place, found in enumerate(value):
            check(found, shape[0], f"{where}[{place}]")
    else:
        _expect(shape(value), value, where, shape.__doc__)


def _expect(good: bool, value: Any, where: str, expected: str) -> None:
    if not good:
        raise Misshapen(f"{where} is {json.dumps(value)[:80]}; expected {expected}")


def text(value: Any) -> bool:
    """a text"""
    return isinstance(value, str)


def scalar(value: Any) -> bool:
    """a text, a number or a boolean"""
    return isinstance(value, str | int | float)


def cell(value: Any) -> bool:
    """a text or null"""
    return value is None or isinstance(value, str)


def flag(value: Any) -> bool:
    """true or false"""
    return isinstance(value, bool)


def number(value: Any) -> bool:
    """a finite number"""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def measured(value: Any) -> bool:
    """a number or null"""
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def count(value: Any) -> bool:
    """a number from 0"""
    return number(value) and value >= 0


def positive(value: Any) -> bool:
    """a number from 1"""
    return number(value) and value >= 1


def ratio(value: Any) -> bool:
    """a number above 0, at most 1"""
    return number(value) and 0 < value <= 1


def numbers(value: Any) -> bool:
    """a list of finite numbers"""
    try:
        found = np.asarray(value)
    except ValueError:  # lists of different lengths
        return False
    return found.shape == (0,) or (found.ndim == 1 and found.dtype.kind in "iuf" and bool(np.isfinite(found).all()))


def inferred(value: Any) -> bool:
    """Integral, Fractional, String or Unknown"""
    return value in ("Integral", "Fractional", "String", "Unknown")


_SKETCH = {"parameters": {"k": positive, "c": ratio}, "data": [numbers]}
_BUCKETS = {"buckets": [{"value": scalar, "count": count}]}
_THRESHOLDS = {"*": {"threshold": number, "comparison_operator": text}}
_FACETS = {"facets": {"*": [{"value_or_threshold": scalar, "metrics": [{"name": text, "value": measured}]}]}}
_OVERRIDES: dict[str, Any] = {"distribution_constraints?": {}}

STATISTICS = {
    "features": [
        {
            "name": text,
            "inferred_type": inferred,
            "numerical_statistics?": {"approximate_num_distinct_values?": count, "distribution?": {"kll?": {"sketch?": _SKETCH}}},
            "string_statistics?": {"distribution?": {"categorical?": _BUCKETS}},
        }
    ]
}
FREQUENCIES = {"*": {"*": count}}
CONSTRAINTS = {
    "features": [
        {
            "name": text,
            "inferred_type": inferred,
            "completeness?": number,
            "num_constraints?": {"is_non_negative?": flag},
            "string_constraints?": {"domains?": [scalar]},
            "monitoring_config_overrides?": _OVERRIDES,
            "monitoringConfigOverrides?": _OVERRIDES,
        }
    ],
    "monitoring_config?": _OVERRIDES,
}
QUALITY_STATISTICS = {"mlops_loop?": {"loss?": {"mean": number, "std_dev": number, "count": positive}}}
QUALITY_CONSTRAINTS = {f"{kind}_constraints?": _THRESHOLDS for kind in ("binary_classification", "multiclass_classification", "regression")}
BIAS = {"pre_training_bias_metrics?": _FACETS, "post_training_bias_metrics?": _FACETS}
DEVIATIONS = {"*": number}
ATTRIBUTIONS = {"explanations": {"kernel_shap": {"*": {"global_shap_values": {"*": number}}}}}
BIAS_CONFIG = {
    "headers": (text,),
    "label": text,
    "label_values_or_threshold": (scalar,),
    "facet": [{"name_or_index": scalar, "value_or_threshold?": [scalar]}],
    "group_variable?": text,
}
SHAP_CONFIG = {"headers": (text,), "methods": {"shap": {"baseline": ([cell],)}}}
