"""Alarms: each names its runbook, each runbook exists and is named; one cause pages once."""

import re
from pathlib import Path
from typing import Any

from infra.monitoring.specs import FUNCTIONS, specs
from infra.nag import flat
from interfaces.monitors import MONITORS
from local_aws.cloudwatch.alarm import Alarm
from local_aws.cloudwatch.rule import parse

ROOT = Path(__file__).resolve().parents[3]
RUNBOOKS = ROOT / "docs" / "runbooks"


def alarms(cloud: Any) -> list[dict[str, Any]]:
    """Those of the monitoring stack."""
    resources = cloud.templates["Monitoring"]["Resources"].values()
    return [r["Properties"] for r in resources if r["Type"] in ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")]


def told() -> set[str]:
    """Runbooks that functions and other stacks name."""
    texts = [p.read_text() for folder in ("lambdas", "infra") for p in (ROOT / folder).rglob("*.py")]
    return {name for text in texts for name in re.findall(r"(?:docs/runbooks|RUNBOOKS})/([a-z0-9-]+)\.md", text)}


def test_every_alarm_names_a_runbook_that_exists_and_every_runbook_is_named(dev: Any) -> None:
    named = {re.search(r"docs/runbooks/([a-z0-9-]+)\.md$", a["AlarmDescription"])[1] for a in alarms(dev)}  # type: ignore[index]
    every = named | {s.runbook or s.name for s in specs(dev.environment, list(MONITORS.values()))}
    written = {p.stem for p in RUNBOOKS.glob("*.md")}
    assert every <= written
    assert written <= every | told()


def test_every_runbook_says_why_one_was_paged_and_what_to_do() -> None:
    for path in RUNBOOKS.glob("*.md"):
        text = path.read_text()
        assert "**You were paged because**" in text and re.search(r"^1\. ", text, re.MULTILINE), path.name


def test_only_composites_page_and_each_single_alarm_of_a_group_is_in_one(dev: Any) -> None:
    assert not [a["AlarmName"] for a in alarms(dev) if "AlarmActions" in a and "AlarmRule" not in a]
    inside: list[str] = []
    for composite in dev.properties("AWS::CloudWatch::CompositeAlarm"):
        assert flat(composite["AlarmActions"][0]).endswith(f":{dev.names.notifications_topic}")
        inside += parse(composite["AlarmRule"])[1]
    grouped = {dev.names.alarm(s.name) for s in specs(dev.environment, list(MONITORS.values())) if s.group}
    assert set(inside) == grouped


def test_without_traffic_monitoring_does_not_page_as_well(dev: Any) -> None:
    (rule,) = [a["AlarmRule"] for a in dev.properties("AWS::CloudWatch::CompositeAlarm") if a["AlarmName"].endswith("monitoring-unhealthy")]
    names = {"without": dev.names.alarm("monitor-without-data"), "silent": dev.names.alarm("no-traffic")}
    holds = parse(rule)[0]
    assert holds(lambda n: "ALARM" if n == names["without"] else "OK")
    assert not holds(lambda n: "ALARM" if n in names.values() else "OK")


def test_the_local_aws_can_evaluate_every_alarm(dev: Any) -> None:
    import datetime

    for properties in alarms(dev):
        given = {k: v for k, v in properties.items() if k != "AlarmActions"}
        assert Alarm(given, datetime.datetime.now(datetime.UTC)).name == properties["AlarmName"]


def test_every_function_is_watched(dev: Any) -> None:
    assert {dev.names.function(f) for f in FUNCTIONS} == {p["FunctionName"] for p in dev.properties("AWS::Lambda::Function")}


def test_thresholds_come_from_the_environment(dev: Any) -> None:
    changed = dev.environment.alarms.model_copy(update={"model_latency_ms": 7.0, "no_traffic_hours": 0, "errors_5xx": 3})
    found = {s.name: s for s in specs(dev.environment.model_copy(update={"alarms": changed}), list(MONITORS.values()))}
    assert (found["model-latency"].threshold, found["endpoint-5xx"].threshold) == (7000.0, 3)
    assert "no-traffic" not in found
    window = dev.environment.monitoring.model_copy(update={"windows": 5, "windows_to_alarm": 4, "window": "day"})
    drift = {s.name: s for s in specs(dev.environment.model_copy(update={"monitoring": window}), list(MONITORS.values()))}["drift-data"]
    assert (drift.periods, drift.watched["Period"], drift.missing) == ((4, 5), 86400, "ignore")


def test_the_dashboard_shows_every_alarm_and_every_feature(dev: Any) -> None:
    (board,) = dev.properties("AWS::CloudWatch::Dashboard")
    body = flat(board["DashboardBody"])
    assert all(a["AlarmName"] in body for a in alarms(dev))
    assert all(f'"{c.name}"' in body for c in dev.contract.features)
