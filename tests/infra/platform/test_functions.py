"""Each Lambda: on arm64, traced, logged, with dead letters, and exactly the environment that its handler reads."""

from dataclasses import fields
from typing import Any

import pytest

from interfaces.function_env import ApproveEnv, DecideEnv, FunctionEnv, IngestEnv, MonitorEnv, ReleaseEnv, RetrainEnv, SweepEnv

ENVIRONMENTS: dict[str, type[FunctionEnv]] = {
    "ingest": IngestEnv,
    "approve": ApproveEnv,
    "decide": DecideEnv,
    "release": ReleaseEnv,
    "monitor": MonitorEnv,
    "retrain": RetrainEnv,
    "sweep": SweepEnv,
}
POWERTOOLS = {"POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE", "POWERTOOLS_LOG_LEVEL"}


def test_there_is_a_function_per_verb(dev: Any) -> None:
    assert {p["FunctionName"] for p in dev.properties("AWS::Lambda::Function")} == {dev.names.function(verb) for verb in ENVIRONMENTS}


@pytest.mark.parametrize("verb", ENVIRONMENTS)
def test_a_function_gets_what_its_handler_reads_and_no_more(dev: Any, verb: str) -> None:
    variables = _function(dev, verb)["Environment"]["Variables"]
    assert set(variables) == {f.name.upper() for f in fields(ENVIRONMENTS[verb])} | POWERTOOLS
    known = {name: value if isinstance(value, str) else "a token" for name, value in variables.items()}
    assert ENVIRONMENTS[verb].parse(known).variables().keys() == set(variables) - POWERTOOLS


def test_functions_run_on_arm_are_traced_and_keep_what_fails(dev: Any) -> None:
    (queue,) = dev.of_type("AWS::SQS::Queue")
    for function in dev.properties("AWS::Lambda::Function"):
        assert function["Architectures"] == ["arm64"]
        assert function["Runtime"] == "python3.13"
        assert function["TracingConfig"] == {"Mode": "Active"}
        assert function["DeadLetterConfig"] == {"TargetArn": {"Fn::GetAtt": [queue, "Arn"]}}


def test_logs_are_the_functions_own_and_do_not_stay_forever(dev: Any) -> None:
    groups = dev.of_type("AWS::Logs::LogGroup")
    for function in dev.properties("AWS::Lambda::Function"):
        group = groups[function["LoggingConfig"]["LogGroup"]["Ref"]]["Properties"]
        assert group["LogGroupName"] == f"/aws/lambda/{function['FunctionName']}"
        assert group["RetentionInDays"] == dev.environment.operations.log_retention_days


def test_each_function_is_retried_twice_within_hours(dev: Any) -> None:
    configs = {p["FunctionName"]["Ref"]: p for p in dev.properties("AWS::Lambda::EventInvokeConfig")}
    assert set(configs) == set(dev.of_type("AWS::Lambda::Function"))
    for config in configs.values():
        assert (config["Qualifier"], config["MaximumRetryAttempts"], config["MaximumEventAgeInSeconds"]) == ("$LATEST", 2, 6 * 3600)


def _function(cloud: Any, verb: str) -> Any:
    return next(p for p in cloud.properties("AWS::Lambda::Function") if p["FunctionName"] == cloud.names.function(verb))
