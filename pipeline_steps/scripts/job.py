"""What every step script shares: paths in, JSON out, and a failure that reaches the user."""

import json
import math
import sys
import traceback
from pathlib import Path
from typing import Any, NoReturn

import pandas as pd

from interfaces.contract import Contract, from_dict
from interfaces.manifest import Manifest

# Processing jobs report the first kilobyte of this file as ExitMessage (DescribeProcessingJob)
EXIT_MESSAGE = Path("/opt/ml/output/message")


def fail(reason: str) -> NoReturn:
    """End the job with a reason: to the log, and as the job's ExitMessage."""
    if sys.exc_info()[0] is not None:
        traceback.print_exc()
    print(reason, file=sys.stderr, flush=True)
    EXIT_MESSAGE.parent.mkdir(parents=True, exist_ok=True)
    EXIT_MESSAGE.write_text(reason[:1024])
    sys.exit(1)


def read_manifest(folder: str) -> tuple[Manifest, Contract]:
    """The manifest in a folder that holds one, and the contract inside it."""
    files = sorted(Path(folder).glob("*.json"))
    if len(files) != 1:
        raise FileNotFoundError(f"{folder} holds {len(files)} manifests; expected one dataset version's")
    try:
        manifest = Manifest.from_json(files[0].read_text())
    except (TypeError, KeyError, ValueError) as error:
        raise ValueError(f"{files[0].name} is not the manifest of a dataset version: {error}") from None
    return manifest, from_dict(manifest.contract, f"contract of {manifest.version}")


def read_rows(folder: str) -> pd.DataFrame:
    """All Parquet files of a folder as one frame, in name order."""
    files = sorted(Path(folder).rglob("*.parquet"))
    if not files:
        raise FileNotFoundError(f"{folder} holds no Parquet file")
    return pd.concat([pd.read_parquet(f) for f in files], ignore_index=True)


def write_rows(rows: pd.DataFrame, folder: str, name: str = "part-00000.parquet") -> None:
    """Write one Parquet file with nanosecond-free timestamps, as Athena and Spark read them."""
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    rows.to_parquet(target / name, index=False, coerce_timestamps="us", allow_truncated_timestamps=True)


def write_json(content: dict[str, Any], folder: str, name: str) -> None:
    """Write a report. What is not a finite number is written as null: strict JSON for every reader."""
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    (target / name).write_text(json.dumps(_strict(content), indent=2) + "\n")


def _strict(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _strict(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_strict(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
