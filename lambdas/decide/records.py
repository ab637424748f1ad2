"""The record of decisions: a table that this function alone writes, and only adds to."""

from typing import Any

from botocore.exceptions import ClientError

from interfaces.decisions import Record


class Records:
    """Items by ``package`` and ``at``, the signature's time and its hash."""

    def __init__(self, dynamodb: Any, table: str) -> None:
        self._dynamodb, self._table = dynamodb, table

    def recorded(self, record: Record) -> tuple[str, str]:
        """(when this very proof was recorded, the package's last change until then); empty if it was not."""
        key = {"package": {"S": record.package}, "at": {"S": record.id}}
        found = self._dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item", {})
        return found.get("recorded_at", {}).get("S", ""), found.get("package_changed", {}).get("S", "")

    def add(self, record: Record, changed: str) -> bool:
        """False if this very proof was recorded before. ``changed`` is when the package was changed last."""
        item = {
            "package": record.package,
            "at": record.id,
            "decision": record.decision,
            "reason": record.reason,
            "caller": record.caller,
            "recorded_at": record.recorded_at,
            "package_changed": changed,
        }
        try:
            self._dynamodb.put_item(
                TableName=self._table, Item={k: {"S": v} for k, v in item.items()}, ConditionExpression="attribute_not_exists(package)"
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                return False
            raise
        return True
