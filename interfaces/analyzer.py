"""What the analyzer is told: the environment of the Model Monitor container contract, and our additions to it.

Whoever starts the analyzer sets ``AnalyzerSettings(...).environment()``; the analyzer reads the same names from its
environment or, where a variable is absent, from the job's own configuration file. Paths are folders or files inside
the container. Files are found by the names in `interfaces.reports`.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime

from interfaces.errors import SettingError

DATA_QUALITY = "DATA_QUALITY"
MODEL_QUALITY = "MODEL_QUALITY"
MODEL_BIAS = "MODEL_BIAS"
MODEL_EXPLAINABILITY = "MODEL_EXPLAINABILITY"
ANALYSIS_TYPES = (DATA_QUALITY, MODEL_QUALITY, MODEL_BIAS, MODEL_EXPLAINABILITY)
DISTANCES = ("exact", "deequ-compat")
CATEGORICAL_METHODS = ("LInfinity", "ChiSquared")
PROBLEM_TYPES = {"BinaryClassification": "binary", "MulticlassClassification": "multiclass", "Regression": "regression"}
DATASET_FORMATS = ("sagemakerCaptureJson", "csv", "json", "parquet")
CAPTURE_FORMAT = '{"sagemakerCaptureJson":{"captureIndexNames":["endpointInput","endpointOutput"]}}'
# ISO 8601 in UTC, as the contract writes it
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z")


@dataclass(frozen=True)
class AnalyzerSettings:
    """Field names are the variables' names. Everything has a default but what an analysis needs is checked by it.

    ``start_time`` (inclusive) and ``end_time`` (exclusive) bound the inference times that are read, empty for no bound.
    ``problem_type`` takes the service's spelling or the contract's; the attributes are column names, dotted paths
    or positions, and empty means what our own endpoint answers.
    Ours: ``batch_source`` (folder whose ``input`` and ``output`` hold the files of the window's batch transforms),
    ``ground_truth_source`` (folder of ground-truth JSON Lines), ``contract`` (a file or folder with the dataset's manifest or
    contract as JSON), ``model`` (folder with model.tar.gz) and ``analysis_config`` (of the baseline)
    for MODEL_EXPLAINABILITY and MODEL_BIAS, ``data_statistics`` and ``data_constraints`` (the data-quality baseline, by which
    MODEL_QUALITY tells drifted inputs from a drifted concept), ``distance``, ``minimum_rows`` and ``minimum_labels``.
    """

    analysis_type: str = DATA_QUALITY
    dataset_format: str = CAPTURE_FORMAT
    dataset_source: str = "/opt/ml/processing/input/endpoint"
    output_path: str = "/opt/ml/processing/output"
    start_time: str = ""
    end_time: str = ""
    baseline_constraints: str = ""
    baseline_statistics: str = ""
    problem_type: str = ""
    inference_attribute: str = ""
    probability_attribute: str = ""
    probability_threshold_attribute: str = ""
    ground_truth_attribute: str = ""
    sagemaker_endpoint_name: str = ""
    sagemaker_monitoring_schedule_name: str = ""
    publish_cloudwatch_metrics: str = "Disabled"
    categorical_drift_method: str = ""
    batch_source: str = ""
    ground_truth_source: str = ""
    contract: str = ""
    model: str = ""
    analysis_config: str = ""
    data_statistics: str = ""
    data_constraints: str = ""
    distance: str = "exact"
    minimum_rows: int = 1
    minimum_labels: int = 100

    def __post_init__(self) -> None:
        _member("analysis_type", self.analysis_type, ANALYSIS_TYPES)
        _member("distance", self.distance, DISTANCES)
        _member("publish_cloudwatch_metrics", self.publish_cloudwatch_metrics, ("Enabled", "Disabled"))
        _member("categorical_drift_method", self.categorical_drift_method, ("", *CATEGORICAL_METHODS))
        _member("problem_type", self.problem_type, ("", *PROBLEM_TYPES, *PROBLEM_TYPES.values()))
        for name in ("start_time", "end_time"):
            _check_moment(name, getattr(self, name))
        self.format()

    def format(self) -> str:
        """Which of `DATASET_FORMATS` the files have."""
        try:
            given = json.loads(self.dataset_format)
        except ValueError:
            given = None
        kinds = [k for k in given if k in DATASET_FORMATS] if isinstance(given, dict) else []
        if len(kinds) != 1:
            raise SettingError(f"dataset_format={self.dataset_format!r} is not a JSON object with one of {', '.join(DATASET_FORMATS)}")
        return str(kinds[0])

    def environment(self) -> dict[str, str]:
        """The variables to set; what is at its default is left out."""
        defaults = {f.name: f.default for f in fields(self)}
        return {name: str(value) for name, value in asdict(self).items() if value != defaults[name]}

    @classmethod
    def parse(cls, environ: Mapping[str, str]) -> "AnalyzerSettings":
        """Read the variables that the fields name; others are ignored. Raises SettingError."""
        values: dict[str, str | int] = {}
        for field in fields(cls):
            raw = environ.get(field.name, "")
            if raw == "":
                continue
            if field.type is int:
                if not raw.isdecimal():
                    raise SettingError(f"{field.name}={raw!r} is not a whole number from 0")
                values[field.name] = int(raw)
            else:
                values[field.name] = raw
        return cls(**values)  # type: ignore[arg-type]


def _member(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise SettingError(f"{name}={value!r}; allowed: {', '.join(a for a in allowed if a)}")


def _check_moment(name: str, value: str) -> None:
    try:
        if value and _MOMENT.fullmatch(value):
            datetime.fromisoformat(value)
            return
    except ValueError:
        pass
    if value:
        raise SettingError(f"{name}={value!r} is not a time such as 2026-01-31T13:00:00Z")
