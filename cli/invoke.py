"""Send a file of rows to the endpoint; a refusal comes back as what is wrong, row by row."""

import json
from pathlib import Path
from typing import Any

from cli.errors import CliError
from cli.openapi import MAX_BODY_BYTES

CSV, JSON, JSON_LINES = "text/csv", "application/json", "application/jsonlines"
CONTENT_TYPES = {"csv": CSV, "json": JSON, "jsonlines": JSON_LINES}
_SUFFIXES = {".csv": CSV, ".json": JSON, ".jsonl": JSON_LINES, ".ndjson": JSON_LINES}


def content_type_of(body: bytes, name: str) -> str:
    """By the file's ending, else by how the body begins: one JSON value, a JSON value per line, or CSV."""
    if known := _SUFFIXES.get(Path(name).suffix.lower()):
        return known
    if body.lstrip()[:1] not in (b"{", b"["):
        return CSV
    try:
        json.loads(body)
    except ValueError:
        return JSON_LINES
    return JSON


def invoke(runtime: Any, endpoint: str, body: bytes, content_type: str, accept: str) -> str:
    """The endpoint's answer. Raises CliError for what it refuses, and for an endpoint that is not there."""
    if len(body) > MAX_BODY_BYTES:
        raise CliError(f"the body has {len(body):,} bytes; an endpoint takes at most {MAX_BODY_BYTES:,}: send the rows in parts")
    try:
        answer = runtime.invoke_endpoint(EndpointName=endpoint, ContentType=content_type, Accept=accept, Body=body)
    except runtime.exceptions.ModelError as error:
        raise CliError(refusal(error.response)) from None
    except runtime.exceptions.ClientError as error:
        raise CliError(f"{endpoint}: {error.response['Error'].get('Message', error)}") from None
    return bytes(answer["Body"].read()).decode()


def refusal(response: dict[str, Any]) -> str:
    """What the endpoint said, one line per fault."""
    status, text = response.get("OriginalStatusCode", "no status"), response.get("OriginalMessage", "")
    try:
        found = json.loads(text)
        lines = [f"the endpoint refused the request ({status}): {found['error']}"]
        return "\n".join([*lines, *(_fault(f) for f in found.get("faults", []))])
    except (ValueError, KeyError, TypeError):
        return f"the model failed ({status}): {text or response['Error']['Message']}"


def _fault(fault: dict[str, Any]) -> str:
    where = ", ".join(f"{key} {fault[key]}" for key in ("row", "column") if key in fault)
    reason = f" {fault['reason']}" if fault.get("reason") else ""
    allowed = f"; allowed: {fault['allowed']}" if fault.get("allowed") else ""
    return f"  {where}: {fault.get('value')!r}{reason}{allowed}"
