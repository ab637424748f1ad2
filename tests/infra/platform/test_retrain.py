"""What may start a retraining, and what retraining may do."""

import json
from typing import Any

from infra.nag import flat
from interfaces import events


def test_alarms_ticks_and_the_runs_own_events_reach_the_function(dev: Any) -> None:
    prefix = dev.names.prefix
    rules = {p["Name"].removeprefix(f"{prefix}-"): p["EventPattern"] for p in dev.properties("AWS::Events::Rule")}
    assert rules["alarm-raised"]["detail"] == {
        "alarmName": [f"{prefix}-drift-data", f"{prefix}-quality"],
        "state": {"value": ["ALARM", "OK"]},
    }
    heard = {name: rules[name]["detail-type"] for name in rules if name.startswith(("retrain-", "rows-"))}
    assert heard == {
        "rows-collected": [events.PROCESSING_STATE_CHANGE],
        "retrain-drop-refused": [events.DATASET_REFUSED],
        "retrain-version-created": [events.DATASET_CREATED],
        "retrain-trained": [events.PIPELINE_STATE_CHANGE],
    }
    (tick,) = [p for p in dev.properties("AWS::Scheduler::Schedule") if p["Name"] == f"{prefix}-retrain"]
    assert json.loads(tick["Target"]["Input"])["detail-type"] == events.RETRAIN_TICK
    assert tick["ScheduleExpression"] == f"rate({dev.environment.retrain.tick_minutes} minutes)"


def test_only_drops_of_retraining_are_landed(dev: Any) -> None:
    written = {
        flat(resource)
        for p in dev.properties("AWS::IAM::Role")
        if p["RoleName"] in (dev.names.role("retrain"), dev.names.role("collect-job"))
        for s in p["Policies"][0]["PolicyDocument"]["Statement"]
        if "s3:PutObject" in ([s["Action"]] if isinstance(s["Action"], str) else s["Action"])
        for resource in (s["Resource"] if isinstance(s["Resource"], list) else [s["Resource"]])
    }
    tails = {arn.rsplit(">/", 1)[-1] for arn in written}
    assert tails == {"collected/*", "drops/retrain-*/_SUCCESS", "drops/retrain-*/*"}
