"""Report shapes that steps write and that the gates, the Studio and the report read.

``evaluation.json`` follows the model-quality format that SageMaker Studio renders:
``{"<kind>_metrics": {"<metric>": {"value": float, "standard_deviation": float | "NaN"}}}``,
with our own additions under ``"mlops_loop"`` (confidence intervals, slices, curves).

The baseline step writes, in one folder, ``statistics.json``, ``constraints.json`` and ``frequencies.json`` (data quality; the last
holds counts of texts with too many values for the first, and is found beside it), ``analysis_config.json`` (facets, label and
SHAP background, as Clarify has it) and, in folders of their own, the baselines of the other monitors (`BASELINES`);
``deviations.json`` beside that of bias holds the standard errors of its metrics.

The analyzer writes ``constraint_violations.json`` (an empty list when there are none) and ``monitor.json``
(`MonitorReport`) in every state; for data and model quality ``statistics.json`` and ``constraints.json`` as soon as
there is anything to describe; for bias and explainability ``analysis.json``.
"""

from dataclasses import asdict, dataclass, field
from typing import Any

KIND = {
    "binary": "binary_classification",
    "multiclass": "multiclass_classification",
    "regression": "regression",
}
EVALUATION_FILE = "evaluation.json"
GOLDEN_FILE = "golden.json"  # beside it: rows, and what the model answered to them when it was trained
STATISTICS_FILE = "statistics.json"
CONSTRAINTS_FILE = "constraints.json"
VIOLATIONS_FILE = "constraint_violations.json"
ANALYSIS_FILE = "analysis.json"
ANALYSIS_CONFIG_FILE = "analysis_config.json"
FREQUENCIES_FILE = "frequencies.json"
DEVIATIONS_FILE = "deviations.json"
MONITOR_FILE = "monitor.json"
# folder of each analysis type's baseline below the baseline step's output
BASELINES = {"DATA_QUALITY": "", "MODEL_QUALITY": "model_quality/", "MODEL_BIAS": "bias/", "MODEL_EXPLAINABILITY": "explainability/"}


@dataclass(frozen=True)
class Metric:
    """A metric that gates may use: its name in evaluation.json and which way is better."""

    name: str
    greater_is_better: bool
    low: float
    high: float | None


METRICS: dict[str, dict[str, Metric]] = {
    "binary": {name: Metric(name, True, 0.0, 1.0) for name in ("auc", "accuracy", "precision", "recall", "f1")},
    "multiclass": {
        name: Metric(name, True, 0.0, 1.0)
        for name in (
            "accuracy",
            "weighted_precision",
            "weighted_recall",
            "weighted_f1",
        )
    },
    "regression": {
        "r2": Metric("r2", True, -1e9, 1.0),
        "mae": Metric("mae", False, 0.0, None),
        "rmse": Metric("rmse", False, 0.0, None),
        "mse": Metric("mse", False, 0.0, None),
    },
}
DEFAULT_METRIC = {"binary": "auc", "multiclass": "accuracy", "regression": "r2"}


def metric_path(problem_type: str, metric: str) -> str:
    """The JSON path of a metric's value inside evaluation.json."""
    return f"{KIND[problem_type]}_metrics.{metric}.value"


def metric_value(report: dict[str, Any], problem_type: str, metric: str) -> float | None:
    """The metric's value in a parsed evaluation.json, or None if it is not a finite number."""
    entry = report.get(f"{KIND[problem_type]}_metrics", {}).get(metric, {})
    value = entry.get("value")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    number = float(value)
    return number if number - number == 0 else None


def passes(problem_type: str, metric: str, value: float, threshold: float) -> bool:
    """Whether a value reaches its threshold, in the metric's own direction."""
    better = METRICS[problem_type][metric].greater_is_better
    return value >= threshold if better else value <= threshold


# How a run of the analyzer ended. Only the first two compared anything with a baseline.
COMPLETED = "Completed"
WITH_VIOLATIONS = "CompletedWithViolations"
NO_DATA = "NoData"  # no record of the window
TOO_FEW_ROWS = "TooFewRows"  # fewer than minimum_rows
TOO_FEW_LABELS = "TooFewLabels"  # fewer than minimum_labels
CORRUPT_DATA = "CorruptData"  # records, but none of them could be read
NO_BASELINE = "NoBaseline"  # statistics were written, there was nothing to compare with
BASELINE_MISMATCH = "BaselineMismatch"  # the baseline describes other columns, or cannot be read
MONITOR_STATES = (
    COMPLETED,
    WITH_VIOLATIONS,
    NO_DATA,
    TOO_FEW_ROWS,
    TOO_FEW_LABELS,
    CORRUPT_DATA,
    NO_BASELINE,
    BASELINE_MISMATCH,
)


@dataclass(frozen=True)
class RowCounts:
    """What became of the captured records. ``records`` and the faults count records, ``rows`` the rows that were read.

    ``faults`` counts records by what was wrong: ``not JSON``, ``no input``, ``unreadable input``, ``unreadable output``,
    ``rows differ`` (as many rows in as out were expected), ``no time``. The input of a record whose output is at fault still counts,
    and so does an output without its input, for predictions and quality.
    """

    records: int = 0
    rows: int = 0
    outside_window: int = 0
    faults: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class LabelCounts:
    """What became of the ground truth. ``share`` is that of the window's rows which have a label that counts.

    Of several labels for one id, equal ones count once (``repeated``) and different ones not at all
    (``contradicting``); ``unmatched`` labels belong to no captured row; ``late`` ones were collected after the window.
    """

    labelled: int = 0
    share: float = 0.0
    repeated: int = 0
    contradicting: int = 0
    unmatched: int = 0
    late: int = 0
    unreadable: int = 0


@dataclass(frozen=True)
class FeatureReport:
    """One column against its baseline. ``distance`` is None where none was computed, and ``reason`` says why.

    ``role`` is ``feature`` or ``prediction``; ``method`` Simple, Robust, LInfinity or ChiSquared (then ``distance`` is a
    p-value and drift is below the threshold); ``error`` bounds how far off the distance may be (0: exact).
    """

    completeness: float
    distance: float | None = None
    threshold: float | None = None
    method: str = ""
    drifted: bool = False
    error: float = 0.0
    role: str = "feature"
    reason: str = ""


@dataclass(frozen=True)
class MetricReport:
    """One metric of quality, bias (``facet=value: name``) or attribution against its baseline."""

    value: float | None
    baseline: float | None = None
    violated: bool = False


@dataclass(frozen=True)
class Verdict:
    """A judgement by a statistical test: has quality (or fairness) decayed, and is the cause the inputs or the concept?

    ``state`` is ``stable``, ``decayed`` or ``undecided``; ``cause`` ``concept``, ``inputs`` or ``unknown`` when quality decayed.
    Alarms should listen to this: a violation of a suggested constraint says only that a metric is below what it
    happened to be at the baseline, which half of all windows are.
    """

    state: str
    cause: str = ""
    p_value: float | None = None
    reason: str = ""


@dataclass(frozen=True)
class MonitorReport:
    """``monitor.json``: one run of the analyzer, for the monitor function, the alarms, retraining and the report.

    ``features`` is filled by DATA_QUALITY (predictions included), ``metrics`` by the other three, ``labels`` where ground truth
    is used, ``verdict`` by MODEL_QUALITY and MODEL_BIAS. ``state`` is one of `MONITOR_STATES`, ``reason`` says it in a sentence.
    """

    analysis_type: str
    state: str
    reason: str
    window: dict[str, str]
    endpoint: str = ""
    schedule: str = ""
    violations: int = 0
    rows: RowCounts = RowCounts()
    labels: LabelCounts | None = None
    features: dict[str, FeatureReport] = field(default_factory=dict)
    metrics: dict[str, MetricReport] = field(default_factory=dict)
    verdict: Verdict | None = None

    def to_dict(self) -> dict[str, Any]:
        return {"version": 1, **asdict(self)}

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> "MonitorReport":
        """Of a parsed monitor.json. Raises KeyError or TypeError for another shape."""
        values = {k: v for k, v in raw.items() if k != "version"}
        values["rows"] = RowCounts(**raw["rows"])
        values["labels"] = LabelCounts(**raw["labels"]) if raw["labels"] else None
        values["features"] = {k: FeatureReport(**v) for k, v in raw["features"].items()}
        values["metrics"] = {k: MetricReport(**v) for k, v in raw["metrics"].items()}
        values["verdict"] = Verdict(**raw["verdict"]) if raw["verdict"] else None
        return cls(**values)
