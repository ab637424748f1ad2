"""The gate's policy: what a model must show to be approved, one TOML file per environment, and who decides where it does not.

It travels as JSON (`interfaces/policy.py`): inside the approve function, and, as the part that is measured on the artefact, to
the pipeline's evaluation.
"""

import math
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from infra.behaviour import Behaviour, check_behaviour
from infra.section import ConfigurationError, Count, Section, Share, parse_section, read_toml
from interfaces import policy as wire
from interfaces.contract import Contract
from interfaces.reports import METRICS

# Limits that bias measures may have: names of SageMaker Clarify, where 0 (and for DI 1) means no difference
BiasMeasure = Literal["DPPL", "DI", "AD", "RD"]
Positive = Annotated[float, Field(gt=0)]


class Champion(Section):
    """Against the model that serves, on the same held-out rows. ``margin`` is in the metric's unit; ``metric`` defaults to the pipeline's.

    ``better``: better by more than the margin is shown; ``non-inferior``: worse by more than the margin is ruled out;
    ``not-worse``: worse by more than the margin is not shown; ``off``: not compared.
    """

    rule: Literal["off", "not-worse", "non-inferior", "better"] = "not-worse"
    metric: str = ""
    margin: Annotated[float, Field(ge=0)] = 0.0
    significance: Annotated[float, Field(gt=0, le=0.5)] = 0.05


class Bias(Section):
    """Limits on the difference between a group and all others, per sensitive column of the contract; binary targets only."""

    limits: dict[BiasMeasure, Share] = Field(default={})
    columns: tuple[str, ...] = ()
    minimum_rows: Count = 100

    @field_validator("columns", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        return tuple(value) if isinstance(value, list) else value


class Slices(Section):
    """What every slice of at least ``minimum_rows`` must reach on one metric; which way is better is the metric's own."""

    metric: str = ""
    floor: float | None = None
    minimum_rows: Count = 100


class Artefact(Section):
    """Measured on model.tar.gz in the pipeline: its size, and the 95th percentile of one row and of 1,000 rows through its handlers."""

    max_size_mb: Positive | None = None
    max_row_ms: Positive | None = None
    max_batch_ms: Positive | None = None


class Data(Section):
    """How old the newest row (by event time, else the dataset version) may be when the model is judged."""

    max_age_days: Positive | None = None


class Reviewers(Section):
    """Who decides. ``required`` 0 lets the gate approve, 1 leaves every model to a person; ``recorded`` releases only what an
    authenticated caller decided with ``loop approve``; ``allowed`` are patterns (``*``) on the caller's ARN, empty for anyone
    who may call the decide function. Two approvers are not there yet, so 2 is refused."""

    required: Annotated[int, Field(ge=0, le=1)] = 0
    recorded: bool = False
    allowed: tuple[str, ...] = ()
    remind_hours: Count = 24
    expire_days: Count = 14

    @field_validator("allowed", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        return tuple(value) if isinstance(value, list) else value

    @model_validator(mode="after")
    def _in_order(self) -> "Reviewers":
        if self.remind_hours >= self.expire_days * 24:
            raise ValueError(f"remind_hours below expire_days: found {self.remind_hours} hours and {self.expire_days} days")
        return self


class Policy(Section):
    """All checks. ``on_failure`` is the verdict when one fails; one that cannot be evaluated always leaves it to a person."""

    on_failure: Literal["person", "reject"] = "person"
    thresholds: dict[str, float] = Field(default={})
    champion: Champion = Champion()
    bias: Bias = Bias()
    slices: Slices = Slices()
    artefact: Artefact = Artefact()
    data: Data = Data()
    reviewers: Reviewers = Reviewers()
    behaviour: Behaviour = Behaviour()

    def to_wire(self, metric: str, threshold: float) -> wire.Policy:
        """As the functions and the pipeline read it. The pipeline's own metric and threshold stand in for what is left out."""
        raw = self.model_dump(mode="json")
        raw["thresholds"] = raw["thresholds"] or {metric: threshold}
        for section in ("champion", "slices"):
            raw[section]["metric"] = raw[section]["metric"] or metric
        return wire.Policy.from_dict(raw)


def read_policy(path: Path) -> Policy:
    """A policy file, with the behavioural tests that it names in ``behaviour``. Raises ConfigurationError."""
    raw = read_toml(path)
    name = raw.pop("behaviour", None)
    policy = parse_section(Policy, raw, str(path))
    if name is None:
        return policy
    cases = path.parent / str(name)
    if not cases.is_file():
        raise ConfigurationError(f"{path}: behaviour: found {name!r}; allowed: a .toml file of behavioural tests beside this one")
    return policy.model_copy(update={"behaviour": parse_section(Behaviour, read_toml(cases), str(cases))})


def check_policy(policy: Policy, contract: Contract, where: str, default: str) -> Policy:
    """Hold a policy against the contract: its metrics, columns and kinds of target. Raises ConfigurationError.

    ``default`` is the pipeline's metric, which stands in where a section names none.
    """
    metrics = METRICS[contract.problem_type]
    named = [("thresholds", m) for m in policy.thresholds]
    named += [(f"{s}.metric", m) for s, m in (("champion", policy.champion.metric), ("slices", policy.slices.metric)) if m]
    for key, metric in named:
        if metric not in metrics:
            raise ConfigurationError(
                f"{where}: {key}: found {metric!r}; allowed for a {contract.problem_type} contract: {', '.join(metrics)}"
            )
    limits = [(f"thresholds.{m}", m, value) for m, value in policy.thresholds.items()]
    if policy.slices.floor is not None:
        limits.append(("slices.floor", policy.slices.metric or default, policy.slices.floor))
    for key, name, value in limits:
        high = metrics[name].high if name in metrics else None
        if not math.isfinite(value) or (high is not None and value > high):
            raise ConfigurationError(f"{where}: {key}: found {value}; allowed: a number that a model can reach")
    if policy.bias.limits and contract.problem_type != "binary":
        raise ConfigurationError(f"{where}: bias.limits: found {list(policy.bias.limits)}; allowed for a binary contract only")
    names = [c.name for c in contract.features]
    for column in policy.bias.columns:
        if column not in names:
            raise ConfigurationError(f"{where}: bias.columns: found {column!r}; allowed: {', '.join(names)}")
    check_behaviour(policy.behaviour, contract, where)
    return policy
