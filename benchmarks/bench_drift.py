"""Drift of 1M rows against 1M rows of 20 columns, ours against Evidently's drift preset; decoding and memory apart.

Both read the same Parquet files and are timed from the first byte read to the last distance, in processes of their own, in
turns; imports are not counted on either side. Ours streams: it keeps the state of a column, not its rows. Memory is
compared between a current window of 1M and of ten times as many rows. ``--rows`` and ``--pairs`` make it smaller.
"""

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import uuid
from pathlib import Path
from typing import Any

from benchmarks.drift import tables

ROOT = Path(__file__).resolve().parents[1]
IMAGE = ROOT / ".envs" / "sklearn-1.9-0" / "bin" / "python"
PEER = ROOT / ".envs" / "bench-drift" / "bin" / "python"
PARTS = 10


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench_drift")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--pairs", type=int, default=3)
    args = parser.parse_args()
    print(f"load average at the start: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        _prepare(folder, args.rows)
        baseline, current = str(folder / "baseline"), str(folder / "current")
        ours(["drift", baseline, current])  # warm-up: bytecode and page cache
        pairs = []
        for _ in range(args.pairs):
            mine = ours(["drift", baseline, current])
            theirs = run([str(PEER), str(ROOT / "benchmarks" / "drift" / "peer.py"), f"{baseline}/0.parquet", f"{current}/0.parquet"])
            print(f"ours {mine['seconds']:.2f} s {mine['peak_mb']:.0f} MB, peer {theirs['seconds']:.2f} s {theirs['peak_mb']:.0f} MB")
            pairs.append((mine, theirs))
        decoding = [ours(["decode", str(folder / "capture.jsonl")]) for _ in range(args.pairs)]
        many = ours(["drift", baseline, str(folder / "many")])
    print(json.dumps(summary(pairs, decoding, many)))


def ours(arguments: list[str]) -> dict[str, Any]:
    return run([str(IMAGE), "-m", "benchmarks.drift.ours", *arguments])


def run(command: list[str]) -> dict[str, Any]:
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def summary(pairs: list[tuple[dict[str, Any], dict[str, Any]]], decoding: list[dict[str, Any]], many: dict[str, Any]) -> dict[str, Any]:
    """The figures, by the medians of the pairs; ``ratio`` is ours to the peer's."""
    ratios = [mine["seconds"] / theirs["seconds"] for mine, theirs in pairs]
    mine = pairs[0][0]
    return {
        "name": "bench-drift",
        "ours": round(statistics.median(m["seconds"] for m, _ in pairs), 2),
        "peer": round(statistics.median(t["seconds"] for _, t in pairs), 2),
        "ratio": round(statistics.median(ratios), 4),
        "spread": [round(min(ratios), 4), round(max(ratios), 4)],
        "times_faster": round(1 / statistics.median(ratios), 1),
        "peak_mb": round(max(m["peak_mb"] for m, _ in pairs)),
        "peer_peak_mb": round(max(t["peak_mb"] for _, t in pairs)),
        "memory_ratio_10x": round(many["peak_mb"] / statistics.median(m["peak_mb"] for m, _ in pairs), 3),
        "records_per_s": round(statistics.median(d["records"] / d["seconds"] for d in decoding)),
        "drifted": mine["drifted"],
        "peer_drifted": pairs[0][1]["drifted"],
        "exact_columns": mine["exact_columns"],
        "largest_error": mine["largest_error"],
        "largest_error_10x": many["largest_error"],
        "rows": mine["rows"],
        "rows_10x": many["rows"],
    }


def _prepare(folder: Path, rows: int) -> None:
    for name in ("baseline", "current", "many"):
        (folder / name).mkdir()
    tables.write(folder / "baseline" / "0.parquet", rows, 0, drifted=False)
    tables.write(folder / "current" / "0.parquet", rows, 1, drifted=True)
    for part in range(PARTS):
        tables.write(folder / "many" / f"{part}.parquet", rows, 2 + part, drifted=True)
    _capture(folder / "capture.jsonl", min(rows, 200_000), folder / "current" / "0.parquet")


def _capture(path: Path, count: int, source: Path) -> None:
    """Records of the current rows as an endpoint captures them, one row each."""
    import pyarrow.parquet as pq

    table = next(pq.ParquetFile(source).iter_batches(count))
    path.with_suffix(".names").write_text(",".join(table.schema.names))
    columns = [column.to_pylist() for column in table.columns]
    with path.open("w") as lines:
        for row in zip(*columns, strict=True):
            given = {"observedContentType": "text/csv", "mode": "INPUT", "data": ",".join(map(str, row)), "encoding": "CSV"}
            answer = {"observedContentType": "text/csv; charset=utf-8", "mode": "OUTPUT", "data": "1,0.75\n", "encoding": "CSV"}
            metadata = {"eventId": str(uuid.uuid4()), "inferenceTime": "2026-01-01T12:00:00Z"}
            record = {"captureData": {"endpointInput": given, "endpointOutput": answer}, "eventMetadata": metadata, "eventVersion": "0"}
            lines.write(json.dumps(record, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
