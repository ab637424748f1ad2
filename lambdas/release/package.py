"""A model package as releases see it."""

from dataclasses import dataclass
from typing import Any, Self

from lambdas.release.ledger import Seen


@dataclass(frozen=True)
class Package:
    """``modified`` is when its approval was last changed, as text that sorts; ``evaluation`` the URI of its report, if it has one."""

    arn: str
    approval: Seen
    modified: str
    evaluation: str = ""

    @classmethod
    def of(cls, described: dict[str, Any]) -> Self:
        """From DescribeModelPackage."""
        moment = described.get("LastModifiedTime") or described["CreationTime"]
        report = described.get("ModelMetrics", {}).get("ModelQuality", {}).get("Statistics", {}).get("S3Uri", "")
        seen = Seen(described["ModelApprovalStatus"], described.get("ApprovalDescription", ""))
        return cls(described["ModelPackageArn"], seen, moment.isoformat(timespec="microseconds"), report)
