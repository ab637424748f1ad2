"""What a dataset version must satisfy before a model is trained on it."""

from typing import Any

import pandas as pd

from interfaces.contract import Contract
from model_code.estimator import labels

MIN_ROWS = 50


def dataset_report(rows: pd.DataFrame, contract: Contract) -> dict[str, Any]:
    """Counts per column and the faults that forbid training; an empty list means fit for use."""
    faults = []
    absent = [c.name for c in contract.columns if c.name not in rows.columns]
    if absent:
        return {"rows": len(rows), "columns": {}, "faults": [f"columns missing from the files: {', '.join(absent)}"]}
    if len(rows) < MIN_ROWS:
        faults.append(f"{len(rows)} rows are too few to train and test on; at least {MIN_ROWS}")
    columns = {c.name: {"missing": int(rows[c.name].isna().sum()), "distinct": int(rows[c.name].nunique())} for c in contract.columns}
    if columns[contract.target]["missing"]:
        faults.append(f"the target {contract.target!r} is missing in {columns[contract.target]['missing']} rows")
    report: dict[str, Any] = {"rows": len(rows), "columns": columns, "duplicate_rows": int(rows.duplicated().sum()), "faults": faults}
    if contract.problem_type != "regression":
        known = rows[contract.target].dropna()
        counts = pd.Series(labels(known)).value_counts()
        report["classes"] = {str(k): int(v) for k, v in counts.items()}
        if len(counts) < 2:
            faults.append(f"the target {contract.target!r} has one class only ({', '.join(map(str, counts.index))})")
    elif columns[contract.target]["distinct"] < 2:
        faults.append(f"the target {contract.target!r} has one value only")
    return report
