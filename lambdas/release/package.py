"""A model package as releases see it."""

from dataclasses import dataclass
from typing import Any, Self

from lambdas.release.ledger import Seen


@dataclass(frozen=True)
class Package:
    """``modified`` is when its approval was last changed, as text that sorts; ``evaluation`` the URI of its report, if it has one.

    ``baseline`` is where the baseline of its monitors lies, ``version`` the dataset version that it was trained on.
    """

    arn: str
    approval: Seen
    modified: str
    evaluation: str = ""
    baseline: str = ""
    version: str = ""

    @classmethod
    def of(cls, described: dict[str, Any]) -> Self:
        """From DescribeModelPackage."""
        moment = described.get("LastModifiedTime") or described["CreationTime"]
        report = described.get("ModelMetrics", {}).get("ModelQuality", {}).get("Statistics", {}).get("S3Uri", "")
        seen = Seen(described["ModelApprovalStatus"], described.get("ApprovalDescription", ""))
        statistics = described.get("DriftCheckBaselines", {}).get("ModelDataQuality", {}).get("Statistics", {}).get("S3Uri", "")
        version = described.get("CustomerMetadataProperties", {}).get("dataset_version", "")
        at = moment.isoformat(timespec="microseconds")
        return cls(described["ModelPackageArn"], seen, at, report, statistics.rsplit("/", 1)[0], version)
