"""Reports as text in the form of the genuine files: Jackson's pretty printer and Java's doubles.

A float is a double (``3.8E7``, ``1.0``), an int an integer. What is not a finite number becomes the string that the
service writes ("NaN").
"""

import json
import math
from typing import Any


def dumps(value: Any) -> str:
    return _text(value, 0) + "\n"


def double(value: float) -> str:
    """The shortest decimal that reads back as the same double, in Java's notation."""
    if not math.isfinite(value):
        return '"NaN"' if math.isnan(value) else ('"Infinity"' if value > 0 else '"-Infinity"')
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        text = repr(float(value))
        return text if "e" not in text else f"{value:.17f}".rstrip("0")
    sign, body = ("-", repr(-value)) if value < 0 else ("", repr(value))
    mantissa, _, power = body.partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    exponent = int(power or 0) + (len(whole) - 1 if whole.strip("0") else -(len(fraction) - len(fraction.lstrip("0"))) - 1)
    digits = digits.rstrip("0") or "0"
    return f"{sign}{digits[0]}.{digits[1:] or '0'}E{exponent}"


def _text(value: Any, depth: int) -> str:
    if isinstance(value, dict):
        if not value:
            return "{ }"
        pad = "  " * (depth + 1)
        inner = ",\n".join(f"{pad}{json.dumps(str(k), ensure_ascii=False)} : {_text(v, depth + 1)}" for k, v in value.items())
        return "{\n" + inner + "\n" + "  " * depth + "}"
    if isinstance(value, list | tuple):
        return "[ " + ", ".join(_text(v, depth) for v in value) + " ]" if value else "[ ]"
    if isinstance(value, float):
        return double(value)
    return json.dumps(value, ensure_ascii=False)
