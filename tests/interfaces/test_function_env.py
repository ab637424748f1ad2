"""What infra/ sets is what a function reads, and what is missing is named."""

import pytest

from interfaces.errors import SettingError
from interfaces.function_env import ApproveEnv

ENV = ApproveEnv("state", "group", "binary", "auc", 0.75, "manual", "arn:aws:sns:eu-west-1:111122223333:t")


def test_variables_are_read_back_as_they_were_set():
    assert ENV.variables()["THRESHOLD"] == "0.75"
    assert ApproveEnv.parse(ENV.variables() | {"PATH": "/bin"}) == ENV


def test_parse_reads_the_process_environment_by_default(monkeypatch):
    for name, value in ENV.variables().items():
        monkeypatch.setenv(name, value)
    assert ApproveEnv.parse() == ENV


def test_missing_variable_is_named():
    variables = ENV.variables()
    del variables["TOPIC_ARN"]
    with pytest.raises(SettingError, match="TOPIC_ARN is missing; ApproveEnv"):
        ApproveEnv.parse(variables)


def test_malformed_number_is_named_with_its_value():
    with pytest.raises(SettingError, match="THRESHOLD='high' is not a number"):
        ApproveEnv.parse(ENV.variables() | {"THRESHOLD": "high"})
