"""What infra/ sets is what a function reads, and what is missing is named."""

from dataclasses import dataclass

import pytest

from interfaces.errors import SettingError
from interfaces.function_env import FunctionEnv


@dataclass(frozen=True)
class GateEnv(FunctionEnv):
    state_table: str
    threshold: float
    topic_arn: str


ENV = GateEnv("state", 0.75, "arn:aws:sns:eu-west-1:111122223333:t")


def test_variables_are_read_back_as_they_were_set():
    assert ENV.variables()["THRESHOLD"] == "0.75"
    assert GateEnv.parse(ENV.variables() | {"PATH": "/bin"}) == ENV


def test_parse_reads_the_process_environment_by_default(monkeypatch):
    for name, value in ENV.variables().items():
        monkeypatch.setenv(name, value)
    assert GateEnv.parse() == ENV


def test_missing_variable_is_named():
    variables = ENV.variables()
    del variables["TOPIC_ARN"]
    with pytest.raises(SettingError, match="TOPIC_ARN is missing; GateEnv"):
        GateEnv.parse(variables)


def test_malformed_number_is_named_with_its_value():
    with pytest.raises(SettingError, match="THRESHOLD='high' is not a number"):
        GateEnv.parse(ENV.variables() | {"THRESHOLD": "high"})
