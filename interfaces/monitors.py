"""The monitors, one entry each.

A new one is an entry here, an analysis in the analyzer and a file in infra/monitoring/monitors.
"""

from dataclasses import dataclass

from interfaces.analyzer import DATA_QUALITY, MODEL_BIAS, MODEL_EXPLAINABILITY, MODEL_QUALITY

MODEL_MONITOR = "model-monitor"
PROCESSING = "processing"
ENGINES = (MODEL_MONITOR, PROCESSING)
AUTO = "auto"
WINDOW_HOURS = {"hour": 1, "day": 24}


@dataclass(frozen=True)
class Monitor:
    """``name`` is part of names of schedules and jobs; ``title`` is what CloudFormation and the API call the kind.

    ``alarms`` are raised by it, the first for what it is named after; ``labels`` says that it needs ground truth, and so
    runs after the delay of labels.
    """

    name: str
    title: str
    analysis_type: str
    alarms: tuple[str, ...]
    labels: bool = False
    model: bool = False  # needs the model's artefact

    @property
    def configured(self) -> bool:
        """Whether the baseline brings an analysis configuration."""
        return self.analysis_type in (MODEL_BIAS, MODEL_EXPLAINABILITY)


MONITORS = {
    monitor.name: monitor
    for monitor in (
        Monitor("data-quality", "DataQuality", DATA_QUALITY, ("drift-data", "data-broken")),
        Monitor("model-quality", "ModelQuality", MODEL_QUALITY, ("quality",), labels=True),
        Monitor("bias", "ModelBias", MODEL_BIAS, ("bias",), labels=True),
        Monitor("explainability", "ModelExplainability", MODEL_EXPLAINABILITY, ("drift-attribution",), model=True),
    )
}


def progress_key(monitor: str) -> str:
    """The item of the state table that says how far a monitor has come; ``summary`` is what its last run found."""
    return f"monitor/{monitor}"
