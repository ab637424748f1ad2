"""Stream a CSV file as frames of strings, with the row number of every row and of every ragged one."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv

from interfaces.contract import Contract
from pipeline_steps.ingest.drop import LandedFile, Refused

BLOCK_BYTES = 8 << 20


@dataclass(frozen=True)
class Batch:
    """Rows as strings and, in ``numbers``, their row numbers in the file (the header is row 1)."""

    rows: pd.DataFrame
    numbers: np.ndarray


@dataclass
class Ragged:
    """Rows with the wrong number of values: row number, the text, and how many values it has."""

    found: list[tuple[int, str, int]] = field(default_factory=list)

    def take(self) -> list[tuple[int, str, int]]:
        taken, self.found = self.found, []
        return taken


def header(file: LandedFile) -> list[str]:
    """Column names, without a byte-order mark. Raises Refused for a header that names a column twice."""
    with file.path.open(encoding="utf-8-sig", newline="") as stream:
        names = [name.strip() for name in next(csv.reader(stream), [])]
    if not any(names):
        raise Refused(f"file {file.name!r} has no header")
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise Refused(f"file {file.name!r} names the column {', '.join(map(repr, twice))} more than once")
    return names


def check_columns(file: LandedFile, names: list[str], contract: Contract) -> None:
    """Raises Refused when columns are missing or unknown."""
    wanted = [c.name for c in contract.columns]
    absent, unknown = [n for n in wanted if n not in names], [n for n in names if n not in wanted]
    if absent or unknown:
        parts = [f"lacks the column {', '.join(absent)}"] * bool(absent) + [f"has the unknown column {', '.join(unknown)}"] * bool(unknown)
        raise Refused(f"file {file.name!r} {' and '.join(parts)}; the contract {contract.name!r} names: {', '.join(wanted)}")


def read(file: LandedFile, names: list[str], ragged: Ragged) -> Iterator[Batch]:
    """Batches of about 8 MB. Rows with too few or too many values go to ``ragged`` instead."""
    bad: set[int] = set()

    def on_invalid(row: pacsv.InvalidRow) -> str:
        bad.add(row.number)
        ragged.found.append((row.number, row.text[:500], row.actual_columns))
        return "skip"

    stream = pacsv.open_csv(
        file.path,
        # one thread: only then does Arrow know the row numbers
        read_options=pacsv.ReadOptions(use_threads=False, block_size=BLOCK_BYTES, column_names=names, skip_rows=1),
        parse_options=pacsv.ParseOptions(invalid_row_handler=on_invalid, newlines_in_values=True),
        convert_options=pacsv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False),
    )
    following = 2
    for batch in stream:
        frame = batch.to_pandas()
        numbers = _numbers(following, len(frame), bad)
        following = int(numbers[-1]) + 1 if len(numbers) else following
        yield Batch(frame, numbers)


def _numbers(first: int, count: int, bad: set[int]) -> np.ndarray:
    """The next ``count`` row numbers from ``first`` on, leaving out the ragged ones."""
    last = first + count
    while (skipped := sum(first <= n < last for n in bad)) > last - first - count:
        last = first + count + skipped
    numbers = np.arange(first, last, dtype="int64")
    return numbers[~np.isin(numbers, list(bad))] if skipped else numbers
