"""Is the first row of a CSV its header? One rule for the endpoint and for whoever reads what was captured of it."""

from collections.abc import Collection, Sequence


def names_columns(cells: Sequence[str | None], known: Collection[str]) -> bool:
    """A row that names a known column in at least half its cells is a header."""
    named = sum((cell or "").strip() in known for cell in cells)
    return named > 0 and 2 * named >= len(cells)
