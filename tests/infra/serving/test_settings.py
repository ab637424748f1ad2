"""What AWS does not offer is refused at synth, with the reason and the nearest allowed choice, which then is allowed."""

from typing import Any

import pytest

from infra.environment import ConfigurationError, Environment, parse
from infra.serving.settings import Serving, change_refusals

FLEET = {"instances": 4, "max_instances": 8}
CANARY = {"strategy": "canary", "bake_minutes": 5, "step_percent": 25}
# given, words of the refusal, the nearest choice
REFUSED: dict[str, tuple[dict[str, Any], str, dict[str, Any]]] = {
    "canary of one instance": ({"strategy": "canary", "bake_minutes": 5}, "one instance has no part", {"instances": 2}),
    "canary above half": ({**FLEET, **CANARY, "step_percent": 60}, "step_percent: found 60; a canary step of 4", {"step_percent": 50}),
    "canary below an instance": ({**FLEET, **CANARY, "step_percent": 10}, "at least one instance and at most half", {"step_percent": 25}),
    "linear step": (
        {"instances": 20, "max_instances": 20, "strategy": "linear", "bake_minutes": 1, "step_percent": 5},
        "a linear step of 20 instances", {"step_percent": 10},
    ),
    "rolling batch": (
        {**FLEET, "strategy": "rolling", "bake_minutes": 1, "step_percent": 75}, "a rolling step of 4 instances", {"step_percent": 50}
    ),
    "canary that does not bake": ({**FLEET, **CANARY, "bake_minutes": 0}, "without a baking period no alarm", {"bake_minutes": 1}),
    "long bake": ({**FLEET, **CANARY, "bake_minutes": 90}, "bake_minutes: found 90; a wait is at most", {"bake_minutes": 60}),
    "termination wait": ({"termination_wait_minutes": 61}, "termination_wait_minutes: found 61", {"termination_wait_minutes": 60}),
    "deployment of more than eight hours": (
        {"instances": 10, "max_instances": 10, "strategy": "linear", "step_percent": 10, "bake_minutes": 60},
        "take 620 minutes, and a deployment may take 480", {"bake_minutes": 46},
    ),
    "capture on serverless": ({"hosting": "serverless"}, "serverless endpoints capture no data", {"capture_by": "container"}),
    "capture by an isolated container": ({"capture_by": "container"}, "reach no S3", {"capture_by": "endpoint"}),
    "guardrails on serverless": (
        {**FLEET, **CANARY, "hosting": "serverless", "capture_percent": 0},
        "guardrails are for real-time", {"strategy": "all-at-once", "bake_minutes": 0},
    ),
    "memory": ({"hosting": "serverless", "capture_percent": 0, "memory_mb": 1500}, "steps of 1024", {"memory_mb": 1024}),
    "concurrency": ({"hosting": "serverless", "capture_percent": 0, "max_concurrency": 201}, "at most 200", {"max_concurrency": 200}),
    "key on local storage": (
        {"encrypt_volume": True, "instance_type": "ml.m5d.large"}, "local storage, which takes no key", {"instance_type": "ml.m5.large"}
    ),
    "kept twice": ({"keep": "real-time"}, "which is what hosting is", {"keep": ""}),
    "bounds that cross": ({"instances": 3}, "max_instances (2) is below instances (3)", {"max_instances": 3}),
}  # fmt: skip


def environment(serving: dict[str, Any]) -> Environment:
    return parse({"project": "loans", "environment": "dev", "serving": serving}, "dev.toml")


@pytest.mark.parametrize(("given", "words", "nearest"), REFUSED.values(), ids=REFUSED.keys())
def test_a_choice_that_aws_does_not_offer_is_refused_and_the_nearest_one_is_taken(
    given: dict[str, Any], words: str, nearest: dict[str, Any]
) -> None:
    with pytest.raises(ConfigurationError) as refused:
        environment(given)
    message = str(refused.value)
    assert message.startswith("dev.toml: serving: ") and words in message
    assert all(str(value) in message.partition("nearest: ")[2] for value in nearest.values())
    environment({**given, **nearest})


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(ConfigurationError, match=r"max_instances .*; memory_mb: .*; capture_percent: "):
        environment({"hosting": "serverless", "instances": 3, "memory_mb": 1})


def test_no_capture_is_another_way_out_on_serverless() -> None:
    assert environment({"hosting": "serverless", "capture_percent": 0}).serving.capture_percent == 0


def test_model_monitor_does_not_take_serverless_endpoints_and_auto_is_settled_there() -> None:
    serverless = {"hosting": "serverless", "capture_by": "container"}
    assert environment(serverless).engine == "processing" and environment({}).engine == "auto"
    with pytest.raises(ConfigurationError, match=r'found "model-monitor", which does not take serverless.*nearest: engine = "processing"'):
        parse({"project": "loans", "environment": "dev", "serving": serverless, "monitoring": {"engine": "model-monitor"}}, "dev.toml")


def test_the_endpoints_name_is_stable_within_a_hosting_kind() -> None:
    real_time = environment({}).endpoint
    serverless = environment({"hosting": "serverless", "capture_percent": 0}).endpoint
    assert real_time == environment({**FLEET, **CANARY}).endpoint == "loans-dev-endpoint"
    assert serverless == environment({"hosting": "serverless", "capture_percent": 0, "keep": "real-time"}).endpoint != real_time


def test_another_type_for_an_endpoint_that_scales_is_refused_and_the_way_is_said() -> None:
    given = _serving(instance_type="ml.c5.xlarge")
    (fault,) = change_refusals(given, "ml.m5.large")
    assert "found ml.c5.xlarge; the endpoint scales by itself on ml.m5.large" in fault and "nearest: ml.m5.large" in fault
    assert not list(change_refusals(_serving(instance_type="ml.m5.large"), "ml.m5.large"))  # the nearest choice
    assert not list(change_refusals(given, ""))  # it does not scale, or is not known
    serverless = _serving(hosting="serverless", capture_percent=0, instance_type="ml.c5.xlarge")
    assert not list(change_refusals(serverless, "ml.m5.large"))


def _serving(**given: Any) -> Serving:
    return parse({"project": "loans", "environment": "dev", "serving": given}, "test").serving
