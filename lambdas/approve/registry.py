"""Model packages, and what is remembered of them in the state table.

Items, by ``pk``: ``approve/reminded/<arn>`` how many reminders were due when the last one was sent, with the time at its end for a
package that was set back to waiting;
``approve/log/<arn>/<decided_for>`` a decision that was made by changing the status.
"""

from typing import Any

from lambdas.shared.table import Table


class Registry:
    """Reads and changes packages of the group."""

    def __init__(self, sagemaker: Any, table: Table, group: str) -> None:
        self._sagemaker, self._table, self._group = sagemaker, table, group

    def package(self, arn: str) -> dict[str, Any]:
        return dict(self._sagemaker.describe_model_package(ModelPackageName=arn))

    def pending(self) -> list[str]:
        """ARNs of packages that wait, oldest first."""
        pages = self._sagemaker.get_paginator("list_model_packages").paginate(
            ModelPackageGroupName=self._group,
            ModelApprovalStatus="PendingManualApproval",
            SortBy="CreationTime",
            SortOrder="Ascending",
        )
        return [summary["ModelPackageArn"] for page in pages for summary in page["ModelPackageSummaryList"]]

    def update(self, arn: str, **changes: Any) -> None:
        self._sagemaker.update_model_package(ModelPackageArn=arn, **changes)

    def reminded(self, arn: str, since: str) -> int:
        return int(self._table.get(f"approve/reminded/{arn}{since}").get("number", 0))

    def count_reminder(self, arn: str, since: str, number: int) -> None:
        """Numbers only grow, whichever of two invocations writes last."""
        condition = "attribute_not_exists(#number) OR #number < :number"
        self._table.set(f"approve/reminded/{arn}{since}", {"number": number}, condition, number=number)

    def log(self, arn: str, status: str, reason: str, decided: dict[str, str]) -> None:
        """Keep who decided beyond the package's next change."""
        self._table.set(f"approve/log/{arn}/{decided['decided_for']}", {"status": status, "reason": reason, **decided})
