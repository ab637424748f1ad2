"""A delivery file is read whole or refused with file, key, found and allowed."""

from pathlib import Path
from typing import Any

import pytest

from infra.delivery.settings import Delivery, load, parse
from infra.environment import ConfigurationError

GITHUB = {"repository": "octo-org/loans", "repository_id": "42", "owner_id": "7"}
GOOD: dict[str, Any] = {"project": "loans", "environments": ["dev"], "github": GITHUB}


def test_the_example_is_read(example: Delivery) -> None:
    assert [names.prefix for names in example.deployed] == ["loans-dev", "loans-sandbox"]


def test_a_subject_carries_the_numbers_unless_the_repository_is_older() -> None:
    assert parse(GOOD, "x").github.subject("dev") == "repo:octo-org@7/loans@42:environment:dev"
    older = parse({**GOOD, "github": {**GITHUB, "immutable_subject": False}}, "x")
    assert older.github.subject("dev") == "repo:octo-org/loans:environment:dev"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"github": {**GITHUB, "repository_id": 42}}, ["github.repository_id", "42", "string"]),
        ({"github": {**GITHUB, "repository_id": "*"}}, ["github.repository_id", "'*'"]),
        ({"github": {**GITHUB, "repository": "octo-org/*"}}, ["github.repository", "octo-org/*"]),
        ({"github": {**GITHUB, "branch": "*"}}, ["github.branch", "'*'"]),
        ({"github": {"repository": "octo-org/loans", "repository_id": "42"}}, ["github.owner_id", "missing"]),
        ({"environments": []}, ["environments", "at least 1"]),
        ({"environments": ["*"]}, ["environments.0", "'*'"]),
        ({"sandbox": "night"}, ["sandbox", "'night'", "dev"]),
        ({"diff": "dev"}, ["diff", "'dev'", "name of its own"]),
        ({"role": "admin"}, ["role", "unknown"]),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(ConfigurationError) as refused:
        parse({**GOOD, **change}, "delivery.toml")
    assert all(word in str(refused.value) for word in ["delivery.toml", *words])


def test_a_missing_file_says_what_to_copy(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"example\.toml"):
        load(tmp_path / "delivery.toml")


def test_text_that_is_not_toml_is_refused(tmp_path: Path) -> None:
    (tmp_path / "d.toml").write_text("project = ")
    with pytest.raises(ConfigurationError, match="not valid TOML"):
        load(tmp_path / "d.toml")
