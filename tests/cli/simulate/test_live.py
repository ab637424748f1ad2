"""What is said of the days that a simulation kept."""

from cli.report.life import life
from cli.simulate.driver import Day
from cli.simulate.live import Life


def days() -> list[Day]:
    quality = (0.76, 0.75, 0.66, 0.64, 0.70, 0.72)
    serving = ([1], [1], [1], [1], [1, 2], [2])
    found = [
        Day(i + 1, f"2026-07-0{i + 1}", rows=100, versions=serving[i], metrics={"auc": quality[i]}, drift={"income": 0.05 + 0.3 * (i >= 2)})
        for i in range(6)
    ]
    found[3].violations, found[3].alarms, found[3].notes = 2, ["drift-data", "no-traffic"], ["alarm drift-data: <2 of 3>"]
    return found


def test_the_summary_tells_before_drifted_and_after() -> None:
    assert Life(days(), "auc", 0.1).summary(3) == {
        "drift_alarm": "drift-data on 2026-07-04",
        "violations": 2,
        "released_versions": [1, 2],
        "metric_before": 0.755,
        "metric_drifted": 0.65,
        "metric_after": 0.72,
    }


def test_without_a_change_every_day_is_before_it() -> None:
    summary = Life(days()[:2], "auc", 0.1).summary(None)
    assert (summary["metric_before"], summary["metric_drifted"], summary["drift_alarm"]) == (0.755, None, None)


def test_the_chart_shows_traffic_quality_drift_alarms_and_releases() -> None:
    drawn = str(life(Life(days(), "auc", 0.1).found()["days"], "auc", 0.1))
    for words in ("version 1", "version 2", "income", "drift-data", "no-traffic", "100 rows a day", "07-01"):
        assert words in drawn
    assert drawn.count('class="band bad"') == 2 and drawn.count('class="release"') == 2


def test_days_without_any_report_are_drawn_too() -> None:
    bare = [Day(1, "2026-07-01", versions=[1]).to_dict()]
    assert "nothing measured yet" in life(bare, "auc", 0.1)
