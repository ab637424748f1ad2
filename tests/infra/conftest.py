"""One synth per environment and session: a second app in one process still costs half a second."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import app  # noqa: F401  (tells jsii where Node is, before aws_cdk is imported)
from infra.app import build
from infra.environment import load

GIT_COMMIT = "0" * 40


class Cloud:
    """What a synth of one environment wrote."""

    def __init__(self, name: str, folder: Path) -> None:
        self.environment, self.contract = load(name)
        self.names, self.folder = self.environment.names, folder
        build(self.environment, self.contract, outdir=str(folder), git_commit=GIT_COMMIT).synth()
        self.files = sorted(folder.glob("*.template.json"))
        self.templates: dict[str, dict[str, Any]] = {f.name.split(".")[0]: json.loads(f.read_text()) for f in self.files}

    def of_type(self, *types: str) -> dict[str, dict[str, Any]]:
        """Resources of these types in all stacks, by logical id."""
        every = {id: r for template in self.templates.values() for id, r in template["Resources"].items()}
        return {id: r for id, r in every.items() if r["Type"] in types}

    def properties(self, type: str) -> list[dict[str, Any]]:
        """The properties of the resources of a type."""
        return [r["Properties"] for r in self.of_type(type).values()]


@pytest.fixture(scope="session")
def synthesize(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Cloud]:
    @cache
    def once(name: str) -> Cloud:
        return Cloud(name, tmp_path_factory.mktemp(name))

    return once


@pytest.fixture(scope="session")
def dev(synthesize: Callable[[str], Cloud]) -> Cloud:
    return synthesize("dev")


@pytest.fixture(scope="session")
def prod(synthesize: Callable[[str], Cloud]) -> Cloud:
    return synthesize("prod")
