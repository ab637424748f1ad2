"""The peer's side, run under its own Python: Evidently's drift preset on two Parquet files; prints one JSON object."""

import json
import sys
import time
import warnings
from pathlib import Path

warnings.simplefilter("ignore")

import pandas as pd  # noqa: E402 - the libraries warn when they are imported
from evidently import DataDefinition, Dataset, Report  # noqa: E402
from evidently.presets import DataDriftPreset  # noqa: E402


def main(baseline: str, current: str) -> None:
    started = time.perf_counter()
    frames = [pd.read_parquet(path) for path in (current, baseline)]
    categories = [name for name in frames[0].columns if name.startswith("c")]
    numbers = [name for name in frames[0].columns if name not in categories]
    definition = DataDefinition(numerical_columns=numbers, categorical_columns=categories)
    now, before = (Dataset.from_pandas(frame, data_definition=definition) for frame in frames)
    found = Report([DataDriftPreset()]).run(now, before).dict()
    seconds = time.perf_counter() - started
    drifted = next(m["value"]["count"] for m in found["metrics"] if "count" in (m["value"] if isinstance(m["value"], dict) else {}))
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    print(json.dumps({"seconds": seconds, "drifted": drifted, "peak_mb": int(peak.split()[1]) / 1024}))


if __name__ == "__main__":
    main(*sys.argv[1:])
