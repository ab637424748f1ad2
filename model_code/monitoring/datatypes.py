"""Which type the cells of a column have, by Deequ's rules: from text by its expressions, from typed cells by their type.

There is no boolean type in the reports: true and false are texts. ``1.0`` is Fractional, ``.5`` and ``1.`` are texts.
"""

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

INTEGRAL, FRACTIONAL, BOOLEAN, STRING, UNKNOWN = "Integral", "Fractional", "Boolean", "String", "Unknown"
_INTEGRAL = r"^(-|\+)? ?\d+$"
_FRACTIONAL = r"^(-|\+)? ?\d+((\.\d+)|((?:\.\d+)?[Ee][-+]?\d+))$"
_BOOLEAN = r"^(true|false)$"


def votes(cells: pa.Array) -> dict[str, int]:
    """How many known cells there are of each type."""
    known = len(cells) - cells.null_count
    if not known:
        return {}
    if pa.types.is_integer(cells.type):
        return {INTEGRAL: known}
    if pa.types.is_floating(cells.type):
        return {FRACTIONAL: known}
    if pa.types.is_boolean(cells.type):
        return {BOOLEAN: known}
    if not is_text(cells.type):
        return {STRING: known}
    out = {INTEGRAL: _matches(cells, _INTEGRAL)}
    if out[INTEGRAL] < known:
        out[FRACTIONAL] = _matches(cells, _FRACTIONAL)
    if sum(out.values()) < known:
        out[BOOLEAN] = _matches(cells, _BOOLEAN)
    out[STRING] = known - sum(out.values())
    return {kind: n for kind, n in out.items() if n}


def inferred(counts: Mapping[str, int]) -> str:
    """The type of a column with these votes; gaps have none."""
    numbers = counts.get(INTEGRAL, 0) + counts.get(FRACTIONAL, 0)
    if not sum(counts.values()):
        return UNKNOWN
    if counts.get(STRING, 0) or counts.get(BOOLEAN, 0):
        return STRING
    return FRACTIONAL if counts.get(FRACTIONAL, 0) or not numbers else INTEGRAL


def matching(counts: Mapping[str, int], expected: str) -> float:
    """Share of the known cells that are of the expected type; 1 when there are none.

    A whole number is a fractional one as well: clients write 10 for 10.0. Any text is a String.
    """
    total = sum(counts.values())
    if not total or expected in (STRING, UNKNOWN):
        return 1.0
    good = counts.get(INTEGRAL, 0) + (counts.get(FRACTIONAL, 0) if expected == FRACTIONAL else 0)
    return good / total


def alike(one: str, other: str) -> bool:
    """Whether columns of these types may be the same: both numbers or both texts, as far as either is known."""
    numbers = (INTEGRAL, FRACTIONAL)
    return UNKNOWN in (one, other) or (one in numbers) == (other in numbers)


def numeric_mask(cells: pa.Array) -> pa.Array:
    """Which cells of a text column are numbers."""
    return pc.or_(pc.match_substring_regex(cells, _INTEGRAL), pc.match_substring_regex(cells, _FRACTIONAL))


def is_text(kind: pa.DataType) -> bool:
    return pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)


def _matches(cells: pa.Array, pattern: str) -> int:
    return int(pc.sum(pc.match_substring_regex(cells, pattern)).as_py() or 0)
