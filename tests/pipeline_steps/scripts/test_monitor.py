"""The analyzer as the container contract starts it: files and environment in, reports and an exit message out."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from interfaces.analyzer import AnalyzerSettings
from interfaces.errors import SettingError
from interfaces.reports import MonitorReport
from model_code.predict import predict
from model_code.validate import check
from pipeline_steps.scripts import monitor
from pipeline_steps.scripts.analyses import cloudwatch, inputs
from pipeline_steps.scripts.evaluate import read_bundle
from tests.pipeline_steps.scripts import traffic
from tests.pipeline_steps.scripts.traffic import END, START, record

Answers = tuple[MonitorReport, Path, str]
Run = Callable[..., Answers]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, message: Path) -> None:
    monkeypatch.setattr(cloudwatch, "FOLDER", tmp_path / "metrics")
    monkeypatch.setattr(inputs, "JOB_CONFIG", tmp_path / "processingjobconfig.json")


@pytest.fixture
def run(finished: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, message: Path) -> Run:
    """Run the analyzer on what lies in ``captured`` and ``labels``, against the finished run's baselines."""
    base = Path(finished.baseline)

    def go(**changes: Any) -> Answers:
        kind = changes.get("analysis_type", "DATA_QUALITY")
        folder = base / {"MODEL_QUALITY": "model_quality", "MODEL_BIAS": "bias", "MODEL_EXPLAINABILITY": "explainability"}.get(kind, "")
        with_file = "analysis.json" if kind in ("MODEL_BIAS", "MODEL_EXPLAINABILITY") else "constraints.json"
        given = {
            "dataset_source": str(tmp_path / "captured"),
            "output_path": str(tmp_path / "out"),
            "start_time": traffic.moment(START),
            "end_time": traffic.moment(END),
            "baseline_constraints": str(folder / with_file),
            "baseline_statistics": "" if with_file == "analysis.json" else str(folder / "statistics.json"),
            "contract": str(finished.root / "manifest"),
            "ground_truth_source": str(tmp_path / "labels"),
            "analysis_config": str(base / "analysis_config.json"),
            "model": finished.model,
            "sagemaker_endpoint_name": "shop",
            "sagemaker_monitoring_schedule_name": "hourly",
            **changes,
        }
        for name in AnalyzerSettings.__dataclass_fields__:
            monkeypatch.delenv(name, raising=False)
        for name, value in AnalyzerSettings(**given).environment().items():
            monkeypatch.setenv(name, value)
        monitor.main([])
        out = tmp_path / "out"
        return MonitorReport.from_dict(json.loads((out / "monitor.json").read_text())), out, message.read_text()

    return go


@pytest.fixture
def serve(finished: Any, contract: Any, raw_rows: Any, tmp_path: Path) -> Callable[..., pd.DataFrame]:
    """Capture what the endpoint would answer to rows, and write labels for them; both may be changed on the way."""
    bundle = read_bundle(Path(finished.model))

    def go(
        count: int = 400,
        seed: int = 7,
        change: Callable[[pd.DataFrame], pd.DataFrame] = lambda rows: rows,
        relabel: Callable[[pd.Series], pd.Series] = lambda labels: labels,
    ) -> pd.DataFrame:
        raw = change(raw_rows(count, seed))
        columns = [c.name for c in contract.features]
        answers = predict(bundle, check(raw, contract).rows)
        truth = relabel(raw["bought"])
        lines, labels = [], []
        for i, row in enumerate(raw[columns].itertuples(index=False)):
            answered = f"{answers.predicted[i]},{answers.probability[i]}\n"
            when = START + timedelta(seconds=3600 * i / count)
            lines.append(record(",".join(row), answered, when=when, event=f"e{seed}-{i}"))
            labels.append(traffic.label(f"e{seed}-{i}", truth.iloc[i]))
        traffic.write(lines, tmp_path / "captured" / "shop" / "AllTraffic", name=f"{seed}.jsonl")
        traffic.write(labels, tmp_path / "labels", when=END, name=f"{seed}.jsonl")
        return raw

    return go


def dearer(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(price=(rows["price"].astype(float) + 30).round(2).astype(str))


def test_traffic_like_the_training_rows_does_not_drift(run, serve):
    serve()
    report, out, told = run()
    assert report.rows.rows == 400
    assert not [name for name, f in report.features.items() if f.drifted]
    assert {f.error for f in report.features.values()} == {0.0}
    assert [name for name, f in report.features.items() if f.role == "prediction"] == ["predicted_bought", "probability_bought"]
    assert (report.endpoint, report.schedule) == ("shop", "hourly")
    assert report.violations == len(json.loads((out / "constraint_violations.json").read_text())["violations"])
    assert told.startswith("Completed")


def test_a_shifted_input_is_named_with_its_distance_and_moves_the_predictions(run, serve):
    serve(change=dearer)
    report, out, told = run()
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


def test_the_statistics_are_those_of_the_window_and_in_the_service_s_form(run, serve):
    raw = serve(120)
    _, out, _ = run()
    statistics = json.loads((out / "statistics.json").read_text())
    price = next(f for f in statistics["features"] if f["name"] == "price")["numerical_statistics"]
    assert price["mean"] == pytest.approx(raw["price"].astype(float).mean())
    assert statistics["dataset"] == {"item_count": 120}
    assert (out / "statistics.json").read_text().startswith('{\n  "version" : 0.0,\n  "dataset" : {')
    suggested = json.loads((out / "constraints.json").read_text())
    assert [f["name"] for f in suggested["features"]][:3] == ["predicted_bought", "probability_bought", "seen_at"]


def test_metrics_are_written_for_the_service_to_publish_when_asked(run, serve, tmp_path):
    serve(change=dearer)
    run()
    assert not (tmp_path / "metrics").exists()
    report, _, _ = run(publish_cloudwatch_metrics="Enabled")
    lines = [json.loads(line) for line in (tmp_path / "metrics" / "cloudwatch_metrics.jsonl").read_text().splitlines()]
    metrics = {line["MetricName"]: line for line in lines}
    assert metrics["feature_baseline_drift_price"]["Value"] == report.features["price"].distance
    assert metrics["feature_non_null_age"]["Value"] == report.features["age"].completeness
    assert metrics["feature_data_price"]["StatisticValues"]["SampleCount"] == 400
    assert metrics["feature_data_price"]["Dimensions"] == [
        {"Name": "Endpoint", "Value": "shop"},
        {"Name": "MonitoringSchedule", "Value": "hourly"},
    ]


def test_a_feature_whose_metrics_are_disabled_has_none(run, serve, finished, tmp_path):
    serve(50)
    limits = json.loads((Path(finished.baseline) / "constraints.json").read_text())
    for feature in limits["features"]:
        if feature["name"] == "price":
            feature["monitoringConfigOverrides"] = {"emit_metrics": "Disabled"}
    (tmp_path / "quiet.json").write_text(json.dumps(limits))
    run(publish_cloudwatch_metrics="Enabled", baseline_constraints=str(tmp_path / "quiet.json"))
    told = (tmp_path / "metrics" / "cloudwatch_metrics.jsonl").read_text()
    assert "feature_non_null_age" in told
    assert "price" not in told


def test_a_window_is_by_inference_time_whatever_the_folder(run, tmp_path, raw_rows, contract):
    columns = [c.name for c in contract.features]
    row = ",".join(raw_rows(1)[columns].iloc[0])
    times = [START - timedelta(seconds=1), START, END - timedelta(seconds=1), END]
    lines = [record(row, "1,0.9", when=when) for when in times]
    traffic.write(lines[:2], tmp_path / "captured", when=START - timedelta(hours=1))
    traffic.write(lines[2:], tmp_path / "captured", when=END)
    report, _, _ = run()
    assert (report.rows.records, report.rows.rows, report.rows.outside_window) == (4, 2, 2)


@pytest.mark.parametrize(
    ("lines", "state", "told"),
    [
        ([], "NoData", "there is no record"),
        ([record("a", "b", when=END)], "NoData", "1 lie outside"),
        (["{not a record", "]"], "CorruptData", "none of 2 records could be read: 2 not JSON"),
        ([record("1,2", None)], "CorruptData", "1 unreadable input"),
    ],
)
def test_a_window_without_rows_is_a_state_and_not_a_failure(run, tmp_path, lines, state, told):
    traffic.write(lines, tmp_path / "captured")
    report, out, message = run()
    assert report.state == state
    assert told in report.reason
    assert message.startswith(f"{state}: ")
    assert json.loads((out / "constraint_violations.json").read_text()) == {"violations": []}


def test_too_few_rows_are_described_and_not_compared(run, serve):
    serve(20, change=dearer)
    report, out, _ = run(minimum_rows=50)
    assert (report.state, report.violations) == ("TooFewRows", 0)
    assert (out / "statistics.json").is_file()


def test_a_missing_baseline_is_told_and_the_window_described(run, serve, tmp_path):
    serve(50)
    report, out, _ = run(baseline_constraints=str(tmp_path / "nowhere.json"))
    assert report.state == "NoBaseline"
    assert "nowhere.json does not exist" in report.reason
    assert (out / "statistics.json").is_file()
    assert run(baseline_constraints="", baseline_statistics="")[0].state == "NoBaseline"


@pytest.mark.parametrize(
    "content",
    [
        "no JSON",
        "[]",
        '{"features": [{"name": "a", "inferred_type": "String"}, {"name": "b", "inferred_type": "String"}]}',
        '{"regression_constraints": {}}',
    ],
)
def test_a_baseline_of_another_schema_is_told(run, serve, tmp_path, content):
    serve(50)
    (tmp_path / "other.json").write_text(content)
    report, out, _ = run(baseline_constraints=str(tmp_path / "other.json"))
    assert report.state == "BaselineMismatch"
    assert (out / "statistics.json").is_file()


def test_quality_like_the_baseline_s_is_stable(run, serve):
    serve(600)
    report, out, _ = run(analysis_type="MODEL_QUALITY", problem_type="BinaryClassification")
    assert report.verdict.state == "stable"
    assert (report.labels.labelled, report.labels.share) == (600, 1.0)
    assert report.labels.late == 600  # collected in the hour after the window
    measured = json.loads((out / "statistics.json").read_text())["binary_classification_metrics"]
    assert report.metrics["accuracy"].value == measured["accuracy"]["value"]
    assert report.metrics["accuracy"].baseline is not None


def data_baseline(finished: Any) -> dict[str, str]:
    return {f"data_{name}": str(Path(finished.baseline) / f"{name}.json") for name in ("statistics", "constraints")}


def test_a_concept_that_drifts_is_told_from_inputs_that_do(run, serve, finished, tmp_path):
    serve(600, relabel=lambda labels: labels.map({"0": "1", "1": "0"}))
    report, _, told = run(analysis_type="MODEL_QUALITY", **data_baseline(finished))
    assert (report.verdict.state, report.verdict.cause) == ("decayed", "concept")
    assert report.metrics["accuracy"].violated
    assert told.startswith("CompletedWithViolations")
    assert run(analysis_type="MODEL_QUALITY")[0].verdict.cause == "concept"  # found where the baseline step puts it
    alone = tmp_path / "alone.json"
    alone.write_text((Path(finished.baseline) / "model_quality" / "constraints.json").read_text())
    found = run(analysis_type="MODEL_QUALITY", baseline_constraints=str(alone), baseline_statistics="")[0].verdict
    assert (found.state, found.cause) == ("decayed", "unknown")


def test_decay_where_inputs_moved_says_so(run, serve, finished):
    flipped = {"relabel": lambda labels: labels.map({"0": "1", "1": "0"})}
    serve(600, change=dearer, **flipped)
    report, _, _ = run(analysis_type="MODEL_QUALITY", **data_baseline(finished))
    assert (report.verdict.state, report.verdict.cause) == ("decayed", "inputs")
    assert "price" in report.verdict.reason


def test_below_the_minimum_of_labels_quality_stays_silent(run, serve, tmp_path):
    serve(200, relabel=lambda labels: labels.map({"0": "1", "1": "0"}))
    file = tmp_path / "labels" / END.strftime("%Y/%m/%d/%H") / "7.jsonl"
    file.write_text("\n".join(file.read_text().splitlines()[:40]))
    report, _, _ = run(analysis_type="MODEL_QUALITY", minimum_labels=50)
    assert (report.state, report.labels.labelled, report.labels.share) == ("TooFewLabels", 40, 0.2)
    assert (report.verdict, report.violations) == (None, 0)
    file.unlink()
    report, _, _ = run(analysis_type="MODEL_QUALITY")
    assert (report.state, report.labels.labelled) == ("TooFewLabels", 0)


def test_bias_drifts_when_one_group_is_labelled_otherwise(run, serve, raw_rows):
    serve(900)
    fair, out, _ = run(analysis_type="MODEL_BIAS")
    analysis = json.loads((out / "analysis.json").read_text())
    assert set(analysis["post_training_bias_metrics"]["facets"]) == {"gender", "age"}
    assert fair.verdict.state == "stable"
    women = raw_rows(900, 7)["gender"] == "f"
    serve(900, relabel=lambda labels: labels.mask(women, "0"))
    report, out, _ = run(analysis_type="MODEL_BIAS")
    assert report.verdict.state == "decayed"
    assert "gender=f: DAR" in report.verdict.reason
    violations = json.loads((out / "constraint_violations.json").read_text())["violations"]
    assert report.violations == len(violations) > 0
    assert {"facet", "facet_value", "metric_name", "constraint_check_type", "description"} == set(violations[0])


def test_attributions_are_compared_with_the_baseline_s(run, serve, finished, tmp_path):
    serve(150)
    report, out, _ = run(analysis_type="MODEL_EXPLAINABILITY")
    assert report.metrics["label0: ndcg"].value >= 0.9
    assert report.state == "Completed"
    other = json.loads((Path(finished.baseline) / "explainability" / "analysis.json").read_text())
    values = other["explanations"]["kernel_shap"]["label0"]["global_shap_values"]
    ranked = sorted(values, key=values.get)
    values |= dict(zip(ranked, sorted(values.values(), reverse=True), strict=True))
    (tmp_path / "reversed.json").write_text(json.dumps(other))
    report, out, _ = run(analysis_type="MODEL_EXPLAINABILITY", baseline_constraints=str(tmp_path / "reversed.json"))
    [violation] = json.loads((out / "constraint_violations.json").read_text())["violations"]
    score = report.metrics["label0: ndcg"].value
    assert violation == {
        "label": "label0",
        "metric_name": "shap",
        "constraint_check_type": "feature_attribution_drift_check",
        "description": f"Feature attribution drift {score} exceeds threshold 0.9",
    }


def test_bias_without_a_sensitive_column_says_so(run, serve, finished, tmp_path):
    serve(150)
    config = json.loads((Path(finished.baseline) / "analysis_config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps({**config, "facet": []}))
    report = run(analysis_type="MODEL_BIAS", analysis_config=str(tmp_path / "config.json"))[0]
    assert (report.state, "no sensitive feature" in report.reason) == ("BaselineMismatch", True)


@pytest.mark.parametrize("kind", ["MODEL_QUALITY", "MODEL_BIAS", "MODEL_EXPLAINABILITY"])
def test_every_analysis_tells_what_is_wrong_with_its_baseline(run, serve, tmp_path, kind):
    serve(150)
    (tmp_path / "odd.json").write_text('{"version": 0}')
    assert run(analysis_type=kind, baseline_constraints=str(tmp_path / "odd.json"))[0].state == "BaselineMismatch"
    assert run(analysis_type=kind, baseline_constraints=str(tmp_path / "none.json"))[0].state == "NoBaseline"


def test_the_environment_may_come_from_the_job_s_configuration(serve, run, tmp_path, monkeypatch):
    serve(30)
    run()
    for name in AnalyzerSettings.__dataclass_fields__:
        monkeypatch.delenv(name, raising=False)
    environment = {"dataset_source": str(tmp_path / "captured"), "output_path": str(tmp_path / "again")}
    (tmp_path / "processingjobconfig.json").write_text(json.dumps({"Environment": environment}))
    monitor.main([])
    assert json.loads((tmp_path / "again" / "monitor.json").read_text())["rows"]["rows"] == 30


def test_without_a_contract_columns_are_named_as_the_service_names_them(run, serve, tmp_path):
    serve(30)
    report, _, _ = run(contract="", baseline_constraints="", baseline_statistics="", start_time="", end_time="")
    assert list(report.features) == ["prediction", "probability", *(f"_c{i}" for i in range(6))]


def test_the_service_s_engine_brings_no_contract_and_the_analysis_is_the_same(run, serve, finished):
    serve(600, change=dearer)
    with_contract, without = run()[0], run(contract="")[0]
    assert without.features["price"] == with_contract.features["price"]
    assert without.features["probability_bought"] == with_contract.features["probability_bought"]
    quality = run(analysis_type="MODEL_QUALITY", contract="", problem_type="BinaryClassification")[0]
    assert quality.metrics == run(analysis_type="MODEL_QUALITY")[0].metrics
    biases = [run(analysis_type="MODEL_BIAS", contract=contract)[0].metrics for contract in ("", str(finished.root / "manifest"))]
    assert {k: v for k, v in biases[0].items() if "FT" not in k} == {k: v for k, v in biases[1].items() if "FT" not in k}


@pytest.mark.parametrize("kind", ["csv", "json", "parquet"])
def test_tables_are_read_as_well_as_captures(run, raw_rows, contract, tmp_path, kind):
    rows = raw_rows(200)[[c.name for c in contract.features]]
    folder = tmp_path / "captured"
    folder.mkdir()
    if kind == "csv":
        rows.to_csv(folder / "rows.csv", index=False)
    elif kind == "json":
        rows.to_json(folder / "rows.json", orient="records", lines=True)
    else:
        rows.to_parquet(folder / "rows.parquet")
    report, _, _ = run(dataset_format=json.dumps({kind: {}}), start_time="", end_time="")
    assert report.rows.rows == 200
    assert not report.features["price"].drifted
    assert np.isfinite(report.features["price"].distance)


def test_wrong_settings_fail_the_job(monkeypatch):
    monkeypatch.setenv("analysis_type", "MOOD")
    with pytest.raises(SettingError, match="analysis_type='MOOD'"):
        monitor.main([])
    with pytest.raises(ValueError, match="no options"):
        monitor.main(["--verbose"])
