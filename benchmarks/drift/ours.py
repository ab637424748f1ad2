"""Our side, run under the image's Python: ``drift BASELINE_FOLDER CURRENT_FOLDER`` or ``decode FILE``; prints one JSON object."""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from model_code.monitoring import constraints, statistics, violations
from model_code.monitoring.capture import Decoder
from model_code.monitoring.profile import Profile, profile
from model_code.monitoring.records import Layout

BATCH_ROWS = 65_536
BLOCK_BYTES = 16 << 20


def batches(folder: str) -> Iterator[pa.RecordBatch]:
    for path in sorted(Path(folder).glob("*.parquet")):
        yield from pq.ParquetFile(path).iter_batches(BATCH_ROWS)


def drift(baseline: str, current: str) -> dict[str, object]:
    """Statistics of both sides, the baseline's written and read as a monitor would find them, and every distance."""
    started = time.perf_counter()
    before = profile(batches(baseline))
    content = statistics.statistics(before, _rows(before))
    now = profile(batches(current))
    compared = violations.compare(now, constraints.suggest(before), statistics.read(content))
    seconds = time.perf_counter() - started
    drifted = sorted(name for name, f in compared.features.items() if f.drifted)
    errors = [f.error for f in compared.features.values()]
    return {"seconds": seconds, "drifted": drifted, "rows": _rows(now), "largest_error": max(errors), "exact_columns": errors.count(0.0)}


def decode(path: str) -> dict[str, object]:
    names = tuple(Path(path).with_suffix(".names").read_text().split(","))
    started = time.perf_counter()
    decoder = Decoder(Layout(names), "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z")
    rows = 0
    with Path(path).open("rb") as lines:
        while block := lines.read(BLOCK_BYTES):
            rows += decoder.decode(block + lines.readline()).inputs.num_rows
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "records": decoder.tally.records, "rows": rows}


def peak_mb() -> float:
    """Most memory since this program started; getrusage would report its parent's, if that was larger."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def _rows(profiles: list[Profile]) -> int:
    return profiles[0].total


if __name__ == "__main__":
    found = {"drift": drift, "decode": decode}[sys.argv[1]](*sys.argv[2:])
    print(json.dumps({**found, "peak_mb": peak_mb()}))
