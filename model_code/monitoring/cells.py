"""Captured texts under a dataset contract: gaps, spellings, and which columns are features."""

from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from interfaces.contract import Contract
from model_code.monitoring import datatypes
from model_code.monitoring.distribution import Categories, Numbers
from model_code.monitoring.profile import NUMBER, TEXT, TIME
from model_code.validate import FALSE, TRUE, check

_BLANK = pa.array([""])


def prediction_names(contract: Contract | None, described: Sequence[str] = ()) -> tuple[str, str]:
    """What the columns of predictions and probabilities are called beside the features: by the contract's target, else as in
    ``described``, the columns of a baseline of ours, where they stand in front."""
    if contract:
        return f"predicted_{contract.target}", f"probability_{contract.target}"
    if described and described[0].startswith("predicted_"):
        return described[0], "probability_" + described[0].removeprefix("predicted_")
    return "prediction", "probability"


def kinds(contract: Contract | None, baseline: dict[str, tuple[str, Numbers | Categories | None]] | None = None) -> dict[str, str]:
    """How each column is summarised: by the contract, else as the baseline's types say."""
    if contract is None:
        numeric = ("Integral", "Fractional")
        return {name: NUMBER if kind in numeric else TEXT for name, (kind, _) in (baseline or {}).items() if kind != "Unknown"}
    by_type = {"integer": NUMBER, "number": NUMBER, "timestamp": TIME}
    out = {c.name: by_type.get(c.type, TEXT) for c in contract.features}
    predicted, probability = prediction_names(contract)
    return {**out, predicted: NUMBER if contract.problem_type == "regression" else TEXT, probability: NUMBER}


def features(inputs: pa.Table, contract: Contract | None) -> pa.Table:
    """The inputs with gaps as nulls and booleans as true and false; target, identifiers and other columns that the contract
    knows and the model does not use are left out, unknown ones stay."""
    missing = _BLANK if contract is None else pa.array(contract.missing, pa.string())
    used = {c.name: c for c in contract.features} if contract else {}
    known = {c.name for c in contract.columns} if contract else set()
    out = {}
    for name in inputs.column_names:
        if name in known and name not in used:
            continue
        cells = inputs.column(name)
        if datatypes.is_text(cells.type):
            cells = pc.utf8_trim_whitespace(cells.cast(pa.string()))
            cells = pc.if_else(pc.is_in(cells, missing), pa.scalar(None, pa.string()), cells)
            if name in used and used[name].type == "boolean":
                lower = pc.utf8_lower(cells)
                cells = pc.if_else(pc.is_in(lower, _texts(TRUE)), "true", pc.if_else(pc.is_in(lower, _texts(FALSE)), "false", cells))
        out[name] = cells
    return pa.table(out)


def predicted(answers: pa.Table, names: tuple[str, str]) -> pa.Table:
    """Predictions and probabilities under their ``names``; a column without any answer is left out."""
    columns = dict(zip(names, (answers["prediction"], answers["probability"]), strict=True))
    return pa.table({name: column for name, column in columns.items() if column.null_count < len(column)})


def typed(inputs: pa.Table, contract: Contract) -> pd.DataFrame:
    """The features as the model takes them, all rows; what does not hold its type or range is a gap."""
    raw = pd.DataFrame({c.name: _column(inputs, c.name) for c in contract.features}, dtype=object)
    columns = tuple(replace(c, nullable=True, allowed=(), minimum=None, maximum=None) for c in contract.features)
    bad = check(raw, contract, columns=columns)
    for problem in bad.problems:
        raw.loc[problem.row, problem.column] = None
    return check(raw, contract, columns=columns).rows if bad.problems else bad.rows


def loose(inputs: pa.Table) -> pd.DataFrame:
    """The features where no contract gives them types: a column of numbers is one, everything else is text."""
    frame = inputs.to_pandas()
    for name in frame.columns:
        numbers = pd.to_numeric(frame[name], errors="coerce")
        if (numbers.notna() == frame[name].notna()).all():
            frame[name] = numbers
    return frame


def _column(inputs: pa.Table, name: str) -> list[str | None]:
    return inputs.column(name).to_pylist() if name in inputs.column_names else [None] * inputs.num_rows


def _texts(values: set[str]) -> pa.Array:
    return pa.array(sorted(values), pa.string())
