"""One local AWS per test file: moto's state belongs to the process."""

from collections.abc import Iterator

import pytest

from local_aws.aws import LocalAws
from tests.local_aws.conformance import Conformance
from tests.local_aws.support import furnish


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAws]:
    """A running local AWS with a role ``tester`` and a bucket ``data``. Work that failed unseen fails the module."""
    with LocalAws() as running:
        conformance = Conformance(running)
        furnish(running)
        yield running
        conformance.check()
        assert not running.background.failures
