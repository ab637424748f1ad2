"""The evidence of a gate: every check with its number, limit and outcome, as one JSON file per verdict.

It lies in the artefact bucket under ``evidence/{version}/{digest}.json``; its URI, SHA-256 and verdict are on the model package.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

FORMAT = "mlops-loop/evidence/1"
EVIDENCE = "evidence"

# Verdicts, as they stand on the package
APPROVED, REJECTED, NEEDS_A_PERSON = "approved", "rejected", "needs-a-person"

# Outcomes of a check. One that is UNKNOWN could not be evaluated, and never lets the gate approve.
PASSED, FAILED, UNKNOWN, NOT_APPLICABLE, WAITING = "passed", "failed", "unknown", "not applicable", "waiting"


@dataclass(frozen=True)
class Check:
    """One check: ``number`` is what was found (None where nothing was), ``limit`` what it had to reach, in words."""

    check: str
    number: float | str | None
    limit: str
    outcome: str
    detail: str = ""

    def line(self) -> str:
        """``threshold.auc: 0.7312, at least 0.7: passed``."""
        shown = f"{self.number:.4g}" if isinstance(self.number, float) else self.number
        found = "no number" if self.number is None else shown
        return f"{self.check}: {found}, {self.limit}: {self.outcome}" + (f" ({self.detail})" if self.detail else "")


@dataclass(frozen=True)
class Evidence:
    """``evaluation`` names the report that was judged (uri, sha256), ``policy`` the policy (sha256)."""

    model_package_arn: str
    judged_at: str
    verdict: str
    reason: str
    checks: tuple[Check, ...]
    metrics: Mapping[str, float] = field(default_factory=dict)
    evaluation: Mapping[str, str] = field(default_factory=dict)
    policy: Mapping[str, str] = field(default_factory=dict)
    champion: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> str:
        return json.dumps({"format": FORMAT, **asdict(self)}, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> "Evidence":
        """Raises ValueError for a file of another format."""
        raw = json.loads(text)
        if raw.pop("format", None) != FORMAT:
            raise ValueError(f"not a file of the format {FORMAT}")
        return cls(**{**raw, "checks": tuple(Check(**c) for c in raw["checks"])})


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def evidence_key(version: str | int, sha256: str) -> str:
    """Named by its content: a verdict given twice leaves both files, and each package entry names its own."""
    return f"{EVIDENCE}/{version}/{sha256[:16]}.json"
