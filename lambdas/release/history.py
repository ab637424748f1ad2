"""What became of each release decision, and which version to return to. Pure."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from interfaces.releases import GOOD, LEFT
from lambdas.release.decision import AUTOMATIC

FAILED = "failed: "
Refused = Callable[[str], str]  # why a package must not be returned to; empty if it may


@dataclass(frozen=True)
class Entry:
    """One decision: who made it, why, and what became of it (``good``, ``left``, ``failed: …`` or nothing yet).

    ``leaves`` is the release that a rollback was made over: it is left unless the rollback fails.
    """

    generation: int
    package: str
    kind: str
    by: str
    reason: str
    at: str
    outcome: str = ""
    leaves: int = 0


class NoGoodVersion(Exception):
    """There is no version to return to; the message says what was asked for and what there is."""


def nobody(_: str) -> str:
    """No package is refused."""
    return ""


def standing(entries: Iterable[Entry]) -> Iterator[Entry]:
    """The decisions that stand as good, newest first as they are given: no rollback that may still succeed leaves them."""
    left: set[int] = set()
    for entry in entries:
        if not entry.outcome.startswith(FAILED):
            left.add(entry.leaves)
        if entry.outcome == GOOD and entry.generation not in left:
            yield entry


def last_good(entries: Iterable[Entry], refused: Refused = nobody) -> Entry | None:
    """The newest decision that stands as good and whose package may still be returned to. Entries are newest first."""
    return next((e for e in standing(entries) if not refused(e.package)), None)


def target(entries: Iterable[Entry], to: str, serving: str, refused: Refused = nobody) -> Entry:
    """The entry to return to: of the named version, or the newest good one that does not serve. Raises NoGoodVersion.

    Entries are newest first, and read only as far as that one.
    """
    return _named(entries, to, refused) if to else _previous(entries, serving, refused)


def _named(entries: Iterable[Entry], to: str, refused: Refused) -> Entry:
    known = set()
    for entry in (e for e in entries if e.outcome in (GOOD, LEFT)):
        if entry.package == to:
            break
        known.add(version(entry.package))
    else:
        raise NoGoodVersion(f"version {version(to)} was never released well; versions that were: {', '.join(sorted(known)) or 'none'}")
    if why := refused(to):
        raise NoGoodVersion(f"version {version(to)} is not returned to: {why}")
    return entry


def _previous(entries: Iterable[Entry], serving: str, refused: Refused) -> Entry:
    passed: dict[str, str] = {}
    for entry in (e for e in standing(entries) if e.package != serving):
        if entry.package not in passed:
            if not (why := refused(entry.package)):
                return entry
            passed[entry.package] = why
    said = "".join(f"; version {version(package)}: {why}" for package, why in passed.items())
    raise NoGoodVersion(f"there is no other good version to return to{said}; name one with --to, or approve one")


def unwanted(entries: Sequence[Entry], generation: int, package: str, good: Entry | None, *, off: bool) -> bool:
    """Whether what a stack holds after a failed release should be left: it failed or was left itself, or the endpoint runs something else.

    The last good version is kept even if it answered wrongly when it was returned to: there is nothing better.
    """
    if off:
        return True
    stands = generation in {e.generation for e in standing(entries)}
    known = any(e.generation == generation for e in entries)
    return known and not stands and (good is None or package != good.package)


def returns(entries: Sequence[Entry]) -> int:
    """How many automatic returns, one after the other, the newest decisions are. Entries are newest first."""
    return next((i for i, e in enumerate(entries) if e.kind != AUTOMATIC), len(entries))


def version(package: str) -> str:
    """The version number at the end of a package's ARN."""
    return package.rsplit("/", 1)[-1]
