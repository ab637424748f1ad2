"""The state table: items by ``pk``, written with conditions so that a duplicate or a race changes nothing."""

from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

Item = dict[str, Any]
Values = Mapping[str, str | float]
Write = tuple[str, Values, str, Values]
_TYPES = {str: "S", int: "N", float: "N"}


class Table:
    """Strings and numbers in, strings and numbers out."""

    def __init__(self, dynamodb: Any, name: str) -> None:
        self._dynamodb, self._name = dynamodb, name

    def get(self, pk: str) -> Item:
        """An item, read consistently; empty if there is none."""
        answer = self._dynamodb.get_item(TableName=self._name, Key={"pk": {"S": pk}}, ConsistentRead=True)
        return {k: _plain(v) for k, v in answer.get("Item", {}).items() if k != "pk"}

    def set(self, pk: str, changes: Values, condition: str = "", **values: str | float) -> bool:
        """Set attributes if the condition holds (``:name`` in it stands for a keyword); whether it did."""
        try:
            self._dynamodb.update_item(**self._update(pk, changes, condition, values))
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                return False
            raise
        return True

    def set_together(self, writes: Sequence[Write]) -> bool:
        """Several sets, (pk, changes, condition, values) each: all of them or none; whether they were made."""
        items = [{"Update": self._update(*write)} for write in writes]
        try:
            self._dynamodb.transact_write_items(TransactItems=items)
        except ClientError as error:
            if error.response["Error"]["Code"] == "TransactionCanceledException":
                return False
            raise
        return True

    def _update(self, pk: str, changes: Values, condition: str, values: Values) -> Item:
        names = {f"#{k}": k for k in changes}
        given = {f":set_{k}": _typed(v) for k, v in changes.items()} | {f":{k}": _typed(v) for k, v in values.items()}
        return {
            "TableName": self._name,
            "Key": {"pk": {"S": pk}},
            "UpdateExpression": "SET " + ", ".join(f"#{k} = :set_{k}" for k in changes),
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": given,
            **({"ConditionExpression": condition} if condition else {}),
        }


def _typed(value: str | float) -> Item:
    return {_TYPES[type(value)]: str(value)}


def _plain(value: Item) -> str | float | int:
    ((kind, text),) = value.items()
    if kind != "N":
        return str(text)
    return float(text) if "." in text or "e" in text.lower() else int(text)
