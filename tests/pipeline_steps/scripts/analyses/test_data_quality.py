"""Columns of the window against the baseline: what drifts, how far, and the statistics that are written."""

import json
from datetime import timedelta

import pytest

from tests.pipeline_steps.scripts import traffic
from tests.pipeline_steps.scripts.traffic import START, dearer


def test_traffic_like_the_training_rows_does_not_drift(analyse, serve):
    serve()
    report, out, told = analyse()
    assert report.rows.rows == 400
    assert not [name for name, f in report.features.items() if f.drifted]
    assert {f.error for f in report.features.values()} == {0.0}
    assert [name for name, f in report.features.items() if f.role == "prediction"] == ["predicted_bought", "probability_bought"]
    assert (report.endpoint, report.schedule) == ("shop", "hourly")
    assert report.violations == len(json.loads((out / "constraint_violations.json").read_text())["violations"])
    assert told.startswith("Completed")


def test_a_shifted_input_is_named_with_its_distance_and_moves_the_predictions(analyse, serve):
    serve(change=dearer)
    report, out, told = analyse()
    drifted = {name for name, f in report.features.items() if f.drifted}
    assert {"price", "predicted_bought", "probability_bought"} <= drifted
    assert "gender" not in drifted
    assert report.features["price"].distance > 0.3
    violations = json.loads((out / "constraint_violations.json").read_text())["violations"]
    [price] = [v for v in violations if v["feature_name"] == "price"]
    assert price["constraint_check_type"] == "baseline_drift_check"
    assert f"distance: {report.features['price'].distance} exceeds threshold: 0.1" in price["description"]
    assert report.state == "CompletedWithViolations"
    assert told == f"CompletedWithViolations: Job completed successfully with {len(violations)} violations."


def test_the_statistics_are_those_of_the_window_and_in_the_service_s_form(analyse, serve):
    raw = serve(120)
    _, out, _ = analyse()
    statistics = json.loads((out / "statistics.json").read_text())
    price = next(f for f in statistics["features"] if f["name"] == "price")["numerical_statistics"]
    assert price["mean"] == pytest.approx(raw["price"].astype(float).mean())
    assert statistics["dataset"] == {"item_count": 120}
    assert (out / "statistics.json").read_text().startswith('{\n  "version" : 0.0,\n  "dataset" : {')
    suggested = json.loads((out / "constraints.json").read_text())
    assert [f["name"] for f in suggested["features"]][:3] == ["predicted_bought", "probability_bought", "seen_at"]


def test_too_few_rows_are_described_and_not_compared(analyse, serve):
    serve(20, change=dearer)
    report, out, _ = analyse(minimum_rows=50)
    assert (report.state, report.violations) == ("TooFewRows", 0)
    assert (out / "statistics.json").is_file()


@pytest.fixture
def send(contract, raw_rows, tmp_path):
    """Capture 300 rows with ``price`` respelt; ``bad`` of them with a cell too many, or without any input."""

    def go(price=lambda text: text, bad=0, inputs=True, answer="0,0.1\n"):
        columns = [c.name for c in contract.features]
        lines = []
        for i, row in enumerate(raw_rows(300, 7)[columns].to_dict("records")):
            cells = ",".join({**row, "price": price(row["price"])}.values()) + (",extra" if i < bad else "")
            when = START + timedelta(seconds=i)
            lines.append(traffic.record(cells if inputs else None, answer, when=when, event=f"e{i}"))
        traffic.write(lines, tmp_path / "captured" / "shop" / "AllTraffic")

    return go


def checks(out):
    found = json.loads((out / "constraint_violations.json").read_text())["violations"]
    return {(v["feature_name"], v["constraint_check_type"]) for v in found}


@pytest.mark.parametrize(("spelt", "distance"), [(".5", True), ("5.", True), ("-.5", True), ("abc", False), ("nan", False)])
def test_a_column_without_a_number_by_the_service_s_rules_is_a_violation_and_no_crash(analyse, send, spelt, distance):
    send(price=lambda _: spelt)
    report, out, _ = analyse()
    assert ("price", "data_type_check") in checks(out)
    assert (report.features["price"].distance is not None) == distance  # what the endpoint took for a number is one
    price = next(f for f in json.loads((out / "statistics.json").read_text())["features"] if f["name"] == "price")
    assert ("distribution" in price["numerical_statistics"]) == distance


def test_numbers_without_a_leading_zero_do_not_leave_the_distribution(analyse, send):
    send(price=lambda text: f"{float(text):g}" if float(text) > 50 else f"{int(float(text))}.")
    report, out, _ = analyse()
    price = next(f for f in json.loads((out / "statistics.json").read_text())["features"] if f["name"] == "price")
    kll = price["numerical_statistics"]["distribution"]["kll"]
    assert sum(bucket["count"] for bucket in kll["buckets"]) == 300
    assert report.features["price"].distance < 0.1


def test_a_record_that_cannot_be_read_is_no_gap_in_every_column(analyse, send):
    send()
    _, clean, _ = analyse()
    before = checks(clean)
    send(bad=1)
    report, out, _ = analyse()
    assert report.rows.faults == {"unreadable input": 1}
    assert report.rows.rows == 300  # its answer counts
    assert checks(out) == before
    assert {report.features[name].completeness for name in ("price", "predicted_bought")} == {1.0}


def test_answers_that_are_captured_alone_are_compared_and_nothing_is_missed(analyse, send):
    send(inputs=False)
    report, out, _ = analyse()
    assert set(report.features) == {"predicted_bought", "probability_bought"}
    assert {check for _, check in checks(out)} <= {"baseline_drift_check"}
    assert analyse(analysis_type="MODEL_EXPLAINABILITY")[0].state == "NoData"


def test_a_window_whose_inputs_are_all_unreadable_is_corrupt(analyse, send):
    send(bad=300)
    report, _, _ = analyse()
    assert report.state == "CorruptData"
    assert report.reason == "none of 300 rows has an input: 300 unreadable input"


def test_quality_takes_rows_without_an_input_and_bias_does_not(analyse, send, tmp_path):
    send(bad=100)
    traffic.write([traffic.label(f"e{i}", str(i % 2)) for i in range(300)], tmp_path / "labels")
    assert analyse(analysis_type="MODEL_QUALITY")[0].labels.labelled == 300
    assert analyse(analysis_type="MODEL_BIAS")[0].labels.labelled == 200
