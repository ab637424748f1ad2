"""What the pages on monitors are about, and how each must end. The story's two windows drifted, lost a column and had wrong labels."""

import json
from pathlib import Path

from interfaces import layout
from tests.docs.commands.story import NAMES, newer, raise_alarm, serving
from tests.docs.situations.endpoint import back, by_hand
from tests.docs.situations.kind import Situation
from tests.lifecycle.support import World


def retrained(world: World, printed: str) -> None:
    """The run that was asked for is under way or over; nothing goes on when the page ends."""
    assert printed.startswith("retrain: asked for by arn:aws:sts::123456789012:assumed-role/loans-dev-operator/on-call"), printed
    world.aws.settle()


def drift(world: World, _: Path) -> Situation:
    printed = yield
    assert "income: distance 0." in printed[0] and "statistics.json" in printed[0] and "baseline_drift_check" in printed[0]
    retrained(world, printed[1])


def data_broken(world: World, _: Path) -> Situation:
    printed = yield
    assert '"credit_score"' in printed[0] and "completeness_check" in printed[0]
    record = json.loads(printed[1].strip().splitlines()[-1])
    assert record["captureData"]["endpointInput"]["data"]
    assert world.endpoint()["EndpointStatus"] == "InService"


def attribution(world: World, _: Path) -> Situation:
    printed = yield
    assert "ndcg: 0." in printed[0] and "analysis.json" in printed[0] and '"explanations"' in printed[0]
    retrained(world, printed[1])


def bias(world: World, _: Path) -> Situation:
    bad = newer(world)
    printed = yield
    assert "gender=female: " in printed[0] and '"violations"' in printed[0]
    back(world, bad)


def quality(world: World, _: Path) -> Situation:
    bad = newer(world)
    printed = yield
    assert "100% of them labelled; decayed" in printed[0] and "accuracy: " in printed[0] and f"version {bad} " in printed[0]
    assert serving(world) != bad
    retrained(world, printed[2])


def unhealthy(world: World, _: Path) -> Situation:
    raise_alarm(world, "monitor-failed")
    printed = yield
    assert NAMES.alarm("monitor-failed") in printed[0] and NAMES.alarm("monitoring-unhealthy") in printed[0]
    assert "REPORT RequestId: " in printed[0] and "InService" in printed[1]
    world.aws.client("cloudwatch").set_alarm_state(AlarmName=NAMES.alarm("monitor-failed"), StateValue="OK", StateReason="over")


def failed(world: World, _: Path) -> Situation:
    """The bias monitor had nothing to look at before the first labels came."""
    printed = yield
    assert f"{NAMES.monitor('bias')}\t" in printed[0] and "needs a ground_truth_source" in printed[0]
    assert '"engine": "model-monitor"' in printed[1]


def stale(world: World, _: Path) -> Situation:
    sagemaker = world.aws.client("sagemaker")
    sagemaker.stop_monitoring_schedule(MonitoringScheduleName=NAMES.monitor("data-quality"))
    printed = yield
    assert "ENABLED\trate(15 minutes)" in printed[0] and f"{NAMES.monitor('data-quality')}\tStopped" in printed[0]
    listed = sagemaker.list_monitoring_schedules()["MonitoringScheduleSummaries"]
    assert {s["MonitoringScheduleStatus"] for s in listed} == {"Scheduled"}
    assert '"engine": "model-monitor"' in printed[1]


def without_baseline(world: World, _: Path) -> Situation:
    bucket, prefix = layout.split_uri(world.stack(NAMES.monitoring_stack)["BaselineUri"])
    keys = world.keys("artefacts", f"{prefix}/")
    for key in keys:
        world.aws.client("s3").delete_object(Bucket=bucket, Key=key)
    assert keys and world.keys("artefacts", f"{prefix}/") == []
    printed = yield
    assert "ModelDataQuality" in printed[0] and all(key in printed[0] for key in keys)
    assert "constraints.json" in printed[1]
    assert world.keys("artefacts", f"{prefix}/") == keys


def mismatch(world: World, _: Path) -> Situation:
    newer(world)
    printed = yield
    assert "income: distance 0." in printed[0] and "BaselineUri\ts3://" in printed[0]
    assert serving(world) == 1


def corrupt(world: World, _: Path) -> Situation:
    bad = newer(world)
    printed = yield
    assert '"faults"' in printed[0] and '"captureData"' in printed[0]
    back(world, bad)


def without_data(world: World, _: Path) -> Situation:
    by_hand(world)
    assert "DataCaptureConfig" not in world.endpoint()
    printed = yield
    assert "by-hand-" in printed[0] and "Started" not in printed[0] and "/AllTraffic/" in printed[0]
    assert printed[2].strip() == "Started"
    assert serving(world) == 1
