"""A world that is saved and restored goes on: alarms, metrics, monitors, dashboards and what was set on endpoints."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from local_aws.aws import LocalAws
from tests.local_aws.endpoints import config, create, invoke, model, settled
from tests.local_aws.restart import restarted
from tests.local_aws.sagemaker.monitored import capture, executions, watch

HOUR = timedelta(hours=1)
# what a service holds that a restart does not need, each with its reason
TRANSIENT = {
    "ServiceQuotas.values": "given anew",
    "ServiceQuotas.defaults": "given anew",
    "Queues._planned": "timers, planned again",
    "Endpoints._endpoints": "created again from their configs",
    "CallbackStep._answers": "taken at once",
    "Events.history": "what tests look at",
    "Events._listeners": "of this process",
    "GlueJobs.peak_mib": "what benchmarks look at",
    **{f"{kind}Jobs._faults": "planted by tests" for kind in ("Processing", "Training", "Transform")},
}


def test_whatever_a_service_holds_is_kept_or_has_a_reason() -> None:
    with LocalAws() as aws:
        held = {
            f"{type(service).__name__}.{name}"
            for service in aws.dispatcher.services
            for name, value in vars(service).items()
            if isinstance(value, dict | list | set | int) and name not in getattr(service, "kept", ())
        }
    assert held <= set(TRANSIENT), sorted(held - set(TRANSIENT))


def measure(aws: LocalAws, value: float) -> None:
    data = [{"MetricName": "errors", "Value": value, "Dimensions": [{"Name": "Of", "Value": "x"}]}]
    aws.client("cloudwatch").put_metric_data(Namespace="n", MetricData=data)


def values(aws: LocalAws) -> dict[str, str]:
    found = aws.client("cloudwatch").describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    return {a["AlarmName"]: a["StateValue"] for a in found["MetricAlarms"] + found["CompositeAlarms"]}


def test_alarms_metrics_and_dashboards_go_on(tmp_path: Path) -> None:
    def before(aws: LocalAws) -> dict[str, Any]:
        cloudwatch = aws.client("cloudwatch")
        cloudwatch.put_metric_alarm(
            AlarmName="many",
            Namespace="n",
            MetricName="errors",
            Dimensions=[{"Name": "Of", "Value": "x"}],
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=2,
            DatapointsToAlarm=2,
            Threshold=5,
            ComparisonOperator="GreaterThanThreshold",
            TreatMissingData="ignore",
        )
        cloudwatch.put_composite_alarm(AlarmName="all", AlarmRule='ALARM("many")')
        cloudwatch.put_dashboard(DashboardName="board", DashboardBody='{"widgets": []}')
        for _ in range(2):
            measure(aws, 9)
            aws.advance(timedelta(minutes=1))
        assert values(aws) == {"many": "ALARM", "all": "ALARM"}
        return dict(cloudwatch.describe_alarms(AlarmNames=["many"])["MetricAlarms"][0])

    def after(aws: LocalAws, alarm: dict[str, Any]) -> None:
        cloudwatch = aws.client("cloudwatch")
        assert cloudwatch.describe_alarms(AlarmNames=["many"])["MetricAlarms"] == [alarm]
        assert values(aws)["all"] == "ALARM"
        history = [h["HistorySummary"] for h in cloudwatch.describe_alarm_history(AlarmName="many")["AlarmHistoryItems"]]
        assert any(summary.startswith("Alarm updated from") and summary.endswith("to ALARM") for summary in history)
        assert cloudwatch.get_dashboard(DashboardName="board")["DashboardBody"] == '{"widgets": []}'
        now = aws.clock.now()
        asked = {"Namespace": "n", "MetricName": "errors", "Dimensions": [{"Name": "Of", "Value": "x"}]}
        points = cloudwatch.get_metric_statistics(**asked, StartTime=now - HOUR, EndTime=now + HOUR, Period=7200, Statistics=["Sum"])
        assert sum(p["Sum"] for p in points["Datapoints"]) == 18
        for _ in range(3):
            measure(aws, 0)
            aws.advance(timedelta(minutes=1))
        assert values(aws) == {"many": "OK", "all": "OK"}

    restarted(tmp_path, before, after)


@pytest.mark.slow
def test_monitoring_schedules_fire_again_with_what_was_captured_before(tmp_path: Path) -> None:
    def before(aws: LocalAws) -> int:
        watch(aws, "d")
        aws.advance(HOUR)
        capture(aws, "3,4", "5,6")
        aws.settle()
        return len(executions(aws, "d"))

    def after(aws: LocalAws, ran: int) -> None:
        settled(aws, "watched")
        assert ran and len(executions(aws, "d")) == ran
        aws.advance(HOUR)
        aws.settle()
        newest = executions(aws, "d")[ran:]
        assert [e["MonitoringExecutionStatus"] for e in newest] == ["CompletedWithViolations"]

    restarted(tmp_path, before, after)


@pytest.mark.slow
def test_an_endpoint_keeps_what_was_set_on_it(tmp_path: Path) -> None:
    def before(aws: LocalAws) -> None:
        for word in ("one", "two"):
            model(aws, word, word)
        create(aws, "weighed", config(aws, "weighed-1", one=1.0, two=1.0))
        aws.client("sagemaker").update_endpoint_weights_and_capacities(
            EndpointName="weighed", DesiredWeightsAndCapacities=[{"VariantName": "one", "DesiredWeight": 0}]
        )
        settled(aws, "weighed")

    def after(aws: LocalAws, _: None) -> None:
        assert settled(aws, "weighed")["EndpointStatus"] == "InService"
        assert {invoke(aws, "weighed")["Body"].decode().split(",")[0] for _ in range(12)} == {"two"}

    restarted(tmp_path, before, after)
