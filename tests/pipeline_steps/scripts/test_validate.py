"""A version is refused unless it holds what its manifest and contract promise."""

import json
from pathlib import Path

import pytest

from pipeline_steps.scripts import validate


def run(folders) -> None:
    validate.main(["--manifest", folders.manifest, "--dataset", folders.dataset, "--output", folders.out])


def test_a_good_version_is_reported(finished):
    report = json.loads((Path(finished.validation_report) / "validation.json").read_text())
    assert (report["dataset_version"], report["rows"], report["faults"]) == ("v1", 600, [])


def test_another_number_of_rows_is_refused(rows, folders, write_version):
    write_version(folders, rows, rows=599)
    with pytest.raises(ValueError, match="v1: the manifest promises 599 rows, the files hold 600"):
        run(folders)


def test_another_contract_is_refused(rows, folders, write_version):
    write_version(folders, rows, schema_fingerprint="0" * 64)
    with pytest.raises(ValueError, match="v1: the contract in the manifest is not the one it was ingested under"):
        run(folders)


def test_faults_are_reported_before_they_are_raised(rows, folders, write_version):
    write_version(folders, rows.head(20))
    with pytest.raises(ValueError, match="dataset v1: 20 rows are too few"):
        run(folders)
    assert json.loads((folders.root / "out" / "validation.json").read_text())["faults"][0].startswith("20 rows are too few")
