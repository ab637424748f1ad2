"""The metrics that are left for the service to publish."""

import json
from pathlib import Path

from tests.pipeline_steps.scripts.traffic import dearer


def test_metrics_are_written_for_the_service_to_publish_when_asked(analyse, serve, tmp_path):
    serve(change=dearer)
    analyse()
    assert not (tmp_path / "metrics").exists()
    report, _, _ = analyse(publish_cloudwatch_metrics="Enabled")
    lines = [json.loads(line) for line in (tmp_path / "metrics" / "cloudwatch_metrics.jsonl").read_text().splitlines()]
    metrics = {line["MetricName"]: line for line in lines}
    assert metrics["feature_baseline_drift_price"]["Value"] == report.features["price"].distance
    assert metrics["feature_non_null_age"]["Value"] == report.features["age"].completeness
    assert metrics["feature_data_price"]["StatisticValues"]["SampleCount"] == 400
    assert metrics["feature_data_price"]["Dimensions"] == [
        {"Name": "Endpoint", "Value": "shop"},
        {"Name": "MonitoringSchedule", "Value": "hourly"},
    ]


def test_a_feature_whose_metrics_are_disabled_has_none(analyse, serve, finished, tmp_path):
    serve(50)
    limits = json.loads((Path(finished.baseline) / "constraints.json").read_text())
    for feature in limits["features"]:
        if feature["name"] == "price":
            feature["monitoringConfigOverrides"] = {"emit_metrics": "Disabled"}
    (tmp_path / "quiet.json").write_text(json.dumps(limits))
    analyse(publish_cloudwatch_metrics="Enabled", baseline_constraints=str(tmp_path / "quiet.json"))
    told = (tmp_path / "metrics" / "cloudwatch_metrics.jsonl").read_text()
    assert "feature_non_null_age" in told
    assert "price" not in told
