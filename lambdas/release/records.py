"""The record of decisions by authenticated callers, which the decide function alone writes."""

from typing import Any

from interfaces.decisions import Record


class Records:
    """Reads the newest decision on a package."""

    def __init__(self, dynamodb: Any, table: str) -> None:
        self._dynamodb, self._table = dynamodb, table

    def latest(self, package: str) -> Record | None:
        found = self._dynamodb.query(
            TableName=self._table,
            KeyConditionExpression="package = :p",
            ExpressionAttributeValues={":p": {"S": package}},
            ScanIndexForward=False,
            Limit=1,
            ConsistentRead=True,
        )["Items"]
        if not found:
            return None
        item = {k: v["S"] for k, v in found[0].items()}
        return Record(item["at"], item["package"], item["decision"], item["reason"], item["caller"], item["recorded_at"])
