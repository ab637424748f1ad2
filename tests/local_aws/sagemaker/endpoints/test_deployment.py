"""Updates with guardrails over simulated time: shares of traffic, baking, alarms, limits, and the way back."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from local_aws.aws import LocalAws
from tests.local_aws.endpoints import alarm, config, create, guarded, model, settled, word
from tests.local_aws.support import emitted, refusal, until

REQUESTS = 60


@pytest.fixture
def endpoint(aws: LocalAws, request: pytest.FixtureRequest) -> str:
    """An endpoint of ten instances on the config ``<name>-1``, whose model says old; ``<name>-2`` says new."""
    name = request.node.name.split("[")[0].replace("_", "-")[-50:].strip("-")
    for number, says in enumerate(("old", "new"), 1):
        config(aws, f"{name}-{number}", variant="v", instances=10, **{model(aws, f"{name}-{says}", says): 1})
    assert create(aws, name, f"{name}-1") == "InService"
    return name


def update(aws: LocalAws, endpoint: str, deployment: dict[str, Any]) -> None:
    aws.client("sagemaker").update_endpoint(EndpointName=endpoint, EndpointConfigName=f"{endpoint}-2", DeploymentConfig=deployment)
    aws.settle()


def share(aws: LocalAws, endpoint: str) -> float:
    """Which part of the requests the new model answers."""
    return Counter(word(aws, endpoint) for _ in range(REQUESTS))["new"] / REQUESTS


def described(aws: LocalAws, endpoint: str) -> dict[str, Any]:
    return dict(aws.client("sagemaker").describe_endpoint(EndpointName=endpoint))


def test_a_canary_takes_its_share_bakes_and_takes_all(aws: LocalAws, endpoint: str) -> None:
    deployment = guarded([alarm(aws, f"{endpoint}-quiet")], CanarySize=20)
    update(aws, endpoint, deployment)
    now = described(aws, endpoint)
    assert (now["EndpointStatus"], now["EndpointConfigName"]) == ("Updating", f"{endpoint}-1")
    assert now["PendingDeploymentSummary"]["EndpointConfigName"] == f"{endpoint}-2"
    assert 0.05 <= share(aws, endpoint) <= 0.4
    busy = lambda: aws.client("sagemaker").update_endpoint(EndpointName=endpoint, EndpointConfigName=f"{endpoint}-1")  # noqa: E731
    assert "in-progress endpoint" in refusal(busy)[1]
    aws.advance(timedelta(seconds=601))
    assert share(aws, endpoint) == 1.0
    assert described(aws, endpoint)["EndpointStatus"] == "Updating"  # the whole fleet bakes as well
    aws.advance(timedelta(seconds=600))
    now = described(aws, endpoint)
    assert (now["EndpointStatus"], now["EndpointConfigName"]) == ("InService", f"{endpoint}-2")
    assert "PendingDeploymentSummary" not in now and now["LastDeploymentConfig"] == deployment


def test_an_alarm_while_it_bakes_brings_everything_back(aws: LocalAws, endpoint: str) -> None:
    loud = alarm(aws, f"{endpoint}-loud")
    update(aws, endpoint, guarded([loud], CanarySize=50))
    aws.advance(timedelta(seconds=60))
    assert 0.2 < share(aws, endpoint) < 0.8
    aws.client("cloudwatch").set_alarm_state(AlarmName=loud, StateValue="ALARM", StateReason="errors")
    aws.advance(timedelta(seconds=31))
    now = described(aws, endpoint)
    assert (now["EndpointStatus"], now["EndpointConfigName"]) == ("InService", f"{endpoint}-1")
    assert now["FailureReason"] == f"One or more alarms tripped during the deployment: {loud}"
    assert share(aws, endpoint) == 0.0
    states = [d["EndpointStatus"] for d in emitted(aws, "SageMaker Endpoint State Change", EndpointName=endpoint)]
    assert states == ["CREATING", "IN_SERVICE", "UPDATING", "ROLLING_BACK", "IN_SERVICE"]


def test_an_alarm_of_the_last_step_counts_too(aws: LocalAws, endpoint: str) -> None:
    loud = alarm(aws, f"{endpoint}-late")
    update(aws, endpoint, guarded([loud], "ALL_AT_ONCE"))
    assert share(aws, endpoint) == 1.0
    aws.client("cloudwatch").set_alarm_state(AlarmName=loud, StateValue="ALARM", StateReason="errors")
    aws.advance(timedelta(seconds=31))
    assert described(aws, endpoint)["EndpointConfigName"] == f"{endpoint}-1" and share(aws, endpoint) == 0.0


def test_without_a_baking_period_no_alarm_is_looked_at(aws: LocalAws, endpoint: str) -> None:
    update(aws, endpoint, guarded([alarm(aws, f"{endpoint}-on", "ALARM")], "ALL_AT_ONCE", bake=0))
    assert settled(aws, endpoint)["EndpointConfigName"] == f"{endpoint}-2"


def test_a_linear_shift_goes_step_by_step_and_the_old_fleet_waits_for_its_end(aws: LocalAws, endpoint: str) -> None:
    update(aws, endpoint, guarded([alarm(aws, f"{endpoint}-quiet")], "LINEAR", LinearStepSize=50, termination=300))
    shares = [share(aws, endpoint)]
    for _ in range(2):
        aws.advance(timedelta(seconds=601))
        shares.append(share(aws, endpoint))
    assert 0.25 < shares[0] < 0.75 and shares[1:] == [1.0, 1.0]
    assert described(aws, endpoint)["EndpointStatus"] == "Updating"
    aws.advance(timedelta(seconds=301))
    assert described(aws, endpoint)["EndpointStatus"] == "InService"


def test_a_rolling_update_goes_in_batches(aws: LocalAws, endpoint: str) -> None:
    batch = {"MaximumBatchSize": {"Type": "INSTANCE_COUNT", "Value": 5}, "WaitIntervalInSeconds": 60}
    update(aws, endpoint, {"RollingUpdatePolicy": batch})
    assert 0.25 < share(aws, endpoint) < 0.75
    aws.advance(timedelta(seconds=121))
    assert described(aws, endpoint)["EndpointConfigName"] == f"{endpoint}-2"


def test_an_alarm_that_does_not_exist_is_refused(aws: LocalAws, endpoint: str) -> None:
    with pytest.raises(aws.client("sagemaker").exceptions.ClientError, match="alarms that do not exist: absent"):
        update(aws, endpoint, guarded(["absent"], CanarySize=20))
    assert described(aws, endpoint)["EndpointStatus"] == "InService"


def test_alarms_are_read_with_the_models_own_role(aws: LocalAws, endpoint: str) -> None:
    before = len(aws.journal.of_role("tester"))
    update(aws, endpoint, guarded([alarm(aws, f"{endpoint}-quiet")], "ALL_AT_ONCE"))
    aws.advance(timedelta(seconds=700))
    asked = [e for e in aws.journal.of_role("tester")[before:] if e.operation == "DescribeAlarms"]
    assert asked and asked[0].accesses[0].resources == (f"arn:aws:cloudwatch:us-east-1:123456789012:alarm:{endpoint}-quiet",)


def test_a_request_that_is_under_way_when_the_fleet_goes_is_answered(aws: LocalAws, endpoint: str) -> None:
    slow = (
        "import time\ndef model_fn(f):\n    return 1\ndef transform_fn(m, b, c, a):\n    time.sleep(0.6)\n    return 'late', 'text/plain'\n"
    )
    config(aws, f"{endpoint}-3", variant="v", instances=10, **{model(aws, f"{endpoint}-slow", code=slow): 1})
    aws.client("sagemaker").update_endpoint(EndpointName=endpoint, EndpointConfigName=f"{endpoint}-3")
    settled(aws, endpoint)
    answers: list[str] = []
    aws.background.submit(lambda: answers.append(word(aws, endpoint)))
    fleet = aws.endpoints.endpoint(endpoint).fleet
    assert fleet is not None
    until(lambda: any(fleet._running.values()))
    update(aws, endpoint, guarded([], "ALL_AT_ONCE", bake=0))
    aws.settle()
    assert answers == ["late"] and word(aws, endpoint) == "new"
