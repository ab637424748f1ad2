"""The manifest of a dataset version: what it is, where it came from, what was left out."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Manifest:
    """The commit record of an immutable dataset version.

    ``rows`` and ``quarantined`` count data rows; ``reasons`` counts quarantined cells by
    reason; ``content_hash`` is the SHA-256 over the drop's files and the contract.
    """

    version: str
    drop: str
    content_hash: str
    schema_fingerprint: str
    rows: int
    quarantined: int
    created_at: str
    files: tuple[str, ...] = ()
    reasons: Mapping[str, int] = field(default_factory=dict)
    contract: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> str:
        # keys stay in their order: that of the contract's columns is the order of a headerless request
        return json.dumps(asdict(self), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> "Manifest":
        raw = json.loads(text)
        raw["files"] = tuple(raw["files"])
        return cls(**raw)


def content_hash(files: Iterable[tuple[str, str]], schema_fingerprint: str) -> str:
    """SHA-256 over sorted (name, SHA-256 of content) pairs and the contract's fingerprint."""
    digest = hashlib.sha256(schema_fingerprint.encode())
    for name, sha in sorted(files):
        digest.update(f"\n{name}\t{sha}".encode())
    return digest.hexdigest()


def version_id(content: str) -> str:
    """The short version id that travels as a pipeline parameter and a Glue partition value."""
    return "v" + content[:16]
