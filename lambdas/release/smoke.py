"""Whether an endpoint answers golden rows as the model did in training, and soon enough. Pure."""

import json
import math
from typing import Any

RELATIVE = 1e-6  # sums of floats differ in the last digits between machines


def differences(golden: dict[str, Any], answer: bytes) -> str:
    """Why the answer is not the expected one; empty if it is."""
    expected = golden["predictions"]
    try:
        found = json.loads(answer)["predictions"]
        if not isinstance(found, list):
            raise TypeError(f"predictions of type {type(found).__name__}")
    except (ValueError, KeyError, TypeError):
        return f"the answer holds no predictions: {answer[:200]!r}"
    if len(found) != len(expected):
        return f"{len(expected)} golden rows were answered with {len(found)} predictions"
    for row, (wanted, got) in enumerate(zip(expected, found, strict=True)):
        if not _same(wanted, got):
            return f"golden row {row} was answered with {json.dumps(got)}; in training it was {json.dumps(wanted)}"
    return ""


def too_slow(seconds: float, limit_ms: float) -> str:
    """Why the answer came too late; empty if it did not."""
    milliseconds = seconds * 1000
    return f"one row took {milliseconds:.0f} ms; allowed: {limit_ms:.0f} ms" if milliseconds > limit_ms else ""


def _same(wanted: Any, got: Any) -> bool:
    if isinstance(wanted, dict):
        return isinstance(got, dict) and wanted.keys() == got.keys() and all(_same(v, got[k]) for k, v in wanted.items())
    if isinstance(wanted, float) and isinstance(got, int | float) and not isinstance(got, bool):
        return math.isclose(wanted, got, rel_tol=RELATIVE, abs_tol=RELATIVE)
    return bool(wanted == got)
