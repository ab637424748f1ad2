"""Reading a user's file: every fault is named."""

from pathlib import Path

import pytest

from cli.errors import TableError
from cli.table import read_sample


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty"),
        (b"a,b\n", "a header and no rows"),
        (b"a,b,a\n1,2,3\n", "the column 'a' is named more than once"),
        (b"a,,c\n1,2,3\n", "column 2 has no name"),
        (b"a,b\n1,caf\xe9\n", "not UTF-8: byte 0xe9"),
        (b"a;b\n1,2,3\n4,5,6\n", "2 of 2 rows have another number of values than the header's 1"),
        (b'a,b\n1,"2\n', "not CSV"),
    ],
)
def test_a_file_that_cannot_be_used(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    with pytest.raises(TableError, match=words) as refused:
        read_sample(path)
    assert str(path) in str(refused.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(TableError, match=r"nowhere\.csv: no such file"):
        read_sample(tmp_path / "nowhere.csv")


def test_a_few_ragged_rows_are_counted_and_left_out(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a,b\n1,2\n3\n4,5\n6,7,8\n9,10\n11,12\n")
    sample = read_sample(path)
    assert (len(sample.rows), sample.ragged, sample.complete) == (4, 2, True)


def test_only_the_head_of_a_large_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("a\n" + "1\n" * 50)
    sample = read_sample(path, limit=20)
    assert (len(sample.rows), sample.complete) == (20, False)
