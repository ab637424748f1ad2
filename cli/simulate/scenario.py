"""A scenario: how many days, how much traffic, how late the labels come, and what changes when."""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from cli.errors import CliError

TARGET = "defaulted"
GIVEN = Path(__file__).parent / "scenarios"
Day = Annotated[int, Field(ge=1)]
INPUT_KINDS = ("gradual", "sudden", "seasonal", "recurring")
BROKEN_KINDS = ("swapped", "unit", "nulls")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Change(_Part):
    """What happens from ``from_day`` to ``to_day``, both included, the first day of traffic being 1.

    ``gradual`` rises to ``size`` over the days, ``sudden`` has it at once, ``seasonal`` swings to it and back every
    ``period_days``, ``recurring`` is on for one period and off for the next; the size is in standard deviations of the incomes.
    ``concept`` changes what follows from the inputs and leaves the inputs as they are (size 1: as strong as the effects it replaces).
    A broken upstream: ``swapped`` exchanges ``columns``, ``unit`` multiplies them by ``factor``, ``nulls`` empties a share of
    ``size``. ``gap`` sends no traffic.
    """

    kind: Literal["gradual", "sudden", "seasonal", "recurring", "concept", "swapped", "unit", "nulls", "gap"]
    from_day: Day
    to_day: Day
    size: Annotated[float, Field(gt=0)] = 1.0
    period_days: Annotated[int, Field(ge=2)] = 7
    columns: list[str] = []
    factor: Annotated[float, Field(gt=0)] = 100.0

    @model_validator(mode="after")
    def _fits(self) -> "Change":
        if self.to_day < self.from_day:
            raise ValueError(f"to_day ({self.to_day}) is before from_day ({self.from_day})")
        if self.kind in BROKEN_KINDS and len(self.columns) < (2 if self.kind == "swapped" else 1):
            raise ValueError(f"{self.kind} needs columns" + (" to exchange: two" if self.kind == "swapped" else ""))
        if self.kind == "nulls" and self.size > 1:
            raise ValueError(f"the share of nulls is at most 1, not {self.size:g}")
        return self

    def on(self, day: int) -> bool:
        return self.from_day <= day <= self.to_day


class Scenario(_Part):
    """A scenario file. ``label_delay_days`` after a request its outcome is put; ``label_share`` of them ever come."""

    name: str
    days: Annotated[int, Field(ge=1, le=3650)] = 14
    rows_per_day: Annotated[int, Field(ge=1, le=1_000_000)] = 1200
    rows_per_request: Annotated[int, Field(ge=1, le=5000)] = 60
    training_rows: Annotated[int, Field(ge=200, le=5_000_000)] = 6000
    seed: Annotated[int, Field(ge=0)] = 1
    label_delay_days: Annotated[int, Field(ge=0)] = 1
    label_share: Annotated[float, Field(ge=0, le=1)] = 1.0
    change: list[Change] = []


def load(name_or_path: str) -> Scenario:
    """A given scenario by its name, or a TOML file. Raises CliError naming the file, key, what was found and what is allowed."""
    path = Path(name_or_path) if name_or_path.endswith(".toml") else GIVEN / f"{name_or_path}.toml"
    if not path.is_file():
        raise CliError(f"no scenario {name_or_path!r}: given are {', '.join(given())}, or the path of a .toml file")
    try:
        scenario = Scenario.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CliError(f"{path}: not valid TOML: {error}") from None
    except ValidationError as error:
        raise CliError("\n".join(f"{path}: {_fault(e)}" for e in error.errors())) from None
    _check_columns(scenario, path)
    return scenario


def _check_columns(scenario: Scenario, path: Path) -> None:
    """What a change breaks must be sent. Raises CliError."""
    from cli.demo import loans

    sent = list(loans.generate(1).rows.columns.drop(TARGET))
    for place, change in enumerate(scenario.change):
        if unknown := [name for name in change.columns if name not in sent]:
            raise CliError(f"{path}: change.{place}.columns: found {', '.join(unknown)}; allowed: {', '.join(sent)}")


def given() -> list[str]:
    """The names of the scenarios that come with the project."""
    return sorted(p.stem for p in GIVEN.glob("*.toml"))


def _fault(error: Any) -> str:
    key = ".".join(str(part) for part in error["loc"]) or "(whole file)"
    if error["type"] == "extra_forbidden":
        allowed = Change.model_fields if error["loc"][0] == "change" else Scenario.model_fields
        return f"{key}: an unknown key; allowed: {', '.join(allowed)}"
    if error["type"] == "missing":
        return f"{key}: missing; it is required"
    if error["type"] == "value_error":  # a sentence of its own
        return f"{key}: {error['ctx']['error']}"
    wanted = error["msg"].removeprefix("Input should be ")
    return f"{key}: found {error['input']!r}; allowed: {wanted}"
