"""The reconciler."""

import json
from typing import Any


def test_the_reconciler_runs_on_a_schedule(dev: Any) -> None:
    (schedule,) = [p for p in dev.properties("AWS::Scheduler::Schedule") if p["Name"] == f"{dev.names.prefix}-reconcile"]
    assert schedule["ScheduleExpression"] == f"rate({dev.environment.operations.reconcile_minutes} minutes)"
    assert json.loads(schedule["Target"]["Input"])["detail-type"] == "Reconcile"
