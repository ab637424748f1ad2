"""Model Monitor's own schedules, where the account has them: the same windows, figures and alarms."""

from pathlib import Path

import pytest
from policy_check import violations
from support import NAMES
from traffic import HOUR, to_half_past
from windows import alarm, analyzer, figure, jobs, release, window

from local_aws.aws import LocalAws


@pytest.mark.slow
def test_schedules_run_the_same_windows_where_the_account_allows_them(assembly: Path) -> None:
    with LocalAws(analyzer=analyzer(assembly)) as aws:
        world = release(aws, assembly)
        assert world.stack(NAMES.monitoring_stack)["Engine"] == "model-monitor"
        sagemaker = aws.client("sagemaker")
        names = {s["MonitoringScheduleName"] for s in sagemaker.list_monitoring_schedules()["MonitoringScheduleSummaries"]}
        assert names == {NAMES.monitor(m) for m in ("data-quality", "model-quality", "bias")}
        to_half_past(world)
        for seed in (21, 22):
            window(world, seed=seed, shift=2.0)
        aws.advance(HOUR)  # a window without traffic
        listed = sagemaker.list_monitoring_executions(MonitoringScheduleName=NAMES.monitor("data-quality"), SortOrder="Ascending")
        states = [e["MonitoringExecutionStatus"] for e in listed["MonitoringExecutionSummaries"]]
        assert states[-3:] == ["CompletedWithViolations", "CompletedWithViolations", "Failed"]
        assert listed["MonitoringExecutionSummaries"][-1]["FailureReason"] == "Job inputs had no data"
        assert figure(world, "DriftedFeatures")[-2:] == pytest.approx([2, 2], abs=1)
        assert figure(world, "MonitorWithoutData")[-1] == 1.0
        assert alarm(world, "drift-data") == "ALARM"
        assert [m for m in world.notifications() if "income: distance 0." in m]
        assert jobs(world, "data-quality") == []
        package = world.copy_package(world.packages()[0]["ModelPackageArn"])
        world.until(lambda: world.serves(package))
        assert {s["MonitoringScheduleName"] for s in sagemaker.list_monitoring_schedules()["MonitoringScheduleSummaries"]} == names
        assert violations(aws) == []
        assert not aws.background.failures
