"""Metrics that a monitoring job leaves in files, put into CloudWatch as Model Monitor does."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from local_aws.cloudwatch.statistics import Datum
from local_aws.cloudwatch.store import Metric
from local_aws.sagemaker.jobs import World

_FOLDER = "output/metrics/cloudwatch"
_NAMESPACES = {"MODEL_QUALITY": "model-metrics", "MODEL_BIAS": "bias-metrics", "MODEL_EXPLAINABILITY": "explainability-metrics"}


def publish(world: World, description: dict[str, Any], root: Path) -> None:
    """Every line of ``/opt/ml/output/metrics/cloudwatch/*.jsonl``; the namespace is that of the kind of monitor."""
    environment = description.get("Environment", {})
    if environment.get("publish_cloudwatch_metrics") != "Enabled":
        return
    namespace = f"aws/sagemaker/Endpoints/{_NAMESPACES.get(environment.get('analysis_type', ''), 'data-metrics')}"
    for path in sorted((root / _FOLDER).glob("*.jsonl")):
        for line in path.read_text().splitlines():
            if line.strip():
                _put(world, namespace, json.loads(line))


def _put(world: World, namespace: str, item: dict[str, Any]) -> None:
    datum = Datum()
    if "StatisticValues" in item:
        given = item["StatisticValues"]
        datum.add_set(given["SampleCount"], given["Sum"], given["Minimum"], given["Maximum"])
    else:
        datum.add(float(item["Value"]))
    metric = Metric.of(namespace, item["MetricName"], {d["Name"]: d["Value"] for d in item.get("Dimensions", [])})
    world.metrics.add(metric, datum, item.get("Unit", "None"), datetime.fromisoformat(item["Timestamp"]))
