"""A row that holds a dataset contract, to invoke an endpoint with: nothing about it is true, everything is allowed."""

from typing import Any

from interfaces.contract import Column, Contract


def row(contract: Contract) -> dict[str, Any]:
    """A value for each feature."""
    return {column.name: _value(column) for column in contract.features}


def _value(column: Column) -> Any:
    if column.allowed:
        return _typed(column, column.allowed[0])
    if column.numeric:
        low = column.minimum if column.minimum is not None else min(0.0, column.maximum or 0.0)
        high = column.maximum if column.maximum is not None else low + 1
        middle = (low + high) / 2
        return int(middle) if column.type == "integer" else middle
    return _typed(column, {"boolean": "true", "timestamp": "2026-01-01T00:00:00Z"}.get(column.type, "a"))


def _typed(column: Column, text: str) -> Any:
    match column.type:
        case "integer":
            return int(text)
        case "number":
            return float(text)
        case "boolean":
            return text.lower() == "true"
    return text
