"""What every analysis reads: a window's rows, tables, contracts in every place, baselines with their faults."""

import json
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from interfaces.analyzer import AnalyzerSettings
from pipeline_steps.scripts.analyses import inputs, shapes
from tests.pipeline_steps.scripts.traffic import END, START, record, write


def test_the_contract_is_found_in_a_manifest_a_folder_or_alone(tmp_path, contract):
    (tmp_path / "own.json").write_text(json.dumps(contract.to_dict()))
    assert inputs.contract(AnalyzerSettings(contract=str(tmp_path / "own.json"))) == contract
    assert inputs.contract(AnalyzerSettings(contract=str(tmp_path))) == contract
    (tmp_path / "own.json").write_text(json.dumps({"version": "v1", "contract": contract.to_dict()}))
    assert inputs.contract(AnalyzerSettings(contract=str(tmp_path))) == contract
    assert inputs.contract(AnalyzerSettings()) is None
    (tmp_path / "second.json").write_text("{}")
    with pytest.raises(FileNotFoundError, match="no JSON file and no folder with one"):
        inputs.contract(AnalyzerSettings(contract=str(tmp_path)))


def test_the_problem_type_is_the_named_one_or_the_contract_s(contract):
    assert inputs.problem_type(AnalyzerSettings(problem_type="Regression"), contract) == "regression"
    assert inputs.problem_type(AnalyzerSettings(), contract) == "binary"
    with pytest.raises(ValueError, match="needs a problem_type or a contract"):
        inputs.problem_type(AnalyzerSettings(), None)


def test_labels_are_late_when_collected_from_the_window_s_end_on(tmp_path):
    line = json.dumps({"groundTruthData": {"data": "1", "encoding": "CSV"}, "eventMetadata": {"eventId": "%s"}})
    for hour in ("12", "13", "14"):
        (tmp_path / "2026/11/01" / hour).mkdir(parents=True)
        (tmp_path / "2026/11/01" / hour / "x.jsonl").write_text(line % hour)
    found = inputs.labels(AnalyzerSettings(ground_truth_source=str(tmp_path), end_time="2026-11-01T14:00:00Z"))
    assert (len(found.known), found.late) == (3, 1)
    with pytest.raises(ValueError, match="needs a ground_truth_source"):
        inputs.labels(AnalyzerSettings())


def test_a_baseline_is_a_file_or_in_a_folder_and_its_absence_has_a_name(tmp_path):
    shape = {"a": shapes.number}
    (tmp_path / "statistics.json").write_text('{"a": 1}')
    found = [inputs.baseline(path, "statistics.json", shape) for path in (str(tmp_path), str(tmp_path / "statistics.json"))]
    assert found == [{"a": 1}, {"a": 1}]
    with pytest.raises(inputs.NoBaseline, match="no baseline x was given"):
        inputs.baseline("", "x", shape)
    with pytest.raises(inputs.NoBaseline, match="does not exist"):
        inputs.baseline(str(tmp_path / "other.json"), "x", shape)
    for content, told in (("{", "is not JSON"), ('{"a": "1"}', r'statistics.json: a is "1"; expected a finite number')):
        (tmp_path / "statistics.json").write_text(content)
        for read in (inputs.baseline, inputs.beside):
            with pytest.raises(inputs.BadBaseline, match=told):
                read(str(tmp_path), "statistics.json", shape)
    assert inputs.beside("", "statistics.json", shape) is None


def test_a_headerless_table_has_the_service_s_names(tmp_path):
    (tmp_path / "rows.csv").write_text("1,a\n2,b\n")
    given = AnalyzerSettings(dataset_source=str(tmp_path), dataset_format='{"csv": {"header": false}}')
    [chunk] = inputs.Traffic(given, None)
    assert chunk.inputs.to_pydict() == {"_c0": ["1", "2"], "_c1": ["a", "b"]}


def test_large_tables_come_in_batches(tmp_path, monkeypatch):
    monkeypatch.setattr(inputs, "BATCH_ROWS", 10)
    pq.write_table(pa.table({"x": range(25)}), tmp_path / "rows.parquet")
    traffic = inputs.Traffic(AnalyzerSettings(dataset_source=str(tmp_path), dataset_format='{"parquet": {}}'), None)
    assert [chunk.inputs.num_rows for chunk in traffic] == [10, 10, 5]
    assert traffic.tally.rows == 25


def test_a_window_is_by_inference_time_whatever_the_folder(analyse, tmp_path, raw_rows, contract):
    columns = [c.name for c in contract.features]
    row = ",".join(raw_rows(1)[columns].iloc[0])
    times = [START - timedelta(seconds=1), START, END - timedelta(seconds=1), END]
    lines = [record(row, "1,0.9", when=when) for when in times]
    write(lines[:2], tmp_path / "captured", when=START - timedelta(hours=1))
    write(lines[2:], tmp_path / "captured", when=END)
    report, _, _ = analyse()
    assert (report.rows.records, report.rows.rows, report.rows.outside_window) == (4, 2, 2)


@pytest.mark.parametrize("kind", ["csv", "json", "parquet"])
def test_tables_are_read_as_well_as_captures(analyse, raw_rows, contract, tmp_path, kind):
    rows = raw_rows(200)[[c.name for c in contract.features]]
    folder = tmp_path / "captured"
    folder.mkdir()
    if kind == "csv":
        rows.to_csv(folder / "rows.csv", index=False)
    elif kind == "json":
        rows.to_json(folder / "rows.json", orient="records", lines=True)
    else:
        rows.to_parquet(folder / "rows.parquet")
    report, _, _ = analyse(dataset_format=json.dumps({kind: {}}), start_time="", end_time="")
    assert report.rows.rows == 200
    assert not report.features["price"].drifted
    assert np.isfinite(report.features["price"].distance)
