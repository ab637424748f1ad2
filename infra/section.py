"""What the sections of configuration files have in common: strict types, and faults that name file, key, found and allowed."""

import tomllib
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1)]


class ConfigurationError(ValueError):
    """A configuration file cannot be used. Its message is meant for the user."""


class Section(BaseModel):
    """A table of a configuration file: unknown keys and wrong types are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


S = TypeVar("S", bound=Section)


def parse_section(model: type[S], raw: dict[str, Any], where: str) -> S:
    """Check the values of a file. Raises ConfigurationError listing every fault."""
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        raise ConfigurationError("\n".join(_fault(model, where, e) for e in error.errors())) from None


def read_toml(path: Path) -> dict[str, Any]:
    """Raises ConfigurationError for what is not TOML in UTF-8."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: not valid TOML: {error}") from None


def _fault(root: type[Section], where: str, error: Any) -> str:
    key = ".".join(str(part) for part in error["loc"]) or "(whole file)"
    if error["type"] == "extra_forbidden":
        return f"{where}: {key}: an unknown key; allowed: {', '.join(_section_at(root, error['loc'][:-1]).model_fields)}"
    if error["type"] == "missing":
        return f"{where}: {key}: missing; it is required"
    allowed = error["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
    if error["type"] == "value_error" and isinstance(error["input"], dict):  # of a whole section: what was found is in the message
        return f"{where}: {key}: {allowed}"
    return f"{where}: {key}: found {error['input']!r}; allowed: {allowed}"


def _section_at(root: type[Section], loc: tuple[Any, ...]) -> Any:
    """The section that a location leads to; list items are sections by their type's argument."""
    model: Any = root
    for part in loc:
        if isinstance(part, str) and part in getattr(model, "model_fields", {}):
            model = model.model_fields[part].annotation
        elif isinstance(part, int):
            model = model.__args__[0]
    return model
