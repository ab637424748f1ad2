"""What became of each release decision, and which version to return to. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

GOOD, LEFT = "good", "left"  # left: it was good, and a rollback has left it


@dataclass(frozen=True)
class Entry:
    """One decision: who made it, why, and what became of it (``good``, ``left``, ``failed: …`` or nothing yet)."""

    generation: int
    package: str
    kind: str
    by: str
    reason: str
    at: str
    outcome: str = ""


class NoGoodVersion(Exception):
    """There is no version to return to; the message says what was asked for and what there is."""


def last_good(entries: Sequence[Entry]) -> Entry | None:
    """The newest decision that stands as good."""
    return max((e for e in entries if e.outcome == GOOD), key=lambda e: e.generation, default=None)


def target(entries: Sequence[Entry], to: str, serving: str) -> Entry:
    """The entry to return to: of the named version, or the newest good one that does not serve. Raises NoGoodVersion."""
    if to:
        named = [e for e in entries if e.package == to and e.outcome in (GOOD, LEFT)]
        if not named:
            known = ", ".join(sorted({version(e.package) for e in entries if e.outcome in (GOOD, LEFT)})) or "none"
            raise NoGoodVersion(f"version {version(to)} was never released well; versions that were: {known}")
        return max(named, key=lambda e: e.generation)
    previous = last_good([e for e in entries if e.package != serving])
    if previous is None:
        raise NoGoodVersion("there is no other good version to return to; name one with --to, or approve one")
    return previous


def unwanted(entries: Sequence[Entry], generation: int, package: str, *, off: bool) -> bool:
    """Whether what a stack holds after a failed release should be left: it failed or was left itself, or the endpoint runs something else.

    The last good version is kept even if it answered wrongly when it was returned to: there is nothing better.
    """
    if off:
        return True
    held = next((e for e in entries if e.generation == generation), None)
    good = last_good(entries)
    return held is not None and held.outcome != GOOD and (good is None or package != good.package)


def version(package: str) -> str:
    """The version number at the end of a package's ARN."""
    return package.rsplit("/", 1)[-1]
