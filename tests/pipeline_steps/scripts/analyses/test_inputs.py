"""What every analysis reads: blocks of whole lines, contracts in every place, baselines with their faults."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from interfaces.analyzer import AnalyzerSettings
from pipeline_steps.scripts.analyses import inputs


@pytest.mark.parametrize("size", [1, 7, 30, 1000])
def test_blocks_hold_whole_lines_however_files_are_cut(tmp_path, monkeypatch, size):
    monkeypatch.setattr(inputs, "BLOCK_BYTES", size)
    files = {"a": "one\ntwo\n", "b": "three", "c": "", "d": "a longer line of its own\nlast\n"}
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    blocks = list(inputs._blocks(sorted(tmp_path.iterdir())))
    assert all(block.endswith(b"\n") for block in blocks)
    assert b"".join(blocks).decode().split() == "\n".join(files.values()).split()
    assert len(blocks) == 1 or size < 1000


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
    (tmp_path / "statistics.json").write_text('{"a": 1}')
    assert inputs.baseline(str(tmp_path), "statistics.json") == inputs.baseline(str(tmp_path / "statistics.json"), "x") == {"a": 1}
    with pytest.raises(inputs.NoBaseline, match="no baseline x was given"):
        inputs.baseline("", "x")
    with pytest.raises(inputs.NoBaseline, match="does not exist"):
        inputs.baseline(str(tmp_path / "other.json"), "x")
    (tmp_path / "statistics.json").write_text("{")
    with pytest.raises(inputs.BadBaseline, match="is not JSON"):
        inputs.baseline(str(tmp_path), "statistics.json")
    assert inputs.beside("", "statistics.json") is None


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
