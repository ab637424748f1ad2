"""Behavioural tests of a model, as a TOML file states them and the contract allows them.

The three kinds are those of Ribeiro et al. 2020 (CheckList): a change that must not matter, a change that must move the
prediction one way, and single rows whose answer is known.
"""

from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from infra.section import ConfigurationError, Count, Section, Share
from interfaces.contract import Contract

Value = str | int | float | bool
Name = Annotated[str, Field(min_length=1, max_length=60)]


class _Sampled(Section):
    """``rows`` held-out rows are tried; ``min_share`` of them must behave."""

    name: Name
    column: str
    rows: Count = 200
    tolerance: Annotated[float, Field(ge=0)] = 0.0
    min_share: Share = 1.0


class Invariance(_Sampled):
    """Whatever of ``values`` the column has, the score moves by no more than ``tolerance``."""

    values: tuple[Value, ...] = Field(min_length=2)

    @field_validator("values", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        return tuple(value) if isinstance(value, list) else value


class Directional(_Sampled):
    """With ``add`` on a numeric column the score goes the ``expect``ed way; moves against it of up to ``tolerance`` do not count."""

    add: float
    expect: Literal["up", "down"]


class Functionality(Section):
    """One complete row of features whose score, or label, is known."""

    name: Name
    row: dict[str, Value]
    label: str | None = None
    min_score: float | None = None
    max_score: float | None = None


class Behaviour(Section):
    """The score is the positive label's probability, or the predicted value of a regression."""

    invariance: list[Invariance] = Field(default=[])
    directional: list[Directional] = Field(default=[])
    functionality: list[Functionality] = Field(default=[])


def check_behaviour(tests: Behaviour, contract: Contract, where: str) -> None:
    """Hold the tests against the contract. Raises ConfigurationError naming the test, what was found and what is allowed."""
    features = {c.name: c for c in contract.features}
    if contract.problem_type == "multiclass" and (tests.invariance or tests.directional):
        raise ConfigurationError(
            f"{where}: behaviour: found tests on a score; allowed for a multiclass contract: functionality with a label"
        )
    for test in [*tests.invariance, *tests.directional]:
        if test.column not in features:
            raise _fault(where, test.name, "column", test.column, ", ".join(features))
    for test in tests.directional:
        if not features[test.column].numeric:
            numeric = ", ".join(n for n, c in features.items() if c.numeric)
            raise _fault(where, test.name, "column", test.column, f"a numeric column: {numeric}")
        if features[test.column].type == "integer" and test.add % 1:
            raise _fault(where, test.name, "add", test.add, f"a whole number for the integer column {test.column}")
    for case in tests.functionality:
        odd = sorted(set(case.row) ^ set(features))
        if odd:
            raise _fault(where, case.name, "row", f"missing or unknown {', '.join(odd)}", f"a value for each of {', '.join(features)}")
        if case.label is not None and case.label not in contract.classes:
            raise _fault(where, case.name, "label", case.label, ", ".join(contract.classes) or "no label in a regression")
        scored = case.min_score is not None or case.max_score is not None
        if not scored and case.label is None:
            raise _fault(where, case.name, "expectation", "none", "label, min_score or max_score")
        if scored and contract.problem_type == "multiclass":
            raise _fault(where, case.name, "min_score or max_score", "a score", "a label in a multiclass contract")


def _fault(where: str, name: str, key: str, found: Any, allowed: str) -> ConfigurationError:
    return ConfigurationError(f"{where}: behaviour {name!r}: {key}: found {found!r}; allowed: {allowed}")
