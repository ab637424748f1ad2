"""The gate's policy as it travels: written by infra/, read by the approve function and by the pipeline's evaluation.

What a policy file may hold, and the faults it can have, is in infra/policy.py; here are only the values.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

POLICY_FILE = "policy.json"


@dataclass(frozen=True)
class Champion:
    rule: str
    metric: str
    margin: float
    significance: float


@dataclass(frozen=True)
class Bias:
    limits: Mapping[str, float]
    columns: tuple[str, ...]
    minimum_rows: int


@dataclass(frozen=True)
class Slices:
    metric: str
    floor: float | None
    minimum_rows: int


@dataclass(frozen=True)
class Artefact:
    max_size_mb: float | None
    max_row_ms: float | None
    max_batch_ms: float | None


@dataclass(frozen=True)
class Data:
    max_age_days: float | None


@dataclass(frozen=True)
class Reviewers:
    required: int
    recorded: bool
    allowed: tuple[str, ...]
    remind_hours: int
    expire_days: int


@dataclass(frozen=True)
class Policy:
    """All that a gate needs; ``behaviour`` holds the tests by kind."""

    on_failure: str
    thresholds: Mapping[str, float]
    champion: Champion
    bias: Bias
    slices: Slices
    artefact: Artefact
    data: Data
    reviewers: Reviewers
    behaviour: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> "Policy":
        return cls(
            on_failure=raw["on_failure"],
            thresholds=dict(raw["thresholds"]),
            champion=Champion(**raw["champion"]),
            bias=Bias(raw["bias"]["limits"], tuple(raw["bias"]["columns"]), raw["bias"]["minimum_rows"]),
            slices=Slices(**raw["slices"]),
            artefact=Artefact(**raw["artefact"]),
            data=Data(**raw["data"]),
            reviewers=Reviewers(**{**raw["reviewers"], "allowed": tuple(raw["reviewers"]["allowed"])}),
            behaviour={kind: list(tests) for kind, tests in raw["behaviour"].items()},
        )

    @classmethod
    def from_json(cls, text: str | bytes) -> "Policy":
        return cls.from_dict(json.loads(text))

    def to_json(self) -> str:
        """The same text for the same policy."""
        return json.dumps(asdict(self), sort_keys=True, indent=1) + "\n"

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    @property
    def plan(self) -> "Plan":
        """What the pipeline measures for this policy."""
        return Plan(self.champion.metric, self.champion.significance, tuple(self.bias.columns), self.behaviour)


@dataclass(frozen=True)
class Plan:
    """The part that shapes the evaluation step: a change of any other part leaves its cache valid."""

    champion_metric: str
    significance: float
    bias_columns: tuple[str, ...]
    behaviour: Mapping[str, list[dict[str, Any]]]

    def to_json(self) -> str:
        return json.dumps(asdict(self), sort_keys=True, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> "Plan":
        raw = json.loads(text)
        return cls(raw["champion_metric"], raw["significance"], tuple(raw["bias_columns"]), raw["behaviour"])
