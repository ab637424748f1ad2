"""The delivery stack's configuration: one repository, and the environments that it deploys to this account."""

import tomllib
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from infra.section import ConfigurationError
from interfaces.names import Names

Number = Annotated[str, Field(pattern=r"^[1-9][0-9]*$")]
EnvironmentName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]{1,9}$")]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class GitHub(_Section):
    """The repository. Names can be given up and taken by someone else; the numbers stay with what they were given to."""

    repository: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+$")]
    repository_id: Number
    owner_id: Number
    branch: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]*$")] = "main"
    # false for a repository from before June 2026 that has not opted in to immutable subjects
    immutable_subject: bool = True

    def subject(self, environment: str) -> str:
        """The ``sub`` of a job that runs in a GitHub environment (docs: openid-connect-reference, immutable subject claims)."""
        owner, _, name = self.repository.partition("/")
        if self.immutable_subject:
            return f"repo:{owner}@{self.owner_id}/{name}@{self.repository_id}:environment:{environment}"
        return f"repo:{self.repository}:environment:{environment}"


class Delivery(_Section):
    """What one account trusts. ``environments`` are those that live in this account; ``sandbox`` is one that a night's run may
    fill, verify and destroy; ``diff`` is the GitHub environment in which pull requests are compared with what is deployed."""

    project: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,19}$")]
    environments: Annotated[list[EnvironmentName], Field(min_length=1)]
    sandbox: EnvironmentName | None = None
    diff: EnvironmentName | None = "diff"
    github: GitHub
    # an account has one provider per URL: false where another stack made it
    create_provider: bool = True
    qualifier: Annotated[str, Field(pattern=r"^[a-z0-9]{1,10}$")] = "hnb659fds"
    permissions_boundary: Annotated[str, Field(pattern=r"^(arn:[a-z-]+:iam::[0-9]{12}:policy/.+)?$")] = ""

    @property
    def deployed(self) -> list[Names]:
        return [Names(self.project, environment) for environment in self.environments]


def load(path: Path) -> Delivery:
    """Read a delivery file. Raises ConfigurationError listing every fault."""
    if not path.is_file():
        raise ConfigurationError(f"{path} does not exist; copy infra/delivery/example.toml and fill in your repository (docs/ci.md)")
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: not valid TOML: {error}") from None
    return parse(raw, str(path))


def parse(raw: dict[str, Any], where: str) -> Delivery:
    """Check the values. Raises ConfigurationError."""
    try:
        settings = Delivery.model_validate(raw)
    except ValidationError as error:
        raise ConfigurationError("\n".join(_fault(where, e) for e in error.errors())) from None
    if settings.sandbox and settings.sandbox not in settings.environments:
        given = ", ".join(settings.environments)
        raise ConfigurationError(f"{where}: sandbox: found {settings.sandbox!r}; allowed: one of the environments ({given})")
    if settings.diff in settings.environments:
        raise ConfigurationError(f"{where}: diff: found {settings.diff!r}, an environment that is deployed to; give it a name of its own")
    return settings


def _fault(where: str, error: Any) -> str:
    key = ".".join(str(part) for part in error["loc"])
    if error["type"] == "extra_forbidden":
        return f"{where}: {key}: an unknown key; infra/delivery/example.toml has those that are allowed"
    if error["type"] == "missing":
        return f"{where}: {key}: missing; it is required"
    allowed = error["msg"].removeprefix("Input should be ").removeprefix("String should ")
    return f"{where}: {key}: found {error['input']!r}; allowed: {allowed}"
