"""Training data for a retraining: labelled rows of production beside the newest rows of a dataset version."""

import math
from collections.abc import Iterable

import numpy as np
import pandas as pd

from interfaces.contract import Contract
from model_code.monitoring import records
from model_code.monitoring.capture import Decoder
from model_code.monitoring.labels import Labels, reader
from model_code.monitoring.records import Layout


class CollectError(ValueError):
    """The contract cannot be met by production rows, or there are none: says which column or what is missing."""


def production(blocks: Iterable[bytes], labels: Labels, contract: Contract) -> pd.DataFrame:
    """Captured rows with an input and a label that counts, as texts in the contract's columns.

    ``blocks`` are whole lines of capture files. Features are those that were sent, the target is the label, the event time that of
    the inference; an identifier that was not sent is the inference's id with the row's position. Where the contract has an event time,
    rows without one are left out: a batch's rows have it where the job appended it. Raises CollectError for another column that the
    contract requires and a request does not carry.
    """
    _check(contract)
    features = [c.name for c in contract.features]
    layout = Layout(tuple(features), known=tuple(c.name for c in contract.columns))
    decoder, read, parts, untimed = Decoder(layout), reader(contract), [], 0
    for block in blocks:
        decoded = decoder.decode(block)
        times = _times(block)
        ids, positions = (decoded.answers[name].to_pylist() for name in ("id", "position"))
        keys = list(zip(ids, positions, strict=True))
        known = [labels.known.get(key) for key in keys]
        labels.matched.update(key for key, label in zip(keys, known, strict=True) if label is not None)
        truth = [read(label) if isinstance(label, str) else None for label in known]
        keep = np.flatnonzero(decoded.described & np.array([value is not None for value in truth], dtype=bool))
        inputs = decoded.inputs.to_pandas().iloc[keep].reset_index(drop=True)
        part = pd.DataFrame({name: inputs.get(name) for name in features}, dtype="object")
        part[contract.target] = [str(truth[i]) for i in keep]
        for name in contract.identifiers:
            part[name] = [f"{ids[i]}-{positions[i]}" for i in keep]
        if contract.event_time:
            part[contract.event_time] = [times.get(ids[i]) for i in keep]
            part = part[part[contract.event_time].notna()]
            untimed += len(keep) - len(part)
        parts.append(part)
    if untimed:
        print(f"{untimed} labelled rows are left out: nothing tells when they were asked")
    found = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=features, dtype="object")
    return found.reindex(columns=[c.name for c in contract.columns])


def combine(history: pd.DataFrame, recent: pd.DataFrame, contract: Contract, ratio: float) -> pd.DataFrame:
    """``recent`` texts after the newest ``ratio`` rows of ``history`` (typed) for each of them, all as texts.

    An infinite ratio takes all of the past, and needs no recent rows. Without an event time the rows of the past are a seeded
    sample. Rows that an earlier retraining collected are not taken twice.
    """
    whole = math.isinf(ratio)
    if recent.empty and not whole:
        raise CollectError("no captured row has a label: there is nothing new to learn from")
    past = as_text(history, contract)
    if contract.identifiers:
        key = contract.identifiers[0]
        past = past[~past[key].isin(recent[key])]
    keep = len(past) if whole else min(len(past), math.ceil(ratio * len(recent)))
    past = past.sort_values(contract.event_time, kind="stable").tail(keep) if contract.event_time else past.sample(keep, random_state=0)
    return pd.concat([part for part in (past, recent) if len(part)], ignore_index=True)


def as_text(rows: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    """Typed rows as a landing file spells them; what is missing is empty."""
    out = {}
    for column in contract.columns:
        values = rows[column.name]
        if column.type == "timestamp":
            text = pd.to_datetime(values, utc=True).dt.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        elif column.type == "boolean":
            text = values.astype("boolean").map({True: "true", False: "false"})
        elif column.type == "number":
            text = values.map(lambda v: None if pd.isna(v) else repr(float(v)))
        else:
            text = values.astype("Int64" if column.type == "integer" else "string").astype("string")
        out[column.name] = text.astype("object").where(values.notna().to_numpy(), None)
    return pd.DataFrame(out)


def _check(contract: Contract) -> None:
    sent = {c.name for c in contract.features} | {contract.target, contract.event_time, *contract.identifiers}
    required = [c.name for c in contract.columns if c.name not in sent and not c.nullable]
    if required:
        names = ", ".join(required)
        raise CollectError(f"the contract requires {names}, which no request carries: allow gaps (nullable = true), or drop the column")
    typed = [n for n in contract.identifiers if contract.column(n).type != "string"]
    if typed:
        raise CollectError(f"the identifier {typed[0]} is of type {contract.column(typed[0]).type}; production rows have texts as ids")


def _times(block: bytes) -> dict[str, str | None]:
    """The inference time of each record, by the id that labels name."""
    found = {}
    for line in block.splitlines():
        record = records.parse(line) if line.strip() else None
        if record:
            metadata = record["eventMetadata"]
            found[str(metadata.get("inferenceId") or metadata["eventId"])] = records.moment(metadata.get("inferenceTime"))
    return found
