"""Files in and out of a step, and failures that reach the user."""

import json
from pathlib import Path

import pandas as pd
import pytest

from pipeline_steps.scripts import job


def test_rows_come_back_with_their_types_from_all_files_in_order(rows, folders, write_version):
    write_version(folders, rows)
    again = job.read_rows(folders.dataset)
    assert again["visit"].tolist() == rows["visit"].tolist()
    assert {c: str(again[c].dtype) for c in ("age", "member", "bought")} == {"age": "Int64", "member": "boolean", "bought": "Int64"}
    assert (again["seen_at"] == rows["seen_at"]).all()


def test_rows_under_a_glue_partition_get_no_further_column(rows, tmp_path):
    job.write_rows(rows, str(tmp_path / "dataset_version=v1"))
    assert list(job.read_rows(str(tmp_path)).columns) == list(rows.columns)


def test_a_folder_without_rows_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=f"{tmp_path} holds no Parquet file"):
        job.read_rows(str(tmp_path))


@pytest.mark.parametrize("count", [0, 2])
def test_a_folder_must_hold_one_manifest(tmp_path, count):
    for number in range(count):
        (tmp_path / f"v{number}.json").write_text("{}")
    with pytest.raises(FileNotFoundError, match=f"holds {count} manifests; expected one"):
        job.read_manifest(str(tmp_path))


def test_reports_are_strict_json(tmp_path):
    job.write_json({"a": [float("nan"), {"b": float("inf")}], "c": (1.5, "NaN")}, str(tmp_path / "new"), "r.json")
    text = (tmp_path / "new" / "r.json").read_text()
    assert json.loads(text, parse_constant=pytest.fail) == {"a": [None, {"b": None}], "c": [1.5, "NaN"]}


def test_a_failure_goes_to_the_log_and_to_the_exit_message(message: Path, capsys):
    with pytest.raises(SystemExit) as stopped:
        job.fail("too few rows " + "x" * 2000)
    assert stopped.value.code == 1
    assert message.read_text() == ("too few rows " + "x" * 2000)[:1024]
    assert "too few rows" in capsys.readouterr().err


def test_times_are_written_as_athena_and_spark_read_them(tmp_path):
    job.write_rows(pd.DataFrame({"t": pd.to_datetime(["2026-01-01T00:00:00.123456789Z"])}), str(tmp_path))
    assert job.read_rows(str(tmp_path))["t"][0] == pd.Timestamp("2026-01-01T00:00:00.123456Z")
