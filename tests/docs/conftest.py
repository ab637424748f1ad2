"""The environment of the pages, deployed once for each test file that types commands into it."""

from collections.abc import Iterator

import pytest

from tests.docs.commands import story
from tests.lifecycle.support import World


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with story.told(tmp_path_factory.mktemp("story")) as told:
        yield told
