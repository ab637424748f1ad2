"""The record of decisions: a table that this function alone writes, and only adds to."""

from typing import Any

from botocore.exceptions import ClientError

from interfaces.decisions import Record


class Records:
    """Items by ``package`` and ``at``, the signature's time and its hash."""

    def __init__(self, dynamodb: Any, table: str) -> None:
        self._dynamodb, self._table = dynamodb, table

    def add(self, record: Record) -> bool:
        """False if this very proof was recorded before."""
        item = {
            "package": record.package,
            "at": record.id,
            "decision": record.decision,
            "reason": record.reason,
            "caller": record.caller,
            "recorded_at": record.recorded_at,
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
