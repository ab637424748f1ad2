"""Alarms: each names its runbook, each runbook exists and is named; one cause pages once."""

import re
from pathlib import Path
from typing import Any

import aws_cdk as cdk

from infra.monitoring.dashboard import Dashboard
from infra.monitoring.specs import FUNCTIONS, HEARD, STALE, specs
from infra.nag import flat
from interfaces.monitors import MONITORS
from lambdas.monitor.figures import Figure
from local_aws.cloudwatch.alarm import Alarm
from local_aws.cloudwatch.evaluation import EXTRA_PERIODS, judge
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


def test_the_endpoints_page_has_the_command_that_rolls_back(dev: Any) -> None:
    """As ASCII: CloudFormation turns any other character of a description into a question mark."""
    (page,) = [a["AlarmDescription"] for a in alarms(dev) if a["AlarmName"] == dev.names.alarm("endpoint-unhealthy")]
    assert page.isascii() and 'loop rollback --environment loans-dev --reason "why"' in page
    assert all(a["AlarmDescription"].isascii() for a in alarms(dev))


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


def test_a_monitor_function_that_falls_silent_pages_and_one_that_has_not_begun_does_not(dev: Any) -> None:
    """As the local AWS judges: an age at each tick, or none, since the deployment."""
    (rule,) = [a["AlarmRule"] for a in dev.properties("AWS::CloudWatch::CompositeAlarm") if a["AlarmName"].endswith("monitoring-unhealthy")]
    watched = {name: next(a for a in alarms(dev) if a["AlarmName"] == dev.names.alarm(name)) for name in (STALE, HEARD)}

    def pages(*ages: float | None) -> list[bool]:
        """Whether it pages at each tick; ``ages`` are those of each, oldest first. Which of two alarms is evaluated first is not known."""
        heard = [1.0 if age is not None and any(a is not None for a in ages[:i]) else None for i, age in enumerate(ages)]
        series = {"MonitorAge": ages, "MonitorHeard": heard}
        states = {a["AlarmName"]: "INSUFFICIENT_DATA" for a in watched.values()}
        found = []
        for tick in range(1, len(ages) + 1):
            paged = []
            for name in (HEARD, STALE):
                given = watched[name]
                seen = [None] * 9 + list(series[given["MetricName"]][:tick])
                span = given["EvaluationPeriods"] + EXTRA_PERIODS
                states[given["AlarmName"]] = judge(given, seen[: -span - 1 : -1], states[given["AlarmName"]]).state
                paged.append(parse(rule)[0](lambda name: states.get(name, "OK")))
            found.append(any(paged))
        return found

    assert not any(pages(*[None] * 20))  # nothing released, or the first tick is yet to come
    assert not any(pages(*[None] * 20, *[0.1] * 5))  # nor when it has come
    assert not any(pages(0.1, 0.1, None, 0.6))  # one tick that came late
    assert pages(*[0.1] * 3, *[None] * 6)[-1]
    assert pages(*[0.1] * 3, *[9.0] * 2)[-1]
    assert not pages(*[0.1] * 3, *[None] * 6, 0.5, 0.5)[-1]


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


def test_the_dashboard_asks_for_a_feature_by_the_value_that_it_is_measured_with(dev: Any) -> None:
    app = cdk.App()
    Dashboard(cdk.Stack(app, "Stack"), "D", environment=dev.environment, alarms=[], features=["größe"])
    (board,) = app.synth().get_stack_by_name("Stack").template["Resources"].values()
    (measured,) = [
        d["Value"] for d in Figure("FeatureDrift", 1.0, {"Feature": "größe"}).datum("e", 0)["Dimensions"] if d["Name"] == "Feature"
    ]
    assert f'"{measured}"' in flat(board["Properties"]["DashboardBody"])
