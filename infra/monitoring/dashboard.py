"""One page: alarms, traffic, latency, drift, quality, and monitoring itself."""

import json
from typing import Any

from aws_cdk import Fn
from constructs import Construct

from infra.environment import Environment
from infra.stack import resource
from interfaces.dimensions import dimension
from interfaces.monitors import WINDOW_HOURS
from interfaces.names import VARIANT

_WIDTH, _HEIGHT = 12, 6
_MOST_FEATURES = 30
_REGION = "${AWS::Region}"

Rows = list[list[Any]]


class Dashboard(Construct):
    """Two columns of graphs below the state of all alarms."""

    def __init__(self, scope: Construct, id: str, *, environment: Environment, alarms: list[str], features: list[str]) -> None:
        super().__init__(scope, id)
        names, endpoint = environment.names, environment.endpoint
        variant = ["EndpointName", endpoint, "VariantName", VARIANT]
        window = WINDOW_HOURS[environment.monitoring.window] * 3600
        traffic = [["AWS/SageMaker", m, *variant] for m in ("Invocations", "Invocation4XXErrors", "Invocation5XXErrors")]
        latency = [["AWS/SageMaker", m, *variant] for m in ("ModelLatency", "OverheadLatency")]

        def ours(*metrics: str) -> Rows:
            return [[names.prefix, metric, "Endpoint", endpoint] for metric in metrics]

        drift = [[names.prefix, "FeatureDrift", "Endpoint", endpoint, "Feature", dimension(name)] for name in features[:_MOST_FEATURES]]
        graphs = [
            _graph("Traffic", traffic, "Sum", 300),
            _graph("Latency, 95th percentile (µs)", latency, "p95", 300),
            _graph("Drift", ours("LargestDrift", "DriftedFeatures", "DataViolations"), "Maximum", window),
            _graph("Drift per feature", drift, "Maximum", window),
            _graph("Quality and labels", ours("QualityDecay", "LabelledShare", "BiasViolations"), "Maximum", window),
            _graph("Monitoring", ours("MonitoredRows", "MonitorFailed", "MonitorWithoutData", "MonitorAge"), "Maximum", window),
        ]
        status = {
            "type": "alarm",
            "width": 2 * _WIDTH,
            "height": 3,
            "x": 0,
            "y": 0,
            "properties": {
                "title": "Alarms",
                "alarms": [f"arn:${{AWS::Partition}}:cloudwatch:{_REGION}:${{AWS::AccountId}}:alarm:{name}" for name in alarms],
            },
        }
        for i, graph in enumerate(graphs):
            graph.update({"x": i % 2 * _WIDTH, "y": 3 + i // 2 * _HEIGHT})
        body = json.dumps({"widgets": [status, *graphs]}, ensure_ascii=False)
        resource(self, "Dashboard", "AWS::CloudWatch::Dashboard", DashboardName=names.prefix, DashboardBody=Fn.sub(body))


def _graph(title: str, metrics: Rows, statistic: str, period: int) -> dict[str, Any]:
    properties = {"title": title, "metrics": metrics, "stat": statistic, "period": period, "region": _REGION, "view": "timeSeries"}
    return {"type": "metric", "width": _WIDTH, "height": _HEIGHT, "properties": properties}
