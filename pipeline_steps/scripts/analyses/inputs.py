"""What every analysis reads: settings, contract, captured traffic in blocks, ground truth, baselines."""

import json
import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.json as pa_json
import pyarrow.parquet as pa_parquet

from interfaces.analyzer import PROBLEM_TYPES, AnalyzerSettings
from interfaces.contract import Contract, from_dict
from model_code.monitoring.capture import Decoded, Decoder
from model_code.monitoring.labels import Labels
from model_code.monitoring.records import Layout, Tally
from pipeline_steps.scripts import batches, blocks
from pipeline_steps.scripts.analyses import shapes

JOB_CONFIG = Path("/opt/ml/config/processingjobconfig.json")
BATCH_ROWS = 65_536
_HOUR = re.compile(r"(\d{4})/(\d{2})/(\d{2})/(\d{2})/[^/]+$")


class NoBaseline(Exception):
    """There is nothing to compare with: says which file is missing."""


class BadBaseline(Exception):
    """The baseline is there and cannot be used: says why."""


def settings() -> AnalyzerSettings:
    """The analyzer's settings, from its environment and, for what is absent there, the job's configuration."""
    given: dict[str, str] = {}
    if JOB_CONFIG.is_file():
        given = json.loads(JOB_CONFIG.read_text()).get("Environment") or {}
    return AnalyzerSettings.parse({**given, **os.environ})


def contract(given: AnalyzerSettings) -> Contract | None:
    """The dataset contract in the file or folder that the settings name: a manifest's or its own."""
    if not given.contract:
        return None
    path = Path(given.contract)
    files = sorted(path.glob("*.json")) if path.is_dir() else [path]
    if len(files) != 1 or not files[0].is_file():
        raise FileNotFoundError(f"contract={given.contract!r} is no JSON file and no folder with one")
    content = json.loads(files[0].read_text())
    return from_dict(content.get("contract", content), files[0].name)


def problem_type(given: AnalyzerSettings, known: Contract | None) -> str:
    """The contract's problem type, or the one that the settings name."""
    named = PROBLEM_TYPES.get(given.problem_type, given.problem_type)
    if not named and known is None:
        raise ValueError(f"{given.analysis_type} needs a problem_type or a contract")
    return named or (known.problem_type if known else "")


class Traffic:
    """The captured rows of the window, in pieces of bounded size; `tally` is complete after the last."""

    def __init__(self, given: AnalyzerSettings, known: Contract | None, names: Sequence[str] = ()) -> None:
        """``names`` are those of headerless columns where there is no contract."""
        self._given = given
        names = tuple(c.name for c in known.features) if known else tuple(names)
        columns = tuple(c.name for c in known.columns) if known else ()
        layout = Layout(names, given.inference_attribute, given.probability_attribute, columns)
        self._header = layout.columns
        self._decoder = Decoder(layout, given.start_time, given.end_time)

    @property
    def tally(self) -> Tally:
        return self._decoder.tally

    def __iter__(self) -> Iterator[Decoded]:
        folder = Path(self._given.dataset_source)
        kind = self._given.format()
        if kind == "sagemakerCaptureJson":
            for block in blocks.of_files(sorted(folder.rglob("*.jsonl"))):
                yield self._decoder.decode(block)
            source, moment = self._given.batch_source, self._given.start_time  # whoever starts the analyzer has chosen the window's jobs
            for block in batches.blocks(f"{source}/input", f"{source}/output", self._header, self.tally, moment) if source else ():
                yield self._decoder.decode(block)
            return
        suffixes = {"csv": (".csv",), "json": (".json", ".jsonl"), "parquet": (".parquet",)}[kind]
        for path in sorted(p for p in folder.rglob("*") if p.suffix in suffixes):
            for table in _tables(path, kind, json.loads(self._given.dataset_format)[kind]):
                self.tally.records += table.num_rows
                self.tally.rows += table.num_rows
                self.tally.described += table.num_rows
                yield Decoded(table, _no_answers(table.num_rows), np.ones(table.num_rows, dtype=bool))


def labels(given: AnalyzerSettings, read: Callable[[str | None], str | float | None] | None = None) -> Labels:
    """All ground truth below its folder, understood by ``read``; what was collected at or after the window's end is late."""
    if not given.ground_truth_source:
        raise ValueError(f"{given.analysis_type} needs a ground_truth_source")
    found = Labels(given.ground_truth_attribute, read)
    for path in sorted(Path(given.ground_truth_source).rglob("*.jsonl")):
        hour = _HOUR.search(path.as_posix())
        late = bool(given.end_time and hour and "{}-{}-{}T{}".format(*hour.groups()) >= given.end_time[:13])
        found.add(path.read_bytes().splitlines(), late=late)
    return found


def baseline(path: str, name: str, shape: Any) -> Any:
    """A parsed baseline file; ``path`` is the file or a folder that holds it as ``name``. Raises NoBaseline, and BadBaseline where
    it has not the `shapes` that is asked for."""
    if not path:
        raise NoBaseline(f"no baseline {name} was given")
    file = Path(path) / name if Path(path).is_dir() else Path(path)
    if not file.is_file():
        raise NoBaseline(f"the baseline {file} does not exist")
    return _parsed(file, shape)


def beside(path: str, name: str, shape: Any) -> Any:
    """A parsed file that the baseline step left near a baseline file, or None: the service's engine brings only the baseline itself."""
    file = (Path(path) if Path(path).is_dir() else Path(path).parent) / name
    return _parsed(file, shape) if path and file.is_file() else None


def _parsed(file: Path, shape: Any) -> Any:
    try:
        content = json.loads(file.read_text())
        shapes.check(content, shape, file.name)
    except shapes.Misshapen as error:
        raise BadBaseline(f"the baseline is not one of this analysis: {error}") from None
    except (ValueError, RecursionError) as error:
        raise BadBaseline(f"the baseline {file} is not JSON: {error}") from None
    return content


def _tables(path: Path, kind: str, options: dict[str, Any]) -> Iterator[pa.Table]:
    if kind == "parquet":
        for batch in pa_parquet.ParquetFile(path).iter_batches(BATCH_ROWS):
            yield pa.Table.from_batches([batch])
    elif kind == "csv":
        read = pa_csv.ReadOptions() if options.get("header", True) else pa_csv.ReadOptions(autogenerate_column_names=True)
        names = pa_csv.open_csv(path, read).schema.names
        columns = dict.fromkeys(names, pa.string())
        for batch in pa_csv.open_csv(path, read, convert_options=pa_csv.ConvertOptions(column_types=columns)):
            table = pa.Table.from_batches([batch])
            yield table if options.get("header", True) else table.rename_columns([f"_c{i}" for i in range(len(names))])
    else:
        yield pa_json.read_json(path)


def _no_answers(rows: int) -> pa.Table:
    empty = pa.nulls(rows, pa.string())
    return pa.table({"id": empty, "position": pa.repeat(0, rows), "prediction": empty, "probability": empty})
