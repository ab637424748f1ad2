"""What a DeploymentConfig asks for, and what AWS does not take."""

from typing import Any

import pytest

from local_aws.errors import AwsError
from local_aws.sagemaker.endpoints.plan import Plan, plan
from tests.local_aws.endpoints import guarded


def fleet(instances: int = 4, *names: str) -> list[dict[str, Any]]:
    return [{"VariantName": n, "InitialInstanceCount": instances} for n in names or ("v",)]


def rolling(value: int, kind: str = "CAPACITY_PERCENT", **extra: Any) -> dict[str, Any]:
    return {"RollingUpdatePolicy": {"MaximumBatchSize": {"Type": kind, "Value": value}, "WaitIntervalInSeconds": 60, **extra}}


@pytest.mark.parametrize(
    ("deployment", "shares"),
    [
        (guarded([], "ALL_AT_ONCE"), (1.0,)),
        (guarded([], CanarySize=25), (0.25, 1.0)),
        (guarded([], "LINEAR", LinearStepSize=50), (0.5, 1.0)),
        (guarded([], "LINEAR", LinearStepSize=30), (0.3, 0.6, 0.9, 1.0)),
        (guarded([], "LINEAR", LinearStepSize=10), tuple(i / 10 for i in range(1, 11))),
        (rolling(1, "INSTANCE_COUNT"), (0.25, 0.5, 0.75, 1.0)),
    ],
)
def test_traffic_moves_in_steps(deployment: dict[str, Any], shares: tuple[float, ...]) -> None:
    assert plan(deployment, fleet(), fleet()).shares == pytest.approx(shares)


def test_waits_limit_and_alarms_are_kept() -> None:
    deployment = guarded(["a", "b"], CanarySize=50, bake=300, termination=120, limit=1200)
    assert plan(deployment, fleet(), fleet()) == Plan((0.5, 1.0), 300, 120, 1200, ("a", "b"))
    assert plan(None, fleet(), fleet(1, "other")) == Plan()


@pytest.mark.parametrize(
    ("deployment", "words"),
    [
        (guarded([], CanarySize=51), "CanarySize: 51 CAPACITY_PERCENT of 4 instances is 51%; allowed: 0% to 50%"),
        (guarded([], "LINEAR", LinearStepSize=9), "LinearStepSize: 9 CAPACITY_PERCENT of 4 instances is 9%; allowed: 10% to 50%"),
        (guarded([], "LINEAR", LinearStepSize=60), "allowed: 10% to 50%"),
        (guarded([], "ALL_AT_ONCE", CanarySize=10), "CanarySize is for traffic routing of type CANARY, not ALL_AT_ONCE"),
        (guarded([]), "Traffic routing of type CANARY needs CanarySize"),
        (guarded([], "LINEAR", LinearStepSize=10, bake=3600), "The waits of the deployment take 36000 s"),
        (rolling(3, "INSTANCE_COUNT"), "MaximumBatchSize: 3 INSTANCE_COUNT of 4 instances is 75%; allowed: 5% to 50%"),
        ({**rolling(25), **guarded([], "ALL_AT_ONCE")}, "not both"),
        ({}, None),
        ({"AutoRollbackConfiguration": {"Alarms": [{"AlarmName": "a"}]}}, "needs BlueGreenUpdatePolicy or RollingUpdatePolicy"),
    ],
)
def test_what_is_out_of_range_is_refused(deployment: dict[str, Any], words: str | None) -> None:
    if words is None:
        assert plan(deployment, fleet(), fleet()) == Plan()
        return
    with pytest.raises(AwsError) as refused:
        plan(deployment, fleet(), fleet())
    assert words in refused.value.message


def test_one_instance_has_no_canary() -> None:
    with pytest.raises(AwsError, match="one instance"):
        plan(guarded([], CanarySize=50), fleet(1), fleet(1))


def test_other_variants_several_variants_and_serverless_have_their_limits() -> None:
    with pytest.raises(AwsError, match="old one's variant names: v"):
        plan(guarded([], "ALL_AT_ONCE"), fleet(), fleet(4, "w"))
    with pytest.raises(AwsError, match="several variants"):
        plan(rolling(25), fleet(4, "v", "w"), fleet(4, "v", "w"))
    serverless = [{"VariantName": "v", "ServerlessConfig": {"MaxConcurrency": 1}}]
    with pytest.raises(AwsError, match="not available for serverless"):
        plan(rolling(25), serverless, serverless)
