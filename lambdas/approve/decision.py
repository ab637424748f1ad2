"""Approve or leave for a person. Pure."""

from dataclasses import dataclass
from typing import Any

from interfaces.metadata import clean
from interfaces.reports import KIND, METRICS, metric_value, passes

_DESCRIPTION_LIMIT = 1024


@dataclass(frozen=True)
class Verdict:
    """``approved`` or waiting; ``reason`` in a sentence; ``metrics`` are the headline numbers."""

    approved: bool
    reason: str
    metrics: dict[str, float]

    @property
    def description(self) -> str:
        """The ApprovalDescription, at most 1,024 characters."""
        return self.reason[:_DESCRIPTION_LIMIT]

    def metadata(self) -> dict[str, str]:
        """Customer metadata: verdict, reason and numbers, within SageMaker's limits on characters and length."""
        values = {"verdict": "approved" if self.approved else "needs-a-person", "verdict_reason": self.reason}
        values |= {f"metric_{name}": f"{value:.6g}" for name, value in self.metrics.items()}
        return clean(values)


def decide(report: dict[str, Any], problem_type: str, metric: str, threshold: float, mode: str) -> Verdict:
    """Judge an evaluation report. A gate that cannot be evaluated never approves."""
    numbers = {name: value for name in METRICS[problem_type] if (value := metric_value(report, problem_type, name)) is not None}
    value = numbers.get(metric)
    if value is None:
        return Verdict(False, f"left for a person: evaluation.json has no {KIND[problem_type]}_metrics.{metric}.value", numbers)
    limit = f"{metric} {value:.4f} against the threshold {threshold:g}"
    if not passes(problem_type, metric, value, threshold):
        return Verdict(False, f"left for a person: {limit} does not pass", numbers)
    if mode != "automatic":
        return Verdict(False, f"left for a person: {limit} passes and this environment approves by hand", numbers)
    return Verdict(True, f"approved automatically: {limit} passes", numbers)
