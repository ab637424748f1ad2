"""Rows of production beside those of a version: what is taken, and what is left out."""

import json
import math
from pathlib import Path

import pandas as pd
import pytest

from interfaces.contract import Contract, from_dict
from model_code.collect import CollectError, combine, production
from model_code.monitoring.labels import Labels
from model_code.monitoring.records import Tally
from pipeline_steps.scripts import batches

COLUMNS = {"at": {"type": "timestamp"}, "a": {"type": "integer"}, "y": {"type": "integer", "allowed": ["0", "1"]}}
WITH_TIME = {"name": "v", "target": "y", "positive_label": "1", "problem_type": "binary", "event_time": "at", "columns": COLUMNS}
ID = "11111111-2222-3333-4444-555555555555"


@pytest.fixture
def contract() -> Contract:
    return from_dict(WITH_TIME, "test")


def history(rows: int) -> pd.DataFrame:
    return pd.DataFrame({"at": pd.date_range("2026-01-01", periods=rows, tz="UTC"), "a": range(rows), "y": [0, 1] * (rows // 2)})


def recent(rows: int) -> pd.DataFrame:
    return pd.DataFrame({"at": ["2026-03-01T00:00:00Z"] * rows, "a": ["7"] * rows, "y": ["1"] * rows}, dtype="object")


def test_rows_of_production_stand_beside_the_newest_of_the_past(contract: Contract) -> None:
    found = combine(history(10), recent(4), contract, 0.5)
    assert list(found["a"]) == ["8", "9", "7", "7", "7", "7"]


def test_without_them_there_is_nothing_new_unless_the_past_is_asked_for_whole(contract: Contract) -> None:
    with pytest.raises(CollectError, match="no captured row has a label"):
        combine(history(10), recent(0), contract, 0.5)
    assert list(combine(history(10), recent(0), contract, math.inf)["a"]) == [str(i) for i in range(10)]
    assert len(combine(history(10), recent(3), contract, math.inf)) == 13


def test_rows_of_a_batch_without_a_time_are_left_out_where_the_contract_has_one(
    contract: Contract, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A transform job without GenerateInferenceId appends neither id nor time."""
    for side in ("given", "answered"):
        (tmp_path / side).mkdir()
    (tmp_path / "given" / "f.csv").write_text("1\n2\n")
    (tmp_path / "answered" / "f.csv.out").write_text("1,0.5\n0,0.5\n")
    (tmp_path / "given" / "g.csv").write_text("3\n")
    (tmp_path / "answered" / "g.csv.out").write_text(f"1,0.5,{ID},2026-03-01T10:00:00Z\n")
    labels = Labels()
    ids = ("f.csv/0", "f.csv/1", ID)
    labels.add([json.dumps({"groundTruthData": {"data": "1", "encoding": "CSV"}, "eventMetadata": {"eventId": i}}).encode() for i in ids])
    blocks = lambda: batches.blocks(str(tmp_path / "given"), str(tmp_path / "answered"), ["a"], Tally())  # noqa: E731
    found = production(blocks(), labels, contract)
    assert list(found["a"]) == ["3"] and found["at"].notna().all()
    assert "2 labelled rows are left out" in capsys.readouterr().out
    untimed = {**WITH_TIME, "columns": {k: v for k, v in COLUMNS.items() if k != "at"}}
    del untimed["event_time"]
    assert len(production(blocks(), labels, from_dict(untimed, "test"))) == 3
