"""The parts on disk are the split of the version, complete and without overlap."""

import json
from pathlib import Path

from model_code.split import split
from pipeline_steps.scripts import job


def test_parts_are_the_split_of_the_version_by_the_given_seed(finished, contract, rows):
    parts = split(rows, contract, seed=5)
    for name in ("train", "validation", "test"):
        written = job.read_rows(getattr(finished, name))
        assert written["visit"].tolist() == rows["visit"].iloc[getattr(parts, name)].tolist()
    assert parts.test.tolist() != split(rows, contract, seed=0).test.tolist()


def test_report_says_how_and_how_many(finished):
    report = json.loads((Path(finished.split) / "split.json").read_text())
    assert (report["dataset_version"], report["method"]) == ("v1", "identifier")
    assert report["rows"] == {name: len(job.read_rows(getattr(finished, name))) for name in ("train", "validation", "test")}
    assert sum(report["rows"].values()) == 600
