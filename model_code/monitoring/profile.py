"""What is known of a column after any number of chunks: mergeable, so that rows may come in pieces and in shards."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from model_code.monitoring import datatypes
from model_code.monitoring.accumulate import NumberAccount, TextAccount

NUMBER, TEXT, TIME = "number", "text", "time"


class Profile:
    """One column. ``kind`` says whether it is summarised as numbers or as texts; None keeps both until it is known.

    Times are texts whose frequencies say nothing about the next window: they are only counted.
    """

    def __init__(self, name: str, kind: str | None = None) -> None:
        self.name, self.kind = name, kind
        self.present = self.missing = 0
        self.votes: dict[str, int] = {}
        self.numbers = NumberAccount()
        self.texts = TextAccount(0) if kind == TIME else TextAccount()

    @property
    def total(self) -> int:
        return self.present + self.missing

    @property
    def completeness(self) -> float:
        return self.present / self.total if self.total else 0.0

    @property
    def inferred_type(self) -> str:
        """By the kind where it is given, by the votes of the cells otherwise."""
        voted = datatypes.inferred(self.votes)
        if self.kind in (TEXT, TIME):
            return datatypes.STRING if self.present else datatypes.UNKNOWN
        if self.kind == NUMBER and voted == datatypes.STRING:
            whole = self.votes.get(datatypes.INTEGRAL) and not self.votes.get(datatypes.FRACTIONAL)
            return datatypes.INTEGRAL if whole else datatypes.FRACTIONAL
        return voted

    def add(self, cells: pa.Array) -> None:
        """Take typed cells, or texts as a client sent them. A number that is not finite is a gap."""
        if pa.types.is_floating(cells.type):
            cells = pc.if_else(pc.is_finite(cells), cells, pa.scalar(None, cells.type))
        self.missing += cells.null_count
        self.present += len(cells) - cells.null_count
        for kind, n in datatypes.votes(cells).items():
            self.votes[kind] = self.votes.get(kind, 0) + n
        if self.kind in (None, NUMBER):
            self.numbers.add(_numbers(cells, known=self.kind == NUMBER))
        if self.kind != NUMBER and not (pa.types.is_floating(cells.type) or (self.kind is None and pa.types.is_integer(cells.type))):
            self.texts.add(_texts(cells))

    def merge(self, other: "Profile") -> None:
        self.present += other.present
        self.missing += other.missing
        for kind, n in other.votes.items():
            self.votes[kind] = self.votes.get(kind, 0) + n
        self.numbers.merge(other.numbers)
        self.texts.merge(other.texts)


class Profiles:
    """The columns of one table that comes in chunks. ``rows`` counts them."""

    def __init__(self, kinds: Mapping[str, str] | None = None) -> None:
        self._kinds = kinds or {}
        self._found: dict[str, Profile] = {}
        self.rows = 0

    def add(self, chunk: pa.Table | pa.RecordBatch, rows: int | None = None) -> None:
        """Take a chunk; ``rows`` says how many it has where none of its columns is left to tell."""
        rows = chunk.num_rows if rows is None else rows
        for name in chunk.schema.names:
            if name not in self._found:
                self._found[name] = Profile(name, self._kinds.get(name))
                self._found[name].missing = self.rows
            self._found[name].add(_flat(chunk.column(name)))
        self.rows += rows
        for name in set(self._found) - set(chunk.schema.names):
            self._found[name].missing += rows

    def all(self) -> list[Profile]:
        return list(self._found.values())


def profile(chunks: Iterable[pa.Table | pa.RecordBatch], kinds: dict[str, str] | None = None) -> list[Profile]:
    """Profiles of all columns of the chunks, in the order of the first; a column absent from a chunk is missing there."""
    seen = Profiles(kinds)
    for chunk in chunks:
        seen.add(chunk)
    return seen.all()


def _flat(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    cells = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    cells = pa.concat_arrays(cells.chunks) if isinstance(cells, pa.ChunkedArray) else cells
    return cells.dictionary_decode() if pa.types.is_dictionary(cells.type) else cells


def _numbers(cells: pa.Array, *, known: bool) -> np.ndarray:
    """The cells that are numbers, as float64. In a column ``known`` to hold them, whatever the endpoint takes for one is one, ``.5`` and
    ``5.`` as well, which are texts to Deequ."""
    if pa.types.is_integer(cells.type) or pa.types.is_floating(cells.type):
        return pc.cast(cells.drop_null(), pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    if not datatypes.is_text(cells.type):
        return np.empty(0)
    if not known:
        return _matching(cells)
    texts = cells.drop_null()
    values = pd.to_numeric(texts.to_pandas(), errors="coerce").to_numpy(dtype="float64")
    finite = np.isfinite(values)
    return values if finite.all() else np.concatenate([values[finite], _matching(texts.filter(pa.array(~finite)))])


def _matching(cells: pa.Array) -> np.ndarray:
    """The cells that Deequ takes for numbers; a sign may be followed by a blank."""
    numeric = cells.filter(datatypes.numeric_mask(cells))
    values = pd.to_numeric(numeric.to_pandas().str.replace(" ", "", regex=False), errors="coerce").to_numpy(dtype="float64")
    return values[np.isfinite(values)]


def _texts(cells: pa.Array) -> dict[str, int]:
    if pa.types.is_boolean(cells.type):
        cells = pc.if_else(cells, "true", "false")
    counted = pc.value_counts(cells.drop_null() if datatypes.is_text(cells.type) else pc.cast(cells.drop_null(), pa.string()))
    return dict(zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True))
