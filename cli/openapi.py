"""The endpoint's input and output as an OpenAPI 3.1 document, generated from the dataset contract."""

from typing import Any

from interfaces.contract import Column, Contract

_TYPES = {"integer": "integer", "number": "number", "boolean": "boolean", "string": "string", "timestamp": "string"}
_CSV, _JSON, _LINES = "text/csv", "application/json", "application/jsonlines"
# InvokeEndpoint's limit on a request's body
MAX_BODY_BYTES = 6 * 1024 * 1024


def describe(contract: Contract, endpoint: str) -> dict[str, Any]:
    """The document for InvokeEndpoint on this endpoint; requests are signed with SigV4 for the service ``sagemaker``."""
    return {
        "openapi": "3.1.0",
        "info": {"title": f"{endpoint}: {contract.name}", "version": contract.fingerprint()[:12], "description": _about(contract)},
        "servers": [{"url": "https://runtime.sagemaker.{region}.amazonaws.com", "variables": {"region": {"default": "us-east-1"}}}],
        "security": [{"sigv4": []}],
        "paths": {f"/endpoints/{endpoint}/invocations": {"post": _operation(contract)}},
        "components": {
            "schemas": {"Row": _row(contract), "Prediction": _prediction(contract), "Refusal": _refusal()},
            "securitySchemes": {
                "sigv4": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": "AWS Signature Version 4, service sagemaker",
                }
            },
        },
    }


def example(contract: Contract) -> dict[str, Any]:
    """One row that the endpoint accepts."""
    return {c.name: _value(c) for c in contract.features}


def _operation(contract: Contract) -> dict[str, Any]:
    rows = {"type": "array", "items": {"anyOf": [{"$ref": "#/components/schemas/Row"}, _values(contract)]}, "minItems": 1}
    body = {
        "oneOf": [
            rows,
            {"type": "object", "required": ["instances"], "properties": {"instances": rows}},
            {"$ref": "#/components/schemas/Row"},
        ]
    }
    row = example(contract)
    csv = ",".join(str(v).lower() if isinstance(v, bool) else str(v) for v in row.values())
    refusals = {
        "400": "The rows cannot be read; faults name row, column, value and what is allowed",
        "406": "The Accept header names no type that can be written",
        "415": "The Content-Type is none of those above",
    }
    return {
        "operationId": "InvokeEndpoint",
        "requestBody": {
            "required": True,
            "description": f"At most {MAX_BODY_BYTES} bytes.",
            "content": {
                _JSON: {"schema": body, "example": [row]},
                _LINES: {"schema": {"type": "string", "description": "One row as a JSON object or list per line."}},
                _CSV: {"schema": {"type": "string", "description": _csv_columns(contract)}, "example": csv},
            },
        },
        "responses": {
            "200": {"description": "One prediction per row, in their order", "content": _answers(contract)},
            **{
                status: {"description": text, "content": {_JSON: {"schema": {"$ref": "#/components/schemas/Refusal"}}}}
                for status, text in refusals.items()
            },
        },
    }


def _answers(contract: Contract) -> dict[str, Any]:
    predictions = {"type": "array", "items": {"$ref": "#/components/schemas/Prediction"}}
    columns = "value" if contract.problem_type == "regression" else "label,probability"
    return {
        _JSON: {"schema": {"type": "object", "required": ["predictions"], "properties": {"predictions": predictions}}},
        _LINES: {"schema": {"type": "string", "description": "One prediction as a JSON object per line."}},
        _CSV: {"schema": {"type": "string", "description": f"One line per row, without a header: {columns}"}},
    }


def _about(contract: Contract) -> str:
    return (
        f"Predicts {contract.target} ({contract.problem_type}). A gap (null, or an empty CSV value) is imputed as in training, and a "
        "category that training did not see is treated as one; a value of the wrong type or outside its bounds is refused."
    )


def _csv_columns(contract: Contract) -> str:
    names = ", ".join(c.name for c in contract.features)
    return f"Without a header the columns are: {names}. With a header they may come in any order."


def _row(contract: Contract) -> dict[str, Any]:
    """Every feature is there, in any order; the contract's other columns may be there and are not used."""
    features = {c.name: _column(c) for c in contract.features}
    others = {c.name: {"description": "accepted and not used"} for c in contract.columns if c.name not in features}
    return {"type": "object", "required": list(features), "properties": {**features, **others}, "additionalProperties": False}


def _values(contract: Contract) -> dict[str, Any]:
    """A row as a list of values, in the features' order."""
    columns = [_column(c) for c in contract.features]
    return {"type": "array", "prefixItems": columns, "minItems": len(columns), "maxItems": len(columns)}


def _column(column: Column) -> dict[str, Any]:
    out: dict[str, Any] = {"type": [_TYPES[column.type], "null"]}
    if column.type == "timestamp":
        out["format"] = "date-time"
    if column.minimum is not None:
        out["minimum"] = column.minimum
    if column.maximum is not None:
        out["maximum"] = column.maximum
    if column.allowed:
        out["description"] = f"seen in training: {', '.join(column.allowed)}"
    return out


def _prediction(contract: Contract) -> dict[str, Any]:
    if contract.problem_type == "regression":
        return {"type": "object", "required": ["value"], "properties": {"value": {"type": "number"}}}
    share = {"type": "number", "minimum": 0, "maximum": 1}
    label = {"type": "string", "enum": list(contract.classes)}
    of = f"of the label {contract.positive_label}" if contract.problem_type == "binary" else "of the label"
    fields: dict[str, Any] = {"label": label, "probability": {**share, "description": of}}
    if contract.problem_type == "multiclass":
        fields["probabilities"] = {"type": "object", "properties": dict.fromkeys(contract.classes, share)}
    return {"type": "object", "required": list(fields), "properties": fields}


def _refusal() -> dict[str, Any]:
    fault = {
        "type": "object",
        "properties": {
            "row": {"type": "integer", "description": "counted from 0"},
            "column": {"type": "string"},
            "value": {},
            "reason": {"type": "string"},
            "allowed": {"type": "string"},
        },
    }
    faults = {"type": "array", "items": fault}
    return {"type": "object", "required": ["error", "faults"], "properties": {"error": {"type": "string"}, "faults": faults}}


def _value(column: Column) -> Any:
    """A value that the contract allows."""
    if column.type == "boolean":
        return True
    if column.type == "timestamp":
        return "2026-01-31T12:00:00Z"
    if column.type == "string":
        return column.allowed[0] if column.allowed else "text"
    if column.minimum is not None and column.maximum is not None:
        middle = (column.minimum + column.maximum) / 2
    else:
        middle = column.minimum if column.minimum is not None else column.maximum if column.maximum is not None else 1.0
    return int(middle) if column.type == "integer" else float(middle)
