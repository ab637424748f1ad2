"""Tables of 20 columns in Parquet: twelve continuous numbers, four discrete ones, four categories; some columns drift."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

CONTINUOUS, DISCRETE, CATEGORIES = 12, 4, 4
NAMES = [f"n{i}" for i in range(CONTINUOUS)] + [f"d{i}" for i in range(DISCRETE)] + [f"c{i}" for i in range(CATEGORIES)]
DRIFTED = ("n0", "d0", "c0")


def write(path: Path, rows: int, seed: int, *, drifted: bool) -> None:
    """``rows`` rows; with drift, the first column of each kind has moved."""
    rng = np.random.default_rng(seed)
    columns: dict[str, pa.Array] = {}
    for i in range(CONTINUOUS):
        values = rng.normal(size=rows) if i % 2 else rng.gamma(2.0, 10.0, rows)
        columns[f"n{i}"] = pa.array(values + (5 if drifted and i == 0 else 0))
    for i in range(DISCRETE):
        columns[f"d{i}"] = pa.array(rng.poisson(3 + i + (2 if drifted and i == 0 else 0), rows).astype("int64"))
    for i in range(CATEGORIES):
        kinds = np.array([f"value-{j}" for j in range(5 * (i + 1))])
        weights = np.arange(1, len(kinds) + 1, dtype="float64")
        weights = weights[::-1] if drifted and i == 0 else weights
        columns[f"c{i}"] = pa.array(kinds[rng.choice(len(kinds), rows, p=weights / weights.sum())])
    pq.write_table(pa.table(columns), path)
