"""Row numbers survive ragged rows, in whatever block they stand."""

from pathlib import Path

import pytest

from pipeline_steps.ingest import reader
from pipeline_steps.ingest.drop import LandedFile


@pytest.mark.parametrize("block", [1 << 20, 200])
def test_every_row_keeps_its_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    monkeypatch.setattr(reader, "BLOCK_BYTES", block)
    ragged_rows = {2, 7, 8, 30, 61}
    lines = [f"{n},value-{n}" + (",surplus" if n in ragged_rows else "") for n in range(2, 62)]
    path = tmp_path / "x.csv"
    path.write_text("number,text\n" + "\n".join(lines) + "\n")
    ragged = reader.Ragged()
    seen = []
    for batch in reader.read(LandedFile("x.csv", path, ""), ["number", "text"], ragged):
        assert [str(n) for n in batch.numbers] == list(batch.rows["number"])
        seen += list(batch.numbers)
    assert {number for number, _, _ in ragged.take()} == ragged_rows
    assert seen == [n for n in range(2, 62) if n not in ragged_rows]
