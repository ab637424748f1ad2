"""Blocks are bounded and hold whole lines."""

import pytest

from pipeline_steps.scripts import blocks


@pytest.mark.parametrize("size", [1, 7, 30, 1000])
def test_blocks_hold_whole_lines_however_files_are_cut(tmp_path, monkeypatch, size):
    monkeypatch.setattr(blocks, "BLOCK_BYTES", size)
    files = {"a": "one\ntwo\n", "b": "three", "c": "", "d": "a longer line of its own\nlast\n"}
    for name, content in files.items():
        (tmp_path / name).write_text(content)
    found = list(blocks.of_files(sorted(tmp_path.iterdir())))
    assert all(block.endswith(b"\n") for block in found)
    assert b"".join(found).decode().split() == "\n".join(files.values()).split()
    assert len(found) == 1 or size < 1000
