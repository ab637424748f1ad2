"""A release that fails its canary, under live load: how many requests fail, where it ends, and that none is lost."""

import threading
import time
from datetime import timedelta

import pytest

from infra.environment import parse
from infra.serving.guardrails import alarms
from local_aws.aws import LocalAws
from tests.local_aws.endpoints import config, create, guarded, model
from tests.local_aws.support import until

SHARE = 0.25
CLIENTS = 3


class Load:
    """Clients that never stop asking, and what became of each request: (phase, answered)."""

    def __init__(self, aws: LocalAws, endpoint: str) -> None:
        self._runtime, self._endpoint = aws.client("sagemaker-runtime"), endpoint
        self._stop = threading.Event()
        self.phase = "before"
        self.requests: list[tuple[str, bool]] = []
        self._threads = [threading.Thread(target=self._ask) for _ in range(CLIENTS)]
        for thread in self._threads:
            thread.start()

    def _ask(self) -> None:
        while not self._stop.is_set():
            phase = self.phase
            try:
                self._runtime.invoke_endpoint(EndpointName=self._endpoint, Body=b"1", ContentType="text/csv")
                self.requests.append((phase, True))
            except Exception:
                self.requests.append((phase, False))

    def of(self, phase: str) -> list[bool]:
        return [answered for p, answered in list(self.requests) if p == phase]

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()


@pytest.fixture
def endpoint(aws: LocalAws) -> str:
    """An endpoint of four instances, with the project's own guardrail on the new fleet of ``loaded-2``."""
    environment = parse({"project": "loans", "environment": "dev"}, "x")
    broken = "def model_fn(f):\n    return 1\ndef transform_fn(*_):\n    raise RuntimeError('bad challenger')\n"
    config(aws, "loaded-1", variant="AllTraffic", instances=4, **{model(aws, "loaded-old", "old"): 1})
    config(aws, "loaded-2", variant="AllTraffic", instances=4, **{model(aws, "loaded-new", code=broken): 1})
    name = environment.names.endpoint
    assert create(aws, name, "loaded-1") == "InService"
    for properties in alarms(environment, "2", "loaded-2").values():
        aws.client("cloudwatch").put_metric_alarm(**{k: v for k, v in properties.items() if k != "AlarmActions"})
    return name


def test_a_bad_challenger_fails_its_share_and_no_more_and_leaves_no_trace(aws: LocalAws, endpoint: str) -> None:
    guards = [f"loans-dev-release-{kind}-2" for kind in ("errors", "latency")]
    load = Load(aws, endpoint)
    try:
        until(lambda: len(load.of("before")) > 50)
        load.phase = "canary"
        deployment = guarded(guards, CanarySize=int(SHARE * 100))
        aws.client("sagemaker").update_endpoint(EndpointName=endpoint, EndpointConfigName="loaded-2", DeploymentConfig=deployment)
        until(lambda: load.of("canary").count(False) >= 20)  # the canary takes traffic, and answers badly
        for _ in range(6):  # minutes pass, and every one of them brings requests
            asked = len(load.requests)
            until(lambda n=asked: len(load.requests) > n + 30)  # type: ignore[misc]
            aws.clock.advance(timedelta(seconds=30), lambda: time.sleep(0.02))
        described = until(
            lambda: (d := aws.client("sagemaker").describe_endpoint(EndpointName=endpoint))["EndpointStatus"] == "InService" and d
        )
        time.sleep(0.3)  # requests that were under way have their answers
        load.phase = "after"
        until(lambda: len(load.of("after")) > 200)
    finally:
        load.stop()
    assert described["EndpointConfigName"] == "loaded-1" and "alarms tripped" in described["FailureReason"]
    assert guards[0] in described["FailureReason"]
    assert all(load.of("before"))
    canary = load.of("canary")
    # a share of random draws: within four standard deviations of the canary's
    limit = SHARE + 4 * (SHARE * (1 - SHARE) / len(canary)) ** 0.5
    assert 0 < canary.count(False) / len(canary) <= limit
    assert all(load.of("after"))
