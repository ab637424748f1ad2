"""Where the release function keeps its decisions in the state table, for those who look at them."""

DESIRED = "release/desired"
GOOD, LEFT = "good", "left"  # outcomes of a release that succeeded; a rollback has left the latter


def history_key(generation: int) -> str:
    """The item of one decision: package, kind, by, reason, at, and what became of it (outcome)."""
    return f"release/history/{generation:08d}"
