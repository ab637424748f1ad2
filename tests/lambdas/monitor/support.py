"""An environment of the monitor function, and reports as the analyzer writes them."""

from typing import Any

from interfaces.function_env import MonitorEnv
from interfaces.reports import COMPLETED, FeatureReport, MonitorReport, RowCounts

WINDOW = {"start": "2026-03-04T11:00:00Z", "end": "2026-03-04T12:00:00Z"}


def env(**changes: Any) -> MonitorEnv:
    given: dict[str, Any] = {
        "prefix": "shop-dev",
        "state_table": "shop-dev-state",
        "topic_arn": "arn:topic",
        "monitoring_stack": "shop-dev-monitoring",
        "endpoint_name": "shop-dev-endpoint",
        "variant": "AllTraffic",
        "data_bucket": "data",
        "steps_uri": "s3://assets/steps-1.pyz",
        "image_uri": "image",
        "job_role_arn": "arn:role",
        "key_arn": "arn:key",
        "instance_type": "ml.m5.xlarge",
        "subnets": "",
        "security_groups": "",
        "monitors": "data-quality,model-quality",
        "problem_type": "binary",
        "distance": "exact",
        "window_hours": 1.0,
        "settle_minutes": 10.0,
        "label_delay_hours": 0.0,
        "minimum_rows": 100.0,
        "minimum_labels": 50.0,
        "quality_tolerance": 0.05,
        "volume_gb": 30.0,
        "max_runtime_s": 1800.0,
    }
    return MonitorEnv(**{**given, **changes})


def report(kind: str = "DATA_QUALITY", state: str = COMPLETED, **parts: Any) -> MonitorReport:
    given: dict[str, Any] = {"reason": "as at the baseline", "window": WINDOW, "rows": RowCounts(1000, 1000)}
    return MonitorReport(analysis_type=kind, state=state, **{**given, **parts})


def feature(distance: float | None, *, drifted: bool = False, completeness: float = 1.0) -> FeatureReport:
    return FeatureReport(completeness, distance, 0.1, "Robust", drifted)
