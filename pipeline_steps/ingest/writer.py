"""Parquet parts and quarantine files on local disk, uploaded only when the whole drop holds."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from interfaces.contract import Contract

ROWS_PER_PART = 1_000_000
_ARROW = {
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "string": pa.string(),
    "timestamp": pa.timestamp("us", tz="UTC"),
}


class PartWriter:
    """Rows into ``part-NNNNN.parquet``, a new part every million rows."""

    def __init__(self, folder: Path, contract: Contract) -> None:
        self._folder = folder
        self._schema = pa.schema([(c.name, _ARROW[c.type]) for c in contract.columns])
        self._writer: pq.ParquetWriter | None = None
        self._in_part = 0
        self.files: list[Path] = []
        self.rows = 0

    def write(self, rows: pd.DataFrame) -> None:
        if rows.empty:
            return
        if self._writer is None or self._in_part >= ROWS_PER_PART:
            self._next()
        assert self._writer is not None
        self._writer.write_table(pa.Table.from_pandas(rows, schema=self._schema, preserve_index=False))
        self._in_part += len(rows)
        self.rows += len(rows)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _next(self) -> None:
        self.close()
        path = self._folder / f"part-{len(self.files):05d}.parquet"
        self._writer = pq.ParquetWriter(path, self._schema, compression="snappy")
        self.files.append(path)
        self._in_part = 0


class Quarantine:
    """Rows left out, one JSON object per fault, and counts by reason."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "part-00000.jsonl"
        self._stream = self.path.open("w", encoding="utf-8")
        self.rows = 0
        self.reasons: dict[str, int] = {}
        self.first: list[dict[str, Any]] = []

    def add(self, file: str, row: int, column: str | None, value: str | None, reason: str) -> None:
        entry = {"file": file, "row": row, "column": column, "value": value, "reason": reason}
        self._stream.write(json.dumps(entry, ensure_ascii=False) + "\n")
        key = f"{column}: {reason}" if column else reason
        self.reasons[key] = self.reasons.get(key, 0) + 1
        if len(self.first) < 5:
            self.first.append(entry)

    def close(self) -> None:
        self._stream.close()
