"""What the pages on the endpoint are about, and how each must end."""

import json
from pathlib import Path

from tests.docs.commands.story import NAMES, newer, raise_alarm, serving
from tests.docs.situations.kind import Situation
from tests.lifecycle.support import ONE_LOAN, World


def back(world: World, bad: int) -> None:
    """The version that was bad is left for the good one before."""
    assert serving(world) != bad
    assert world.invoke(json.dumps([ONE_LOAN]))["predictions"]


def by_hand(world: World, **changes: object) -> str:
    """The endpoint on a config of somebody's own."""
    sagemaker = world.aws.client("sagemaker")
    held = sagemaker.describe_endpoint_config(EndpointConfigName=world.endpoint()["EndpointConfigName"])
    name = f"by-hand-{len(sagemaker.list_endpoint_configs(MaxResults=100)['EndpointConfigs'])}"
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=held["ProductionVariants"], **changes)
    sagemaker.update_endpoint(EndpointName=NAMES.endpoint, EndpointConfigName=name)
    world.aws.settle()
    return name


def unhealthy(world: World, _: Path) -> Situation:
    bad = newer(world)
    raise_alarm(world, "endpoint-5xx")
    printed = yield
    assert NAMES.alarm("endpoint-5xx") in printed[0] and NAMES.alarm("endpoint-unhealthy") in printed[0]
    assert "Runbook: docs/runbooks/endpoint-5xx.md" in printed[0] and f"version {bad} " in printed[0]
    back(world, bad)


def errors_5xx(world: World, _: Path) -> Situation:
    bad = newer(world)
    printed = yield
    assert "InService" in printed[0] and "Installing module" in printed[0] and f"version {bad} " in printed[0]
    back(world, bad)


def errors_4xx(world: World, _: Path) -> Situation:
    bad = newer(world)
    for row in ({**ONE_LOAN, "age": 17}, {**ONE_LOAN, "income": "much"}):
        try:
            world.invoke(json.dumps([row]))
        except world.aws.client("sagemaker-runtime").exceptions.ModelError:
            pass
    logs = world.aws.client("logs")
    group = f"/aws/sagemaker/Endpoints/{NAMES.endpoint}"
    world.until(lambda: len(logs.filter_log_events(logGroupName=group, filterPattern="refused")["events"]) > 1)
    printed = yield
    assert "row 0, column age: is below the minimum 18" in printed[0] and "column income: is not" in printed[0]
    assert "much" not in printed[0]
    back(world, bad)


def changed(world: World, _: Path) -> Situation:
    config = world.endpoint()["EndpointConfigName"]
    mine = by_hand(world)
    printed = yield
    assert NAMES.endpoint in printed[0] and config in printed[0] and "local-admin" in printed[0]
    assert serving(world) == 1 and world.endpoint()["EndpointConfigName"] != mine


def down(world: World, _: Path) -> Situation:
    config = world.endpoint()["EndpointConfigName"]
    world.aws.client("sagemaker").delete_endpoint(EndpointName=NAMES.endpoint)
    world.aws.settle()
    printed = yield
    assert "local-admin" in printed[0] and f"{NAMES.endpoint}\t" not in printed[0]
    assert "InService" in printed[1] and f"endpoint/{NAMES.endpoint}/variant/AllTraffic\t1\t2" in printed[2]
    assert world.endpoint()["EndpointConfigName"] == config
    assert world.invoke(json.dumps([ONE_LOAN]))["predictions"]


def slow(world: World, _: Path) -> Situation:
    bad = newer(world)
    printed = yield
    assert NAMES.alarm("model-latency") in printed[0] and "AllTraffic\t1\t1" in printed[0]
    back(world, bad)
    world.until(lambda: world.endpoint()["ProductionVariants"][0]["CurrentInstanceCount"] == 2)
    targets = world.aws.client("application-autoscaling").describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"]
    assert [t["MinCapacity"] for t in targets] == [2]


def quiet(world: World, _: Path) -> Situation:
    printed = yield
    assert "InService" in printed[0] and '"label": ' in printed[0]
    hours = [line.split() for line in printed[1].splitlines() if line.strip()]
    assert hours and all(int(count) > 0 for count, _, _ in hours)
    assert world.endpoint()["EndpointStatus"] == "InService"
