"""The monitors are known by name and by analysis, and each has its parts everywhere."""

from infra.monitoring.monitors import PARTS
from infra.monitoring.settings import Monitoring
from interfaces.analyzer import ANALYSIS_TYPES
from interfaces.monitors import MONITORS
from interfaces.reports import BASELINES


def test_a_monitor_per_analysis_with_its_file_setting_and_baseline() -> None:
    assert {m.analysis_type for m in MONITORS.values()} == set(ANALYSIS_TYPES) == set(BASELINES)
    assert set(PARTS) == set(MONITORS)
    assert {name.replace("-", "_") for name in MONITORS} <= set(Monitoring.model_fields)
