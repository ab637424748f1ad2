"""Batch transforms reach monitors and retraining as blocks of records, whatever is missing of them."""

import json
from pathlib import Path

from model_code.monitoring.records import NO_OUTPUT, Tally
from pipeline_steps.scripts import batches, blocks, collect, job


def files(root: Path, **pairs: tuple[str, str | None]) -> tuple[str, str]:
    """Input and output folders of ``name: (given, answered)``; an answer may be missing."""
    for name, (given, answered) in pairs.items():
        for side, suffix, content in (("input", "", given), ("output", ".out", answered)):
            if content is not None:
                path = root / side / "job" / f"{name}.csv{suffix}"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(content)
    return str(root / "input"), str(root / "output")


def test_every_file_is_read_and_one_without_answers_is_a_fault(tmp_path):
    given, answered = files(tmp_path, a=("1\n2\n", "0\n1\n"), b=("3\n", None), c=("4\n", "1\n"))
    tally = Tally()
    lines = b"".join(batches.blocks(given, answered, ("x",), tally, "2026-01-31T13:00:00Z")).splitlines()
    ids = [json.loads(line)["eventMetadata"]["eventId"] for line in lines]
    assert ids == ["job/a.csv/0", "job/a.csv/1", "job/c.csv/0"]
    assert tally.faults == {NO_OUTPUT: 1} and tally.records == 1


def test_blocks_are_bounded_and_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 1000)
    given, answered = files(tmp_path, a=("".join(f"{i}\n" for i in range(200)), "0\n" * 200))
    found = list(batches.blocks(given, answered, ("x",), Tally()))
    assert len(found) > 10 and all(len(block) < 1500 and block.endswith(b"\n") for block in found)
    assert sum(block.count(b"\n") for block in found) == 200


def test_labelled_rows_of_batches_are_collected_for_retraining(finished, contract, rows, tmp_path):
    features = rows[[c.name for c in contract.features]].head(30)
    id = "1f1d57b1-2e6f-488c-8c30-db4e6d75786"  # and a digit
    answers = "".join(f"{contract.classes[0]},0.5,{id}{i % 10},2026-11-20T00:49:15Z\n" for i in range(10))
    given, answered = files(tmp_path, a=(features.head(10).to_csv(index=False, header=False), answers))
    labels = tmp_path / "labels"
    labels.mkdir()
    truth = [
        {"groundTruthData": {"data": str(contract.classes[1]), "encoding": "CSV"}, "eventMetadata": {"eventId": f"{id}{i}"}}
        for i in range(4)
    ]
    (labels / "l.jsonl").write_text("".join(json.dumps(line) + "\n" for line in truth))
    arguments = ["--manifest", finished.manifest, "--dataset", finished.dataset, "--labels", str(labels), "--history-ratio", "0.5"]
    arguments += ["--batch-input", given, "--batch-output", answered]
    collect.main([*arguments, "--output", str(tmp_path / "out"), "--report", str(tmp_path / "report")])
    assert json.loads((tmp_path / "report" / "collected.json").read_text())["labelled"] == 4
    lines = (tmp_path / "out" / "rows.csv").read_text().splitlines()
    assert len(lines) == 1 + 4 + 2 and job.read_manifest(finished.manifest)
