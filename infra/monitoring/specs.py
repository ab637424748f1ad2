"""The alarms, one entry each: what is measured, when it is too much, and what to read then. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from infra.environment import Environment
from interfaces.monitors import WINDOW_HOURS, Monitor
from interfaces.names import VARIANT

FUNCTIONS = ("ingest", "approve", "decide", "release", "monitor", "retrain", "sweep")
MINUTE, HOUR = 60, 3600
STALE, HEARD = "monitor-stale", "monitor-heard"
# Which composite pages for an alarm; the others are told of by a sentence from a function or a rule
ENDPOINT, MONITORING, RUNNING, TOLD = "endpoint", "monitoring", "functions", ""


@dataclass(frozen=True)
class Spec:
    """``says`` is the first sentence of the description, ``runbook`` a file in docs/runbooks (the alarm's name by default)."""

    name: str
    says: str
    watched: dict[str, Any]
    threshold: float
    periods: tuple[int, int] = (1, 1)  # M of N
    comparison: str = "GreaterThanOrEqualToThreshold"
    missing: str = "notBreaching"
    group: str = TOLD
    runbook: str = ""

    @property
    def description(self) -> str:
        return f"{self.says} Runbook: docs/runbooks/{self.runbook or self.name}.md"


def single(namespace: str, metric: str, dimensions: dict[str, str], statistic: str, period: int) -> dict[str, Any]:
    """One metric; a statistic such as p95 is an extended one."""
    kind = "ExtendedStatistic" if statistic.startswith("p") else "Statistic"
    named = [{"Name": k, "Value": v} for k, v in dimensions.items()]
    return {"Namespace": namespace, "MetricName": metric, "Dimensions": named, kind: statistic, "Period": period}


def math(expression: str, period: int, **metrics: tuple[str, str, dict[str, str], str]) -> dict[str, Any]:
    """An expression over metrics: id = (namespace, name, dimensions, statistic)."""
    queries: list[dict[str, Any]] = []
    for id, (namespace, name, dimensions, statistic) in metrics.items():
        metric = {"Namespace": namespace, "MetricName": name, "Dimensions": [{"Name": k, "Value": v} for k, v in dimensions.items()]}
        queries.append({"Id": id, "MetricStat": {"Metric": metric, "Period": period, "Stat": statistic}, "ReturnData": False})
    return {"Metrics": [*queries, {"Id": "result", "Expression": expression, "ReturnData": True}]}


def specs(environment: Environment, monitors: list[Monitor]) -> list[Spec]:
    """Every alarm of an environment."""
    return [*_endpoint(environment), *_lifecycle(environment), *_models(environment, monitors), *_monitoring(environment)]


def _endpoint(environment: Environment) -> Iterator[Spec]:
    limits, names = environment.alarms, environment.names
    variant = {"EndpointName": environment.endpoint, "VariantName": VARIANT}
    ours = {"Endpoint": environment.endpoint}
    aws = "AWS/SageMaker"
    yield Spec(
        "endpoint-5xx",
        "The endpoint answers 5xx.",
        single(aws, "Invocation5XXErrors", variant, "Sum", MINUTE),
        limits.errors_5xx,
        (2, 3),
        group=ENDPOINT,
    )
    yield Spec(
        "endpoint-4xx",
        f"More than {limits.errors_4xx_percent:g} % of requests are refused.",
        math(
            "100 * FILL(refused, 0) / asked",
            5 * MINUTE,
            refused=(aws, "Invocation4XXErrors", variant, "Sum"),
            asked=(aws, "Invocations", variant, "Sum"),
        ),
        limits.errors_4xx_percent,
        (2, 3),
        "GreaterThanThreshold",
        group=ENDPOINT,
    )
    for name, metric, limit in (
        ("model-latency", "ModelLatency", limits.model_latency_ms),
        ("overhead-latency", "OverheadLatency", limits.overhead_latency_ms),
    ):
        says = f"The 95th percentile of {metric} is above {limit:g} ms."
        watched = single(aws, metric, variant, "p95", 5 * MINUTE)
        yield Spec(name, says, watched, limit * 1000, (2, 3), "GreaterThanThreshold", group=ENDPOINT, runbook="latency")
    tick = environment.monitoring.tick_minutes * MINUTE
    yield Spec(
        "endpoint-down",
        "The endpoint is not InService.",
        single(names.prefix, "EndpointInService", ours, "Minimum", tick),
        1,
        (2, 2),
        "LessThanThreshold",
        "missing",
        ENDPOINT,
    )
    if limits.no_traffic_hours:
        yield Spec(
            "no-traffic",
            f"Nothing has been asked of the endpoint for {limits.no_traffic_hours} hours.",
            math(
                f"IF(served >= {limits.no_traffic_hours}, FILL(asked, 0), 1)",
                HOUR,
                served=(names.prefix, "ServedHours", ours, "Maximum"),
                asked=(aws, "Invocations", variant, "Sum"),
            ),
            1,
            (limits.no_traffic_hours, limits.no_traffic_hours),
            "LessThanThreshold",
            group=ENDPOINT,
        )


def _lifecycle(environment: Environment) -> Iterator[Spec]:
    prefix = environment.names.prefix
    for name, says, rule in (
        ("pipeline-failed", "An execution of the training pipeline failed.", "pipeline-failed"),
        ("ingest-rejected", "A drop was refused.", "drop-refused"),
    ):
        yield Spec(name, says, single("AWS/Events", "Invocations", {"RuleName": f"{prefix}-{rule}"}, "Sum", 5 * MINUTE), 1)
    for name, says, metric, verb in (
        ("ingest-failed", "A run of the ingest job broke.", "IngestFailed", "ingest"),
        ("release-failed", "A release did not succeed.", "ReleaseFailed", "release"),
        ("monitoring-behind", "Monitoring does not follow what serves.", "MonitoringBehind", "release"),
    ):
        yield Spec(name, says, single(prefix, metric, {"service": verb}, "Sum", 5 * MINUTE), 1)
    queue = {"QueueName": f"{prefix}-dead-letters"}
    yield Spec(
        "dead-letters",
        "Events could not be delivered, or functions gave up on them.",
        single("AWS/SQS", "ApproximateNumberOfMessagesVisible", queue, "Maximum", 5 * MINUTE),
        1,
        group=RUNNING,
    )
    for name, says, metric in (
        ("function-errors", "A function fails.", "Errors"),
        ("function-throttles", "A function is throttled.", "Throttles"),
    ):
        summed = {verb: ("AWS/Lambda", metric, {"FunctionName": environment.names.function(verb)}, "Sum") for verb in FUNCTIONS}
        yield Spec(name, says, math(" + ".join(f"FILL({verb}, 0)" for verb in FUNCTIONS), 5 * MINUTE, **summed), 1, group=RUNNING)


def _models(environment: Environment, monitors: list[Monitor]) -> Iterator[Spec]:
    """Drift, quality, bias and attribution: M of N windows; until a window says otherwise, the state stays."""
    settings, ours = environment.monitoring, {"Endpoint": environment.endpoint}
    period = WINDOW_HOURS[settings.window] * HOUR
    m_of_n = (settings.windows_to_alarm, settings.windows)
    figures = {
        "drift-data": ("Inputs or predictions have drifted from the baseline.", "DriftedFeatures"),
        "data-broken": ("Captured data breaks the baseline's constraints: types, completeness, values or columns.", "DataViolations"),
        "quality": ("The model's quality has decayed.", "QualityDecay"),
        "bias": ("The model's bias has moved from the baseline.", "BiasViolations"),
        "drift-attribution": ("The model leans on other features than at the baseline.", "AttributionViolations"),
    }
    raised = {alarm for m in monitors for alarm in m.alarms}
    for name, (says, metric) in figures.items():
        if name in raised:
            yield Spec(name, says, single(environment.names.prefix, metric, ours, "Maximum", period), 1, m_of_n, missing="ignore")


def _monitoring(environment: Environment) -> Iterator[Spec]:
    limits, settings, prefix = environment.alarms, environment.monitoring, environment.names.prefix
    ours, period = {"Endpoint": environment.endpoint}, WINDOW_HOURS[settings.window] * HOUR
    for name, says, metric in (
        ("monitor-failed", "A run of a monitor failed.", "MonitorFailed"),
        ("monitor-without-data", "A window held no data, or too little to compare.", "MonitorWithoutData"),
        ("monitor-without-baseline", "The model that serves has no baseline.", "MonitorWithoutBaseline"),
        ("monitor-baseline-mismatch", "The baseline is one of another schema, or cannot be read.", "MonitorBaselineMismatch"),
    ):
        yield Spec(name, says, single(prefix, metric, ours, "Maximum", period), 1, group=MONITORING)
    yield Spec(
        "monitor-corrupt-data",
        f"More than {limits.faulty_share:.0%} of the captured records cannot be read.",
        single(prefix, "FaultyShare", ours, "Maximum", period),
        limits.faulty_share,
        comparison="GreaterThanThreshold",
        group=MONITORING,
    )
    age = single(prefix, "MonitorAge", ours, "Maximum", settings.tick_minutes * MINUTE)
    says = f"No window has been monitored for the length of {limits.stale_windows}, or the monitor function says nothing any more."
    yield Spec(STALE, says, age, limits.stale_windows + 1, (2, 2), "GreaterThanThreshold", "missing", MONITORING)
    # OK once ages were reported and evaluated, and kept when no other comes
    says = "Never rings: it tells a monitor function that has fallen silent from one that has not begun."
    heard = single(prefix, "MonitorHeard", ours, "Maximum", settings.tick_minutes * MINUTE)
    yield Spec(HEARD, says, heard, 1, comparison="LessThanThreshold", missing="ignore", group=MONITORING, runbook=STALE)
