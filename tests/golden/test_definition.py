"""The compiled pipeline definition of dev: step caching survives a redeploy as long as it stays the same."""

from collections.abc import Callable
from pathlib import Path

import pytest

from infra.definition import compiled
from infra.environment import load
from infra.platform.training import settings_of


def test_the_definition_of_dev_has_not_changed(golden: Callable[[str, str], None]) -> None:
    golden("pipeline.json", compiled(settings_of(*load("dev"))))


@pytest.mark.slow
def test_two_compilations_give_the_same_bytes(tmp_path: Path) -> None:
    settings = settings_of(*load("dev"))
    assert compiled(settings, tmp_path / "first") == compiled(settings, tmp_path / "second")
