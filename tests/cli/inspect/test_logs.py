"""What ``loop logs`` follows, and until when."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from cli.errors import CliError
from cli.inspect import logs
from cli.inspect.logs import Patience, Source, follow, source
from interfaces.names import Names

NAMES = Names("loans", "dev")
TRAIN = {"Name": "Train", "Type": "Training"}
GATE = {"Name": "Gate", "Type": "Condition", "Arguments": {"IfSteps": [TRAIN]}}
DEFINITION = {"Steps": [GATE, {"Name": "Register", "Type": "RegisterModel"}]}
JOB = "arn:aws:sagemaker:eu-west-1:1:training-job/the-job"


class Enough(Exception):
    """Nobody would wait longer."""


class Cloud:
    """An execution whose steps are as each look finds them, and clients that know nothing else."""

    def __init__(self, *looks: list[dict[str, Any]], status: str = "Executing") -> None:
        self.looks, self.status, self.slept = list(looks), status, 0.0

    def find(self, client: Any, names: Names, run: str) -> dict[str, Any]:
        steps = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
        return {"id": "abc", "arn": "arn:abc", "status": self.status, "steps": steps}

    def describe_pipeline_definition_for_execution(self, PipelineExecutionArn: str) -> dict[str, str]:  # noqa: N803 - of AWS
        return {"PipelineDefinition": json.dumps(DEFINITION)}

    def get_function_configuration(self, FunctionName: str) -> dict[str, Any]:  # noqa: N803 - of AWS
        return {}

    def describe_log_streams(self, **_: Any) -> dict[str, Any]:
        return {"logStreams": []}

    def sleep(self, seconds: float) -> None:
        self.slept += seconds
        if self.slept > 60:
            raise Enough


def step(name: str, *, made: str = JOB, seconds: float | None = None) -> dict[str, Any]:
    return {"name": name, "made": made, "seconds": seconds, "status": "Executing", "reason": ""}


@pytest.fixture
def look(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[Source, list[str], Cloud]]:
    def of(what: str, cloud: Cloud) -> tuple[Source, list[str], Cloud]:
        monkeypatch.setattr(logs, "find", cloud.find)
        told: list[str] = []
        return source(lambda _: cloud, NAMES, what, patience=Patience(told.append, cloud.sleep)), told, cloud

    return of


def test_a_step_that_has_not_begun_is_waited_for_and_that_is_said_once(look: Any) -> None:
    where, told, cloud = look("train", Cloud([], [step("Gate", made="")], [step("Train", made="")], [step("Train")]))
    assert (where.stream, told) == ("the-job/", ["execution abc has not begun train yet; waiting for it"])
    assert cloud.slept == 6


def test_a_step_that_is_there_is_not_waited_for(look: Any) -> None:
    assert look("Train", Cloud([step("Train")]))[1] == []


@pytest.mark.parametrize(
    ("what", "cloud"),
    [("Nope", Cloud([])), ("Register", Cloud([])), ("Train", Cloud([], status="Failed"))],
)
def test_what_will_not_come_is_not_waited_for(look: Any, what: str, cloud: Cloud) -> None:
    with pytest.raises(CliError, match=f"has no step '{what}'; steps: none yet"):
        look(what, cloud)


def test_functions_and_endpoints_are_followed_without_an_end(look: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "serving_endpoint", lambda client, names: "loans-dev-endpoint")
    monkeypatch.setattr(logs, "_streams", lambda client, where: iter(()))
    for what in ("function/release", "endpoint"):
        where, _, cloud = look(what, Cloud([]))
        with pytest.raises(Enough):
            list(follow(cloud, where, sleep=cloud.sleep))


def test_what_has_ended_is_followed_as_long_as_lines_may_lag(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "_streams", lambda client, where: iter(()))
    cloud = Cloud([])
    assert list(follow(cloud, Source(["/g"]), sleep=cloud.sleep)) == []
    assert cloud.slept < 60
