"""The release ledger in DynamoDB: decisions with a monotonic generation, in decision order.

Items, by ``pk``: ``release/desired`` is the last decision; ``release/package/<arn>`` what was last seen of a
package's approval; both written with conditions, so that a duplicate or a race changes nothing.
"""

from typing import Any

from botocore.exceptions import ClientError

from interfaces.evidence import digest
from lambdas.release.decision import Decision

_DESIRED = {"pk": {"S": "release/desired"}}


class Ledger:
    """Reads and writes decisions."""

    def __init__(self, dynamodb: Any, table: str) -> None:
        self._dynamodb, self._table = dynamodb, table

    def desired(self) -> tuple[Decision | None, int]:
        """(last decision, generation of the last update sent)."""
        item = self._get(_DESIRED)
        if not item:
            return None, 0
        decision = Decision(item["package"]["S"], int(item["generation"]["N"]), item.get("failed", {}).get("S", ""))
        return decision, int(item.get("attempted", {}).get("N", "0"))

    def seen(self, package: str) -> tuple[str, str]:
        """(status, approval description) of a package when it was last looked at."""
        item = self._get(_package(package))
        return (item["status"]["S"], item["description"]["S"]) if item else ("", "")

    def used(self, package: str) -> str:
        """Id of the recorded decision that the package's last release went by; empty where none was asked for."""
        return str(self._get(_package(package)).get("released_by", {}).get("S", ""))

    def note(self, package: str, status: str, description: str, before: tuple[str, str], record: str = "") -> bool:
        """Remember a package's approval state, if nobody else has since ``before``; whether it was written.

        ``record`` is the recorded decision that this approval is released by.
        """
        values = {":s": status, ":d": description, ":bs": before[0], ":bd": before[1]}
        condition = "attribute_not_exists(pk)" if before == ("", "") else "#s = :bs AND description = :bd"
        given = {k: {"S": values[k]} for k in ([":s", ":d"] if before == ("", "") else values)}
        change = "SET #s = :s, description = :d"
        if record:
            change, given[":r"] = f"{change}, released_by = :r", {"S": record}
        return self._update(_package(package), change, condition, given, {"#s": "status"})

    def told_of_hold(self, package: str, description: str) -> bool:
        """Whether people know that this approval is held."""
        return bool(self._get(_hold(package, description)))

    def tell_of_hold(self, package: str, description: str, why: str) -> None:
        values = {":w": {"S": why}}
        self._update(_hold(package, description), "SET why = :w", "attribute_not_exists(pk)", values)

    def decide(self, package: str) -> int:
        """Make a package the desired one; the new generation. Decisions are ordered by this write."""
        while True:
            current, _ = self.desired()
            generation = current.generation if current else 0
            condition = "generation = :old" if current else "attribute_not_exists(pk)"
            values = {":p": {"S": package}, ":g": {"N": str(generation + 1)}, ":none": {"S": ""}}
            if current:
                values[":old"] = {"N": str(generation)}
            if self._update(_DESIRED, "SET package = :p, generation = :g, failed = :none", condition, values):
                return generation + 1

    def attempted(self, generation: int) -> None:
        """An update for this generation has been sent."""
        values = {":g": {"N": str(generation)}}
        self._update(_DESIRED, "SET attempted = :g", "attribute_not_exists(attempted) OR attempted < :g", values)

    def fail(self, generation: int, reason: str) -> bool:
        """Record a failed release; False if it was recorded before or a newer decision stands."""
        values = {":g": {"N": str(generation)}, ":r": {"S": reason}, ":none": {"S": ""}}
        return self._update(_DESIRED, "SET failed = :r", "generation = :g AND failed = :none", values)

    def _get(self, key: dict[str, Any]) -> dict[str, Any]:
        answer = self._dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True)
        return dict(answer.get("Item", {}))

    def _update(
        self, key: dict[str, Any], update: str, condition: str, values: dict[str, Any], names: dict[str, str] | None = None
    ) -> bool:
        extra = {"ExpressionAttributeNames": names} if names else {}
        try:
            self._dynamodb.update_item(
                TableName=self._table,
                Key=key,
                UpdateExpression=update,
                ConditionExpression=condition,
                ExpressionAttributeValues=values,
                **extra,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                return False
            raise
        return True


def _hold(arn: str, description: str) -> dict[str, Any]:
    return {"pk": {"S": f"release/held/{arn}/{digest(description)[:16]}"}}


def _package(arn: str) -> dict[str, Any]:
    return {"pk": {"S": f"release/package/{arn}"}}
