"""A model package as releases see it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from lambdas.release.approval import Seen
from lambdas.shared.package import LOOP, mark


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
        report = described.get("ModelMetrics", {}).get("ModelQuality", {}).get("Statistics", {}).get("S3Uri", "")
        seen = _seen(described)
        statistics = described.get("DriftCheckBaselines", {}).get("ModelDataQuality", {}).get("Statistics", {}).get("S3Uri", "")
        version = described.get("CustomerMetadataProperties", {}).get("dataset_version", "")
        return cls(described["ModelPackageArn"], seen, _decided_at(described, seen), report, statistics.rsplit("/", 1)[0], version)


def _seen(described: dict[str, Any]) -> Seen:
    """The approval, with the time of the record that it was set by."""
    status, words = described["ModelApprovalStatus"], described.get("ApprovalDescription", "")
    metadata = described.get("CustomerMetadataProperties", {})
    recorded = metadata.get("decided_via") == LOOP and metadata.get("decided_for") == mark(status, words)
    return Seen(status, words, metadata.get("decided_at", "") if recorded else "")


def _decided_at(described: dict[str, Any], seen: Seen) -> str:
    """When the status was decided: as noted with it, for any change of the metadata moves the package's own time."""
    metadata = described.get("CustomerMetadataProperties", {})
    if metadata.get("decided_for") == mark(seen.status, seen.description):
        moment = datetime.fromisoformat(metadata["decided_at"])
    else:
        moment = described.get("LastModifiedTime") or described["CreationTime"]
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
