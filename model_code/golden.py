"""Golden rows: requests, and what the model answers to them where it was trained; a release is held against them."""

from typing import Any

import pandas as pd

from interfaces.contract import Column
from model_code.predict import Bundle, predict, records

ROWS = 10


def golden(bundle: Bundle, rows: pd.DataFrame) -> dict[str, Any]:
    """The first rows as JSON values, in the order of the features, with the predictions that belong to them."""
    chosen = rows.iloc[:ROWS]
    features = bundle.contract.features
    columns = {c.name: [_plain(c, v) for v in chosen[c.name]] for c in features}
    requests = [{name: values[i] for name, values in columns.items()} for i in range(len(chosen))]
    return {"rows": requests, "predictions": records(predict(bundle, chosen), bundle.contract)}


def _plain(column: Column, value: Any) -> Any:
    """As a client would send it."""
    if pd.isna(value):
        return None
    match column.type:
        case "boolean":
            return bool(value)
        case "integer":
            return int(value)
        case "number":
            return float(value)
        case "timestamp":
            return pd.Timestamp(value).isoformat()
    return str(value)
