"""Differences between what the local AWS claims and what was observed. Pure."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Difference:
    """``kind`` is event, state, format or permission; ``claimed`` and ``seen`` are what each side says, empty where it says nothing."""

    kind: str
    where: str
    claimed: str
    seen: str

    def __str__(self) -> str:
        return f"{self.kind:<10} {self.where}: the local AWS claims {self.claimed or 'nothing'}; seen: {self.seen or 'nothing'}"

    def plain(self) -> dict[str, str]:
        return asdict(self)


def differences(claimed: dict[str, Any], seen: dict[str, Any]) -> list[Difference]:
    """Every one, in both directions: what is claimed and not seen, and what is seen and not claimed."""
    return [
        *_events(claimed["events"], seen["events"]),
        *_states(claimed["states"], seen["states"]),
        *_formats(claimed["formats"], seen["formats"]),
        *_permissions(seen["permissions"]),
    ]


def _events(claimed: dict[str, Any], seen: dict[str, Any]) -> list[Difference]:
    out = []
    for kind in sorted(claimed.keys() | seen.keys()):
        if kind not in seen:
            out.append(Difference("event", kind, "that it is sent", "no such event"))
        elif kind not in claimed:
            out.append(Difference("event", kind, "", "that it is sent"))
        else:
            out += _shape("event", kind, claimed[kind]["shape"], seen[kind]["shape"])
            out += _values("state", kind, claimed[kind]["states"], seen[kind]["states"])
    return out


def _states(claimed: dict[str, list[str]], seen: dict[str, list[str]]) -> list[Difference]:
    return _values("state", "", claimed, seen)


def _formats(claimed: dict[str, Any], seen: dict[str, Any]) -> list[Difference]:
    out = []
    for name in sorted(claimed.keys() | seen.keys()):
        ours, theirs = claimed.get(name), seen.get(name)
        if isinstance(ours, dict) and isinstance(theirs, dict):
            out += _shape("format", name, ours, theirs)
        elif ours != theirs:
            out.append(Difference("format", name, _text(ours), _text(theirs)))
    return out


def _permissions(seen: dict[str, str]) -> list[Difference]:
    """Claimed is that every call that the local AWS saw succeed may be made."""
    return [Difference("permission", what, "allowed", verdict) for what, verdict in sorted(seen.items())]


def _shape(kind: str, where: str, claimed: dict[str, str], seen: dict[str, str]) -> list[Difference]:
    ours = {path.removesuffix("?"): (path.endswith("?"), type) for path, type in claimed.items()}
    theirs = {path.removesuffix("?"): (path.endswith("?"), type) for path, type in seen.items()}
    out = []
    for path in sorted(ours.keys() | theirs.keys()):
        at = f"{where} · {path}"
        if path not in theirs:
            if not ours[path][0]:
                out.append(Difference(kind, at, ours[path][1], "no such key"))
        elif path not in ours:
            out.append(Difference(kind, at, "", theirs[path][1]))
        elif ours[path][1] != theirs[path][1]:
            out.append(Difference(kind, at, ours[path][1], theirs[path][1]))
    return out


def _values(kind: str, where: str, claimed: dict[str, list[str]], seen: dict[str, list[str]]) -> list[Difference]:
    out = []
    for path in sorted(claimed.keys() | seen.keys()):
        ours, theirs = set(claimed.get(path, [])), set(seen.get(path, []))
        if ours != theirs:
            at = f"{where} · {path}" if where else path
            out.append(Difference(kind, at, ", ".join(sorted(ours)), ", ".join(sorted(theirs))))
    return out


def _text(value: Any) -> str:
    return "" if value is None else ", ".join(value) if isinstance(value, list) else str(value)
