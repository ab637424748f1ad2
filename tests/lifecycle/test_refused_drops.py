"""Drops that cannot become a dataset version are refused with the reason, and leave nothing half-written."""

import json

import pytest
from support import World, loan_rows

from interfaces import layout

HEADER = loan_rows(10).split(b"\n", 1)[0]
ROWS = loan_rows(60).split(b"\n")[1:]


def table(*rows: bytes, header: bytes = HEADER) -> bytes:
    return b"\n".join([header, *rows]) + b"\n"


def with_cell(row: bytes, column: str, value: bytes) -> bytes:
    cells = row.split(b",")
    cells[HEADER.decode().split(",").index(column)] = value
    return b",".join(cells)


ONE_CLASS = [with_cell(r, "defaulted", b"0") for r in ROWS[:50]]

CASES = {
    "empty": (b"", ["'a.csv' is empty"]),
    "header-only": (HEADER + b"\n", ["a header and no rows"]),
    "ragged": (
        table(*[r + b",surplus" for r in ROWS[:30]], *ROWS[30:50]),
        ["30 of 50 rows", "a.csv row 2", "has 15 values; the header has 14"],
    ),
    "wrong-types": (table(*[with_cell(r, "age", b"old") for r in ROWS[:50]]), ["row 2", "column age", "'old'", "is not a whole number"]),
    "gaps-in-target": (table(*[with_cell(r, "defaulted", b"") for r in ROWS[:50]]), ["column defaulted", "is missing"]),
    "one-class": (table(*ONE_CLASS), ["'defaulted' has one class only (0)"]),
    "twice-named": (table(*ROWS[:50], header=HEADER.replace(b"gender", b"age")), ["names the column 'age' more than once"]),
    "missing-column": (
        table(*ROWS[:50], header=HEADER.replace(b"income", b"salary")),
        ["lacks the column income", "unknown column salary"],
    ),
    "not-utf8": (table(*[with_cell(r, "purpose", b"caf\xe9") for r in ROWS[:50]]), ["is not UTF-8", "0xe9", "offset"]),
}


@pytest.mark.parametrize("case", CASES)
def test_a_drop_is_refused_with_its_reason(world: World, case: str) -> None:
    content, words = CASES[case]
    world.land(case, ("a.csv", content))
    reason = world.until(lambda: world.refusal(case))
    assert all(word in reason for word in words), reason
    world.aws.settle()
    assert world.versions(case) == []
    assert world.keys("data", layout.CURATED) == [] and world.keys("data", layout.MANIFESTS) == []
    assert world.executions() == []


def test_every_row_that_broke_the_contract_is_kept_of_a_refused_drop(world: World) -> None:
    world.land("all-old", ("a.csv", table(*[with_cell(r, "age", b"old") for r in ROWS[:40]])))
    world.until(lambda: world.refusal("all-old"))
    world.aws.settle()
    version = next(e["detail"]["dataset_version"] for e in world.events("Dataset Version Refused") if e["detail"]["drop"] == "all-old")
    kept = [json.loads(line) for line in world.body("data", f"{layout.quarantine_prefix(version)}part-00000.jsonl").splitlines()]
    assert len(kept) == 40 and {(k["column"], k["value"]) for k in kept} == {("age", "old")}


def test_other_files_than_csv_are_refused_by_name(world: World) -> None:
    world.land("excel", ("a.xlsx", b"PK"))
    assert "'a.xlsx' is not a .csv" in world.until(lambda: world.refusal("excel"))


def test_the_refusal_reaches_people_and_stays_in_the_bucket(world: World) -> None:
    world.land("told", ("a.csv", b""))
    world.until(lambda: world.refusal("told"))
    world.aws.settle()
    assert any("drop told was refused: file 'a.csv' is empty" in m for m in world.notifications())
    kept = [json.loads(world.body("data", key)) for key in world.keys("data", layout.REFUSED)]
    assert any(k["drop"] == "told" for k in kept)


def test_a_drop_without_its_marker_is_not_looked_at(world: World) -> None:
    runs = len(world.aws.journal.calls("glue", "StartJobRun"))
    world.aws.client("s3").put_object(Bucket=world.buckets["landing"], Key=f"{layout.drop_prefix('open')}a.csv", Body=b"x")
    world.aws.settle()
    assert len(world.aws.journal.calls("glue", "StartJobRun")) == runs


def test_a_few_bad_rows_are_quarantined_with_row_column_value_and_reason(world: World) -> None:
    bad = [
        with_cell(ROWS[0], "age", b"7"),
        ROWS[1],
        with_cell(ROWS[2], "gender", b"robot"),
        *ROWS[3:59],
        *loan_rows(200, 9).split(b"\n")[1:-1],
    ]
    world.land("some-bad", ("a.csv", table(*bad)))
    version = world.until(lambda: world.versions("some-bad"))[0]
    lines = world.body("data", f"{layout.quarantine_prefix(version)}part-00000.jsonl").decode().splitlines()
    first, second = (json.loads(line) for line in lines)
    assert (first["row"], first["column"], first["value"], first["reason"]) == (2, "age", "7", "is below the minimum 18")
    assert (second["row"], second["column"], second["value"]) == (4, "gender", "robot")
    manifest = json.loads(world.body("data", layout.manifest_key(version)))
    assert (manifest["rows"], manifest["quarantined"]) == (257, 2)
    (execution,) = world.until(world.executions)  # what becomes of the version is no matter here
    world.aws.client("sagemaker").stop_pipeline_execution(PipelineExecutionArn=execution["PipelineExecutionArn"])
