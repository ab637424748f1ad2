"""Decode data capture: blocks of JSON Lines to columns of texts, within a window of inference times.

What most records are, one plain row of CSV each, is parsed by Arrow; the rest goes record by record through
`records`. A bad line is counted by what is wrong with it and left out: nothing in a file raises.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.json as pa_json

from model_code.monitoring import records
from model_code.monitoring.payload import Row
from model_code.monitoring.records import LABEL_KEYS, PROBABILITY_KEYS, Layout, Tally

_SIDE = pa.struct([(name, pa.string()) for name in ("observedContentType", "data", "encoding")])
_SCHEMA = pa.schema(
    [
        ("captureData", pa.struct([("endpointInput", _SIDE), ("endpointOutput", _SIDE)])),
        ("eventMetadata", pa.struct([(name, pa.string()) for name in ("eventId", "inferenceId", "inferenceTime")])),
    ]
)
_PARSE = pa_json.ParseOptions(explicit_schema=_SCHEMA, unexpected_field_behavior="ignore")
_SPECIAL = r'["\r\n\x{FEFF}]'


@dataclass(frozen=True)
class Decoded:
    """Rows of some records: ``inputs`` a column of texts per feature, ``answers`` the columns id, position, prediction
    and probability, both of the same length. Where a row is not ``described``, its input was not captured or cannot be read."""

    inputs: pa.Table
    answers: pa.Table
    described: np.ndarray

    @property
    def given(self) -> pa.Table:
        """The inputs of the rows that have one."""
        return self.inputs if self.described.all() else self.inputs.filter(pa.array(self.described))


class Decoder:
    """Reads blocks of capture lines; keeps the `Tally` of what became of the records."""

    def __init__(self, layout: Layout, start: str = "", end: str = "") -> None:
        self._layout = layout
        self._start, self._end = start, end
        self.tally = Tally()
        names = "|".join(re.escape(name) for name in layout.columns)
        self._header = rf"^\s*({names})\s*(,|$)" if names else ""

    def decode(self, block: bytes) -> Decoded:
        """The rows of a block of whole lines that lie in the window."""
        try:
            options = pa_json.ReadOptions(use_threads=False, block_size=max(len(block), 1))
            table = pa_json.read_json(pa.BufferReader(block), options, _PARSE)
        except pa.ArrowInvalid:  # some line is not a record, or not in the usual form
            return self._singly(block)
        if table.num_rows == 0:
            return self._join([])
        flat = _columns(table)
        if flat["id"].null_count or flat["captured"].null_count:
            return self._singly(block)
        self.tally.records += table.num_rows
        inside = self._inside(flat["time"])
        plain = pc.and_(inside, self._plain(flat))
        rest = pc.and_(inside, pc.invert(plain))
        parts = [self._plain_rows({k: v.filter(plain) for k, v in flat.items()})] if pc.any(plain).as_py() else []
        if pc.any(rest).as_py():
            parts.append(self._rows(table.filter(rest).to_pylist()))
        return self._join(parts)

    def _singly(self, block: bytes) -> Decoded:
        good = []
        for line in block.splitlines():
            if not line.strip():
                continue
            self.tally.records += 1
            record = records.parse(line)
            if record is None:
                self.tally.faults[records.NOT_JSON] += 1
            elif self._one_inside(record["eventMetadata"].get("inferenceTime")):
                good.append(record)
        return self._join([self._rows(good)])

    def _inside(self, times: pa.ChunkedArray) -> pa.ChunkedArray:
        """Which records lie in the window. Times in the usual form compare as texts."""
        if not self._start and not self._end:
            return pa.chunked_array([pa.repeat(True, len(times))])
        usual = pc.match_substring_regex(times, r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        if not pc.all(pc.fill_null(usual, False)).as_py():
            return pa.chunked_array([pa.array([self._one_inside(t) for t in times.to_pylist()], pa.bool_())])
        inside = pa.chunked_array([pa.repeat(True, len(times))])
        if self._start:
            inside = pc.and_(inside, pc.greater_equal(times, self._start))
        if self._end:
            inside = pc.and_(inside, pc.less(times, self._end))
        self.tally.outside += len(times) - pc.sum(inside).as_py()
        return inside

    def _one_inside(self, given: Any) -> bool:
        if not self._start and not self._end:
            return True
        moment = records.moment(given)
        if moment is None:
            self.tally.faults[records.NO_TIME] += 1
            return False
        inside = (not self._start or moment >= self._start) and (not self._end or moment < self._end)
        self.tally.outside += not inside
        return inside

    def _plain(self, flat: Mapping[str, pa.ChunkedArray]) -> pa.ChunkedArray:
        """Which records are one row of CSV without quotes in and, where answered, one out."""
        names = self._layout.names
        data, answer = flat["input"], pc.utf8_rtrim(flat["output"], "\n")
        plain = pc.and_(_is(flat["input encoding"], "CSV"), _is(flat["output encoding"], "CSV"))
        plain = pc.and_(plain, pc.equal(pc.count_substring(data, ","), len(names) - 1))
        for text in (data, answer):
            plain = pc.and_(plain, pc.and_(pc.not_equal(text, ""), pc.invert(pc.match_substring_regex(text, _SPECIAL))))
        if self._header:
            plain = pc.and_(plain, pc.invert(pc.match_substring_regex(data, self._header)))
        return pc.fill_null(plain, False) if names else pa.chunked_array([pa.repeat(False, len(data))])

    def _plain_rows(self, flat: Mapping[str, pa.ChunkedArray]) -> Decoded:
        names = list(self._layout.names)
        lines = flat["input"].to_pylist()
        inputs = _parsed(lines, names)
        cells = pc.split_pattern(pc.utf8_rtrim(flat["output"], "\n").combine_chunks(), ",")
        count = len(cells)
        answers = {
            "id": flat["id"].combine_chunks(),
            "position": pa.repeat(0, count),
            "prediction": pa.nulls(count, pa.string())
            if self._layout.probability_only
            else _cell(cells, self._layout.inference, LABEL_KEYS, 0),
            "probability": _cell(cells, self._layout.probability, PROBABILITY_KEYS, 1),
        }
        return Decoded(inputs, pa.table(answers), np.ones(count, dtype=bool))

    def _rows(self, good: Iterable[Mapping[str, Any]]) -> Decoded:
        rows = records.read(good, self._layout, self.tally)
        answers = {
            "id": pa.array(rows.ids, pa.string()),
            "position": pa.array(rows.positions, pa.int64()),
            "prediction": pa.array(rows.predictions, pa.string()),
            "probability": pa.array(rows.probabilities, pa.string()),
        }
        return Decoded(_inputs(rows.inputs, self._layout), pa.table(answers), np.array(rows.described, dtype=bool))

    def _join(self, parts: list[Decoded]) -> Decoded:
        if not parts:
            parts = [self._rows([])]
        inputs = pa.concat_tables([p.inputs for p in parts], promote_options="default")
        answers = pa.concat_tables([p.answers for p in parts])
        described = np.concatenate([p.described for p in parts])
        self.tally.rows += answers.num_rows
        self.tally.described += int(described.sum())
        return Decoded(inputs, answers, described)


def _columns(table: pa.Table) -> dict[str, pa.ChunkedArray]:
    """What the vectorised path looks at, one array each."""
    captured, metadata = table.column("captureData"), table.column("eventMetadata")
    sides = {"input": pc.struct_field(captured, "endpointInput"), "output": pc.struct_field(captured, "endpointOutput")}
    out = {name: pc.struct_field(side, "data") for name, side in sides.items()}
    out |= {f"{name} encoding": pc.struct_field(side, "encoding") for name, side in sides.items()}
    out["id"] = pc.coalesce(pc.struct_field(metadata, "inferenceId"), pc.struct_field(metadata, "eventId"))
    out["time"] = pc.struct_field(metadata, "inferenceTime")
    return out | {"captured": captured}


def _parsed(lines: list[str], names: list[str]) -> pa.Table:
    """Plain CSV rows as columns.

    In one block and one thread: read in blocks by several threads, one of a few runs came back without the rows of one block.
    """
    text = "\n".join(lines).encode()
    table = pa_csv.read_csv(
        pa.BufferReader(text),
        pa_csv.ReadOptions(column_names=names, use_threads=False, block_size=len(text) + 1),
        pa_csv.ParseOptions(quote_char=False, ignore_empty_lines=False),
        pa_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False),
    )
    if table.num_rows != len(lines):
        columns = zip(*(line.split(",") for line in lines), strict=True)  # a row too few, and answers would be another row's
        return pa.table({name: pa.array(cells, pa.string()) for name, cells in zip(names, columns, strict=True)})
    return table


def _inputs(rows: list[Row], layout: Layout) -> pa.Table:
    """Columns of texts from rows of values or of mappings; a row without input is a row of gaps."""
    width = max((len(row) for row in rows if not isinstance(row, Mapping)), default=0)
    names = list(layout.names) or [f"_c{i}" for i in range(width)]
    extra = dict.fromkeys(name for row in rows if isinstance(row, Mapping) for name in row if name not in names)
    if any(isinstance(row, Mapping) for row in rows) and not layout.names:
        names = []
    columns: dict[str, list[str | None]] = {}
    for place, name in enumerate(names):
        columns[name] = [row.get(name) if isinstance(row, Mapping) else (row[place] if place < len(row) else None) for row in rows]
    for name in extra:
        columns[name] = [row.get(name) if isinstance(row, Mapping) else None for row in rows]
    return pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})


def _is(column: pa.ChunkedArray, value: str) -> pa.ChunkedArray:
    return pc.fill_null(pc.equal(column, value), False)


def _cell(cells: pa.Array, attribute: str, usual: tuple[str, ...], position: int) -> pa.Array:
    """One cell of each list; null where the list is shorter or the attribute stands nowhere in it."""
    place = records.place(attribute, usual, position)
    if place is None:
        return pa.nulls(len(cells), pa.string())
    return pc.list_flatten(pc.list_slice(cells, place, place + 1, return_fixed_size_list=True))
