"""The four kinds of monitor: how their API calls are named, and what the analyzer is told of them."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Kind:
    """``title`` is how operations and members are named: DataQuality in CreateDataQualityJobDefinition."""

    title: str
    analysis_type: str
    path: str  # of the job definition's ARN

    def part(self, definition: dict[str, Any], what: str) -> dict[str, Any]:
        """A member such as ``DataQualityJobInput``, by its last words."""
        return dict(definition.get(f"{self.title}{what}") or {})


KINDS = {
    kind.title: kind
    for kind in (
        Kind("DataQuality", "DATA_QUALITY", "data-quality-job-definition"),
        Kind("ModelQuality", "MODEL_QUALITY", "model-quality-job-definition"),
        Kind("ModelBias", "MODEL_BIAS", "model-bias-job-definition"),
        Kind("ModelExplainability", "MODEL_EXPLAINABILITY", "model-explainability-job-definition"),
    )
}
