"""Ticks and ended runs: what fails keeps nobody else from work, and an update of the stack makes no hole."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from interfaces.monitors import MODEL_MONITOR, MONITORS, PROCESSING, Monitor
from interfaces.reports import MONITOR_FILE, FeatureReport
from lambdas.monitor.figures import Figure
from lambdas.monitor.flow import Flow
from lambdas.monitor.ledger import Ledger
from lambdas.monitor.windows import Window
from lambdas.monitor.world import Served
from local_aws.cloudwatch.accepted import check_datum
from local_aws.cloudwatch.statistics import Datum
from local_aws.cloudwatch.store import Metric
from tests.lambdas.monitor.support import env, report
from tests.lambdas.release.fake_table import FakeTable

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOW = datetime(2026, 7, 1, 10, 30, tzinfo=UTC)
SERVED = Served("package/1", "s3://artefacts/b", "v1", PROCESSING, NOW - 5 * DAY)
PLACE = "s3://data/monitoring/shop-dev-endpoint/shop-dev-"


class World:
    """Jobs by name, and figures as CloudWatch takes them."""

    def __init__(self) -> None:
        self.now = NOW
        self.jobs: dict[str, dict[str, Any]] = {}
        self.listed: list[dict[str, Any]] = []
        self.left: dict[str, Any] = {MONITOR_FILE: report().to_dict()}
        self.started: list[tuple[str, datetime]] = []
        self.broken: set[str] = set()
        self.figures: list[tuple[Figure, datetime]] = []

    def in_service(self) -> bool:
        return True

    def start(self, monitor: Monitor, window: Window, served: Served) -> bool:
        if monitor.name in self.broken:
            raise RuntimeError(f"no instances for {monitor.name}")
        self.started.append((monitor.name, window.due))
        return True

    def job(self, name: str) -> dict[str, Any]:
        if name == "gone":
            raise KeyError(name)
        return self.jobs.get(name, {"ProcessingJobStatus": "InProgress"})

    def executions(self, monitor: Monitor) -> list[dict[str, Any]]:
        return self.listed if monitor.name == "data-quality" else []

    def files(self, uri: str) -> dict[str, Any]:
        return self.left

    def baseline(self, monitor: Monitor, served: Served) -> dict[str, Any]:
        return {}

    def measure(self, figures: Sequence[Figure], at: datetime) -> None:
        for figure in figures:
            datum, one = figure.datum("shop-dev-endpoint", at), Datum()
            one.add(datum["Value"])
            dimensions = {d["Name"]: d["Value"] for d in datum["Dimensions"]}
            check_datum("MetricData", Metric.of("shop-dev", figure.name, dimensions), one, at, self.now)
            self.figures.append((figure, at))

    def values(self, name: str) -> list[float]:
        return [f.value for f, _ in self.figures if f.name == name]


class Story:
    """A flow on a world in memory."""

    def __init__(self, **changes: Any) -> None:
        self.world, self.table = World(), FakeTable()
        settings = env(**changes)
        self.ledger = Ledger(self.table)  # type: ignore[arg-type]
        monitors = [MONITORS[name] for name in settings.monitors.split(",")]
        self.flow = Flow(self.world, self.ledger, settings, monitors, lambda *_, **__: None)

    def tick(self, now: datetime, served: Served = SERVED) -> dict[str, Any]:
        self.world.now = now
        return self.flow.tick(served, now)

    def begun(self, now: datetime) -> None:
        """Every monitor has come up to here."""
        for monitor in self.flow.monitors:
            self.ledger.started(monitor.name, now)
            self.ledger.finished(monitor.name, now, "", "")


def job(monitor: str, due: datetime, status: str = "Completed", **told: str) -> dict[str, Any]:
    output = {"S3Output": {"S3Uri": f"{PLACE}{monitor}/{due:%Y/%m/%d/%H}"}}
    name = f"shop-dev-monitor-{monitor}-{due:%Y%m%d%H}"
    return {"ProcessingJobName": name, "ProcessingJobStatus": status, "Environment": told, "ProcessingOutputConfig": {"Outputs": [output]}}


def test_a_feature_of_any_name_is_measured() -> None:
    story = Story()
    names = ("größe", "年齢", "tab\there", " ", "größa", "x" * 2000)
    features = {name: FeatureReport(1.0, 0.1, 0.1, "Robust", False) for name in names}
    story.world.left = {MONITOR_FILE: report(features=features).to_dict()}
    due = NOW.replace(minute=0)
    assert story.flow.finish(job("data-quality", due), SERVED, NOW)["state"] == "Completed"
    measured = [f.datum("e", due)["Dimensions"][1]["Value"] for f, _ in story.world.figures if f.name == "FeatureDrift"]
    assert len(set(measured)) == len(names) and all(text.isascii() for text in measured)


def test_what_fails_for_one_monitor_keeps_no_other_from_its_work_and_is_raised() -> None:
    story = Story(monitors="data-quality,model-quality,bias")
    due = NOW.replace(minute=0)
    story.begun(due - 2 * HOUR)
    story.ledger.started("data-quality", due - HOUR)
    story.world.jobs["shop-dev-monitor-data-quality-2026070109"] = job("data-quality", due - HOUR)
    story.world.left = {MONITOR_FILE: {"rows": "of another shape"}}
    story.world.broken = {"model-quality"}
    with pytest.raises(ExceptionGroup, match="2 of 7 steps failed") as raised:
        story.tick(NOW)
    assert any("no instances for model-quality" in str(fault) for fault in raised.value.exceptions)
    assert [name for name, at in story.world.started if at == due] == ["data-quality", "bias"]
    assert story.world.values("MonitorAge") == [2.5] and story.world.values("EndpointInService") == [1.0]


def test_an_execution_that_cannot_be_taken_up_does_not_hide_the_next() -> None:
    story = Story()
    times = {"ScheduledTime": NOW - 2 * HOUR}, {"ScheduledTime": NOW - HOUR}
    lost = {**times[0], "MonitoringExecutionStatus": "Completed", "ProcessingJobArn": "arn:job/gone"}
    empty = {**times[1], "MonitoringExecutionStatus": "Failed", "FailureReason": "Job inputs had no data"}
    story.world.listed = [lost, empty]
    with pytest.raises(ExceptionGroup):
        story.tick(NOW, replace(SERVED, engine=MODEL_MONITOR))
    assert story.world.values("MonitorWithoutData") == [1.0]


def test_windows_that_were_due_too_long_ago_to_be_measured_are_passed_over() -> None:
    """Days, and twenty of them without a tick: PutMetricData takes nothing older than two weeks."""
    story = Story(monitors="data-quality", window_hours=24.0)
    midnight = NOW.replace(hour=0, minute=0)
    served = replace(SERVED, since=NOW - 90 * DAY)
    story.begun(midnight - 20 * DAY)
    story.tick(NOW, served)
    assert [at for _, at in story.world.started] == [midnight - n * DAY for n in range(12, -1, -1)]
    assert story.ledger.done("data-quality", midnight - 19 * DAY) and story.ledger.of("data-quality").started == midnight
    assert "too long ago" in story.ledger.of("data-quality").summary
    late = story.flow.finish(job("data-quality", NOW.replace(minute=0) - 15 * DAY), served, NOW)
    assert late["state"] == "Completed" and not story.world.values("DriftedFeatures")


def test_an_update_of_the_stack_makes_no_hole() -> None:
    """Labels take three days, windows are days: an update for another reason leaves those that wait for theirs."""
    story = Story(monitors="model-quality", window_hours=24.0, label_delay_hours=72.0)
    released = replace(SERVED, since=NOW - 40 * DAY)
    for day in range(-4, 8):
        updated = replace(released, since=NOW - 2 * HOUR) if day >= 0 else released
        story.tick(NOW + day * DAY, updated)
        if day == -4:
            story.world.started.clear()  # what was made up for
    ends = [(at - 3 * DAY).date() for _, at in story.world.started]
    assert ends == [(NOW + day * DAY).date() for day in range(-6, 5)]


def test_a_release_begins_anew_and_one_that_goes_back_does_not() -> None:
    story = Story()
    assert story.flow.followed(SERVED).since == SERVED.since
    other = replace(SERVED, package="package/2", since=NOW, updating=True)
    assert story.flow.followed(other).since == NOW
    assert story.flow.followed(replace(SERVED, since=NOW + HOUR)).since == SERVED.since
    assert story.flow.followed(replace(other, updating=False)).since == NOW
    assert story.flow.followed(replace(SERVED, since=NOW + HOUR)).since == NOW + HOUR


def test_a_model_whose_labels_are_yet_to_come_is_not_stale() -> None:
    story = Story(monitors="model-quality", label_delay_hours=72.0)
    story.begun(SERVED.since - HOUR)  # of the predecessor
    served = replace(SERVED, since=NOW - 70 * HOUR)
    story.tick(NOW, served)
    story.tick(NOW + 7 * HOUR, served)
    assert story.world.values("MonitorAge") == [0.0, 5.0]


def test_what_tells_silence_from_a_beginning_comes_once_ages_have_been_evaluated() -> None:
    story = Story()
    for minutes in (0, 1, 4):  # delivered twice, or ticks of a minute
        story.tick(NOW + timedelta(minutes=minutes))
    assert len(story.world.values("MonitorAge")) == 3 and not story.world.values("MonitorHeard")
    for minutes in (5, 15):
        story.tick(NOW + timedelta(minutes=minutes))
    assert story.world.values("MonitorHeard") == [1.0, 1.0]


@pytest.mark.parametrize("told", ["", "DATA_QUALITY"])
def test_a_run_is_the_monitors_whose_place_it_writes_to(told: str) -> None:
    """Whatever its environment says: what AWS's images for bias are told is not documented."""
    story = Story()
    story.world.left = {}
    due = NOW.replace(minute=0)
    found = story.flow.finish(job("bias", due, analysis_type=told), SERVED, NOW)
    assert found["monitor"] == "bias" and story.ledger.done("bias", due) and not story.ledger.done("data-quality", due)
    elsewhere = job("bias", due)
    elsewhere["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"] = "s3://data/monitoring/shop-dev-endpoint/other/2026/07/01/10"
    assert story.flow.finish(elsewhere, SERVED, NOW) == {"state": "of another project"}
