"""The dataset contract: one TOML file that ingest, validation, features, serving and monitors read.

From it come the Glue table, the checks at ingest and in the pipeline, the feature list in its
order, the endpoint's input check and the slices of the evaluation.
"""

import hashlib
import json
import math
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from interfaces import toml
from interfaces.errors import ContractError

GLUE_TYPES = {
    "integer": "bigint",
    "number": "double",
    "boolean": "boolean",
    "string": "string",
    "timestamp": "timestamp",
}
PROBLEM_TYPES = ("binary", "multiclass", "regression")
_COLUMN_KEYS = ("type", "nullable", "min", "max", "allowed")
_TOP_KEYS = (
    "name",
    "target",
    "problem_type",
    "positive_label",
    "event_time",
    "identifiers",
    "sensitive",
    "exclude",
    "missing",
    "columns",
)
# labels that survive being typed: "01" would come back as 1, "yes" as true
_SPELLINGS = {"integer": r"0|-?[1-9][0-9]*", "boolean": "true|false", "string": r"(?s:.*)"}
DEFAULT_MISSING = ("", "NA", "NaN", "null", "?")


@dataclass(frozen=True)
class Column:
    """One column: its type, whether it may be missing, and the values it may take.

    ``minimum`` and ``maximum`` are inclusive; ``allowed`` lists the values of a category.
    """

    name: str
    type: str
    nullable: bool = False
    minimum: float | None = None
    maximum: float | None = None
    allowed: tuple[str, ...] = ()

    @property
    def numeric(self) -> bool:
        return self.type in ("integer", "number")


@dataclass(frozen=True)
class Contract:
    """A validated dataset contract. Build it with `parse` or `from_dict`, never by hand."""

    name: str
    target: str
    problem_type: str
    columns: tuple[Column, ...]
    positive_label: str | None = None
    event_time: str | None = None
    identifiers: tuple[str, ...] = ()
    sensitive: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    missing: tuple[str, ...] = field(default=DEFAULT_MISSING)

    @property
    def features(self) -> tuple[Column, ...]:
        """The model's inputs, in the order that a headerless CSV request must have."""
        left_out = {self.target, *self.identifiers, *self.exclude}
        if self.event_time:
            left_out.add(self.event_time)
        return tuple(c for c in self.columns if c.name not in left_out)

    @property
    def classes(self) -> tuple[str, ...]:
        """The allowed target labels of a classification, empty for a regression."""
        return self.column(self.target).allowed

    def column(self, name: str) -> Column:
        """The column of that name. Raises KeyError."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    def fingerprint(self) -> str:
        """SHA-256 of the contract's meaning, the order of its columns included: equal contracts, equal fingerprints."""
        return hashlib.sha256(json.dumps(self.to_dict()).encode()).hexdigest()

    def to_dict(self) -> dict[str, Any]:
        """The form of the TOML file, as plain values."""
        out: dict[str, Any] = {
            "name": self.name,
            "target": self.target,
            "problem_type": self.problem_type,
            "identifiers": list(self.identifiers),
            "sensitive": list(self.sensitive),
            "exclude": list(self.exclude),
            "missing": list(self.missing),
        }
        if self.positive_label is not None:
            out["positive_label"] = self.positive_label
        if self.event_time is not None:
            out["event_time"] = self.event_time
        out["columns"] = {c.name: _column_dict(c) for c in self.columns}
        return out

    def to_toml(self, notes: Mapping[str, str] | None = None) -> str:
        """The contract as a TOML file; ``notes`` are comments above columns, by name."""
        notes = notes or {}
        raw = self.to_dict()
        columns = raw.pop("columns")
        lines = [f"{key} = {toml.value(value)}" for key, value in raw.items()]
        for name, spec in columns.items():
            lines += ["", *(f"# {line}" for line in notes.get(name, "").splitlines())]
            lines.append(f"[columns.{toml.key(name)}]")
            lines += [f"{key} = {toml.value(value)}" for key, value in spec.items()]
        return "\n".join(lines) + "\n"


def parse(text: str, where: str = "contract") -> Contract:
    """Read a contract from TOML text.

    Raises ContractError naming the place, what was found and what is allowed.
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ContractError(where, str(error), "valid TOML") from None
    return from_dict(raw, where)


def from_dict(raw: Mapping[str, Any], where: str = "contract") -> Contract:
    """Build and check a contract from plain values. Raises ContractError."""
    _known(raw, _TOP_KEYS, where)
    columns = raw.get("columns")
    if not isinstance(columns, Mapping) or not columns:
        raise ContractError(f"{where}: columns", columns, "at least one [columns.NAME] table")
    parsed = tuple(_column(name, spec, where) for name, spec in columns.items())
    _check_names([c.name for c in parsed], where)
    names = {c.name for c in parsed}
    contract = Contract(
        name=_string(raw, "name", where),
        target=_member(raw.get("target"), names, f"{where}: target"),
        problem_type=_member(raw.get("problem_type"), PROBLEM_TYPES, f"{where}: problem_type"),
        columns=parsed,
        positive_label=_optional_string(raw, "positive_label", where),
        event_time=_optional_string(raw, "event_time", where),
        identifiers=_names(raw, "identifiers", names, where),
        sensitive=_names(raw, "sensitive", names, where),
        exclude=_names(raw, "exclude", names, where),
        missing=_strings(raw, "missing", where, DEFAULT_MISSING),
    )
    _check_roles(contract, where)
    return contract


def _check_names(names: list[str], where: str) -> None:
    """The Glue catalog folds case and has a partition column of its own."""
    folded: dict[str, str] = {}
    for name in names:
        if name.lower() == "dataset_version":
            raise ContractError(f"{where}: columns.{name}", name, "any name but dataset_version, which the catalog's partitions have")
        if name.lower() in folded:
            raise ContractError(f"{where}: columns.{name}", name, f"a name that differs from {folded[name.lower()]!r} in more than case")
        folded[name.lower()] = name


def _check_roles(contract: Contract, where: str) -> None:
    target = contract.column(contract.target)
    if contract.event_time is not None:
        names = {c.name for c in contract.columns}
        _member(contract.event_time, names, f"{where}: event_time")
        if contract.column(contract.event_time).type != "timestamp":
            found = contract.column(contract.event_time).type
            raise ContractError(f"{where}: columns.{contract.event_time}.type", found, "timestamp")
    if contract.problem_type == "regression":
        if not target.numeric:
            raise ContractError(f"{where}: columns.{target.name}.type", target.type, "integer or number for a regression")
    else:
        _check_classes(contract, target, where)
    if not contract.features:
        raise ContractError(f"{where}: columns", [], "at least one feature beside target, identifiers and exclude")


def _check_classes(contract: Contract, target: Column, where: str) -> None:
    place = f"{where}: columns.{target.name}.allowed"
    count = len(target.allowed)
    if contract.problem_type == "binary" and count != 2:
        raise ContractError(place, list(target.allowed), "the two class labels")
    if contract.problem_type == "multiclass" and count < 3:
        raise ContractError(place, list(target.allowed), "three or more class labels")
    spelled = _SPELLINGS.get(target.type)
    if spelled is None:
        raise ContractError(f"{where}: columns.{target.name}.type", target.type, "integer, boolean or string for a classification")
    odd = [label for label in target.allowed if not re.fullmatch(spelled, label)]
    if odd:
        raise ContractError(place, odd, f"labels of type {target.type}: whole numbers without leading zeros, or true and false")
    if contract.problem_type == "binary":
        _member(contract.positive_label, target.allowed, f"{where}: positive_label")


def _column(name: str, spec: Any, where: str) -> Column:
    place = f"{where}: columns.{name}"
    if not isinstance(spec, Mapping):
        raise ContractError(place, spec, "a table with " + ", ".join(_COLUMN_KEYS))
    _known(spec, _COLUMN_KEYS, place)
    kind = _member(spec.get("type"), GLUE_TYPES, f"{place}.type")
    nullable = spec.get("nullable", False)
    if not isinstance(nullable, bool):
        raise ContractError(f"{place}.nullable", nullable, "true or false")
    bounds = {key: _bound(spec, key, kind, place) for key in ("min", "max")}
    low, high = bounds["min"], bounds["max"]
    if low is not None and high is not None and low > high:
        raise ContractError(f"{place}.min", low, f"a number not above max ({high})")
    allowed = _strings(spec, "allowed", place, ())
    return Column(name, kind, nullable, low, high, allowed)


def _bound(spec: Mapping[str, Any], key: str, kind: str, place: str) -> float | None:
    value = spec.get(key)
    if value is None:
        return None
    if kind not in ("integer", "number"):
        raise ContractError(f"{place}.{key}", value, f"no bound on a column of type {kind}")
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ContractError(f"{place}.{key}", value, "a finite number")
    return value


def _known(raw: Mapping[str, Any], keys: tuple[str, ...], where: str) -> None:
    for key in raw:
        if key not in keys:
            raise ContractError(f"{where}: {key}", "an unknown key", ", ".join(keys))


def _member(value: Any, allowed: Any, where: str) -> str:
    if not isinstance(value, str) or value not in allowed:
        raise ContractError(where, value, "one of " + ", ".join(sorted(allowed)))
    return value


def _string(raw: Mapping[str, Any], key: str, where: str) -> str:
    value = raw.get(key)
    if not isinstance(value, str) or not value:
        raise ContractError(f"{where}: {key}", value, "a non-empty string")
    return value


def _optional_string(raw: Mapping[str, Any], key: str, where: str) -> str | None:
    return _string(raw, key, where) if key in raw else None


def _strings(raw: Mapping[str, Any], key: str, where: str, default: tuple[str, ...]) -> tuple[str, ...]:
    value = raw.get(key, default)
    if not isinstance(value, list | tuple) or not all(isinstance(v, str) for v in value):
        raise ContractError(f"{where}: {key}", value, "a list of strings")
    if len(set(value)) != len(value):
        raise ContractError(f"{where}: {key}", value, "no value twice")
    return tuple(value)


def _names(raw: Mapping[str, Any], key: str, names: set[str], where: str) -> tuple[str, ...]:
    values = _strings(raw, key, where, ())
    for value in values:
        _member(value, names, f"{where}: {key}")
    return values


def _column_dict(column: Column) -> dict[str, Any]:
    out: dict[str, Any] = {"type": column.type, "nullable": column.nullable}
    if column.minimum is not None:
        out["min"] = column.minimum
    if column.maximum is not None:
        out["max"] = column.maximum
    if column.allowed:
        out["allowed"] = list(column.allowed)
    return out
