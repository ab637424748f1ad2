"""A restart: one world until it is saved, and the one that takes up its state."""

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent
from typing import Any

from local_aws import state
from local_aws.aws import LocalAws
from tests.local_aws.sagemaker.monitored import ANALYZER
from tests.local_aws.support import furnish


def restarted(tmp_path: Path, before: Callable[[LocalAws], Any], after: Callable[[LocalAws, Any], None]) -> None:
    """One world until it is saved, and the one that takes up its state."""
    analyzer = tmp_path / "steps.py"
    analyzer.write_text(dedent(ANALYZER))
    with LocalAws(analyzer=analyzer) as aws:
        furnish(aws)
        found = before(aws)
        assert state.save(aws, tmp_path / "state") == []
    with LocalAws(analyzer=analyzer) as aws:
        assert state.restore(aws, tmp_path / "state") == []
        after(aws, found)
        assert not aws.background.failures
