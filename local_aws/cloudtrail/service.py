"""CloudTrail's event history, told from the journal: which calls that manage resources were made, by whom and when."""

import json
import uuid
from datetime import UTC
from typing import Any

from local_aws.dispatcher import Call, operation
from local_aws.errors import Unsupported, validation
from local_aws.journal import Entry, Journal
from local_aws.principals import ACCOUNT, REGION
from local_aws.sagemaker.names import page

# Services whose events carry CloudTrail's own name of the service
_SOURCES = {"cloudwatch": "monitoring"}
# Lambda's events are named after API versions that no model tells; the others' calls are hardly ever on resources
_LEFT_OUT = frozenset({"lambda", "sagemaker-runtime", "logs"})
# Calls on data, which the event history does not have
_ON_DATA = {
    "s3": ("Object", "MultipartUpload", "UploadPart"),
    "dynamodb": ("Item", "Query", "Scan", "ExecuteStatement"),
    "sqs": ("Message",),
    "sns": ("Publish",),
    "cloudwatch": ("PutMetricData", "GetMetric"),
    "events": ("PutEvents",),
}
_KEYS = ("EventId", "EventName", "EventSource", "ReadOnly", "Username")
_READS = ("Describe", "Get", "List", "Lookup", "Head", "BatchGet", "Validate", "Simulate")


class CloudTrail:
    """Look-ups by name and source of the event, by user and by whether it only reads."""

    kept = ("history",)

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    @property
    def history(self) -> list[Entry]:
        """The calls that the event history is told from."""
        return self._journal.entries(_managed)

    @history.setter
    def history(self, entries: list[Entry]) -> None:
        self._journal.recall(entries)

    @operation("cloudtrail", "LookupEvents")
    def lookup(self, call: Call) -> dict[str, Any]:
        given = call.params.get("LookupAttributes", [])
        if len(given) > 1:
            raise validation("You can specify only one lookup attribute.")
        since, until = (call.params[n].replace(tzinfo=UTC) if n in call.params else None for n in ("StartTime", "EndTime"))
        wanted = {attribute["AttributeKey"]: attribute["AttributeValue"] for attribute in given}
        found = []
        for entry in self.history:
            event = _event(entry)
            outside = (since and entry.time < since) or (until and entry.time > until)
            if not outside and all(_value(event, key) == value for key, value in wanted.items()):
                found.append(event)
        return page(found[::-1], call.params, "Events", default=50)


def _managed(entry: Entry) -> bool:
    on_data = any(part in entry.operation for part in _ON_DATA.get(entry.service, ()))
    return entry.service not in _LEFT_OUT and not on_data


def _value(event: dict[str, Any], key: str) -> str:
    if key not in _KEYS:
        raise Unsupported(f"looking events up by {key} (it does {', '.join(_KEYS)})")
    return str(event.get(key, ""))


def _event(entry: Entry) -> dict[str, Any]:
    """The event without what the journal does not keep: parameters and answers."""
    source = f"{_SOURCES.get(entry.service, entry.service)}.amazonaws.com"
    id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{entry.time.isoformat()} {entry.principal} {source} {entry.operation} {_asked_of(entry)}"))
    told = {
        "eventVersion": "1.11",
        "userIdentity": _identity(entry),
        "eventTime": f"{entry.time:%Y-%m-%dT%H:%M:%SZ}",
        "eventSource": source,
        "eventName": entry.operation,
        "awsRegion": REGION,
        **({"errorCode": entry.error} if entry.error else {}),
        "readOnly": entry.operation.startswith(_READS),
        "eventID": id,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
    }
    user = {"Username": entry.principal.rsplit("/", 1)[-1]} if entry.principal.startswith("arn:") else {}
    return {
        "EventId": id,
        "EventName": entry.operation,
        "ReadOnly": str(told["readOnly"]).lower(),
        "EventTime": entry.time,
        "EventSource": source,
        **user,
        "CloudTrailEvent": json.dumps(told),
    }


def _asked_of(entry: Entry) -> str:
    """Tells calls of one moment apart by what they asked for."""
    return " ".join(resource for access in entry.accesses for resource in access.resources)


def _identity(entry: Entry) -> dict[str, str]:
    if not entry.principal.startswith("arn:"):
        return {"type": "AWSService", "invokedBy": entry.principal}
    kind = "AssumedRole" if entry.role else "IAMUser"
    return {"type": kind, "arn": entry.principal, "accountId": ACCOUNT}
