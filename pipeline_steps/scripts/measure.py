"""Size and latency of an artefact, through the serving code that travels inside it."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd

from interfaces.contract import Contract

BATCH_ROWS = 1000
SINGLE_CALLS, BATCH_CALLS = 50, 5
_KIND = "text/csv"
# what the artefact brings itself, and must not share with the step that measures it
_BROUGHT = ("inference", "payload", "capture", "model_code", "interfaces")


def measure(artefact: Path, unpacked: Path, contract: Contract, rows: pd.DataFrame) -> dict[str, Any]:
    """What model.tar.gz weighs, and how long its handlers take from request body to response body.

    ``unpacked`` is its content. Latencies are 95th percentiles in milliseconds of ``row_ms`` (one row) and ``batch_ms``
    (1,000 rows, the held-out ones repeated where there are fewer), on the instance that runs the evaluation.
    """
    features = rows[[c.name for c in contract.features]]
    batch = pd.concat([features] * (-(-BATCH_ROWS // len(features)))).head(BATCH_ROWS)
    singles = [_csv(features.iloc[[i % len(features)]]) for i in range(SINGLE_CALLS)]
    with _serving_code(unpacked / "code") as inference:
        begun = time.perf_counter()
        model = inference.model_fn(str(unpacked))
        loaded = time.perf_counter() - begun
        _answer(inference, model, singles[0])  # the first call pays for imports
        return {
            "size_bytes": artefact.stat().st_size,
            "load_s": loaded,
            "row_ms": _p95(inference, model, singles),
            "batch_ms": _p95(inference, model, [_csv(batch)] * BATCH_CALLS),
            "batch_rows": len(batch),
        }


def _p95(inference: ModuleType, model: Any, bodies: list[str]) -> float:
    took = []
    for body in bodies:
        begun = time.perf_counter()
        _answer(inference, model, body)
        took.append(time.perf_counter() - begun)
    return float(np.quantile(took, 0.95) * 1000)


def _answer(inference: ModuleType, model: Any, body: str) -> None:
    response = inference.output_fn(inference.predict_fn(inference.input_fn(body, _KIND), model), _KIND)
    if response.status_code != 200:
        raise ValueError(f"the artefact refused a held-out row: {response.get_data(as_text=True)[:300]}")


def _csv(rows: pd.DataFrame) -> str:
    return str(rows.to_csv(index=False, header=False, date_format="%Y-%m-%dT%H:%M:%SZ"))


@contextmanager
def _serving_code(code: Path) -> Iterator[ModuleType]:
    """The artefact's inference module, with its own copies of everything that it brings."""
    mine = {name: module for name, module in sys.modules.items() if name.split(".")[0] in _BROUGHT}
    for name in mine:
        del sys.modules[name]
    sys.path.insert(0, str(code))
    try:
        yield import_module("inference")
    finally:
        sys.path.remove(str(code))
        for name in [n for n in sys.modules if n.split(".")[0] in _BROUGHT]:
            del sys.modules[name]
        sys.modules.update(mine)
