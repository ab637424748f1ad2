"""The SageMaker SDK v3, unmodified, against a server: trainers, processors, pipelines, endpoints, packages."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.clients.conftest import Server

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def seen(server: Server) -> dict[str, Any]:
    """What the session saw (its import costs seconds, so there is one)."""
    server.environment["SAGEMAKER_TELEMETRY_OPT_OUT"] = "1"
    done = server.run(sys.executable, Path(__file__).with_name("sdk_session.py"))
    lines = [line for line in done.stdout.splitlines() if line.startswith("FOUND ")]
    assert lines, done.stderr[-3000:]
    return dict(json.loads(lines[0].removeprefix("FOUND ")))


def test_a_model_trainer_runs_its_script_through_the_driver_channel(seen: dict[str, Any]) -> None:
    assert seen["train"]["status"] == "Completed"
    arguments, files = seen["train"]["arguments"]
    assert dict(zip(arguments[::2], arguments[1::2], strict=True)) == {"--depth": "3", "--name": "x y"}
    assert files == ["a.csv"]


def test_a_processor_uploads_runs_and_brings_back(seen: dict[str, Any]) -> None:
    assert seen["process"] == "1,2\n1,2\n"


def test_a_pipeline_is_upserted_overridden_awaited_and_run_in_part(seen: dict[str, Any]) -> None:
    found = seen["pipeline"]
    assert found["same"]
    assert found["good"] == ["Succeeded", {"Double": "Succeeded", "Enough": "Succeeded"}]
    assert found["bad"] == ["Failed", True, "only 1"]
    assert found["only"] == ["Succeeded", ["Double"]]
    assert found["doubled"] == "1,2\n1,2\n"
    assert found["executions"] == 3


def test_an_endpoint_is_made_invoked_and_updated_and_packages_are_found(seen: dict[str, Any]) -> None:
    assert seen["serve"] == {"said": ["one:hi", "two:hi"], "approved": ["2"]}
