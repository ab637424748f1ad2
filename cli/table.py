"""Read the head of a CSV file for inference; say clearly what is wrong with it."""

import csv
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pandas as pd

from cli.errors import TableError

SAMPLE_ROWS = 200_000


@dataclass(frozen=True)
class Sample:
    """Rows as strings; ``complete`` when the file has no more; ``ragged`` rows were left out."""

    rows: pd.DataFrame
    complete: bool
    ragged: int


def read_sample(path: Path, limit: int = SAMPLE_ROWS) -> Sample:
    """The first rows of a CSV file. Raises TableError."""
    if not path.is_file():
        raise TableError(f"{path}: no such file")
    if path.stat().st_size == 0:
        raise TableError(f"{path}: the file is empty; it needs a header and rows")
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream, strict=True)
            names = [name.strip() for name in next(reader, [])]
            _check_header(path, names)
            records = [row for row in islice(reader, limit) if row]
            complete = next(reader, None) is None
    except UnicodeDecodeError as error:
        raise TableError(f"{path}: not UTF-8: byte 0x{error.object[error.start]:02x}; save it as UTF-8") from None
    except csv.Error as error:
        raise TableError(f"{path}: not CSV: {error}") from None
    if not records:
        raise TableError(f"{path}: a header and no rows")
    whole = [row for row in records if len(row) == len(names)]
    if len(whole) * 2 < len(records):
        odd = f"{len(records) - len(whole)} of {len(records)} rows"
        raise TableError(f"{path}: {odd} have another number of values than the header's {len(names)}; is it separated by commas?")
    return Sample(pd.DataFrame(whole, columns=names, dtype="object"), complete, len(records) - len(whole))


def _check_header(path: Path, names: list[str]) -> None:
    if not any(names):
        raise TableError(f"{path}: the first line is empty; it must name the columns")
    if "" in names:
        raise TableError(f"{path}: column {names.index('') + 1} has no name")
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise TableError(f"{path}: the column {', '.join(map(repr, twice))} is named more than once")
