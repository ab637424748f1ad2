"""Image → implementation. A new image is a new entry here, an environment in the Makefile and a stand-in."""

import re
import sys
from dataclasses import dataclass
from pathlib import Path

from local_aws.errors import validation
from local_aws.images.xgboost.metric_names import METRICS, OBJECTIVES
from local_aws.launcher.launcher import Image

ROOT = Path(__file__).resolve().parents[2]
ENVS = ROOT / ".envs"


def _image(name: str, *preload: str) -> Image:
    return Image(name, ENVS / name / "bin" / "python", preload)


SKLEARN = _image(
    "sklearn-1.9-0",
    "time_machine",
    "pandas",
    "pyarrow.parquet",
    "sklearn.ensemble",
    "sklearn.compose",
    "sklearn.impute",
    "sklearn.pipeline",
    "sklearn.metrics",
    "flask",
    "gunicorn.app.base",
    "joblib",
)
GLUE = _image("glue-5.1", "time_machine", "pandas", "pyarrow.parquet", "pyarrow.csv", "boto3")
LAMBDA = _image("lambda-python3.13", "time_machine", "boto3", "botocore.session", "logging")


# of the project's own images there is always an environment; of this one there is one where it was asked for
XGBOOST = _image(
    "xgboost-3.2-0", "time_machine", "pandas", "pyarrow.parquet", "scipy.sparse", "sklearn.metrics", "xgboost", "flask.globals"
)


@dataclass(frozen=True)
class ContainerImage:
    """A SageMaker image that the local AWS can stand in for."""

    pattern: re.Pattern[str]
    image: Image
    folder: str
    install: str = "make install"
    metrics: tuple[dict[str, str], ...] = ()  # definitions that the service has for an image of its own
    objectives: tuple[str, ...] = ()  # those of them that a tuning job may be after

    @property
    def name(self) -> str:
        """As in a repository's tag, without what names the registry."""
        return self.pattern.pattern.strip(".*/$").replace("\\", "")

    @property
    def training(self) -> str:
        return str(Path(__file__).parent / self.folder / "train.py")

    @property
    def serving(self) -> str:
        return str(Path(__file__).parent / self.folder / "serve.py")

    @property
    def installed(self) -> bool:
        return self.image.python.exists()


def _metric(data: str, name: str) -> dict[str, str]:
    """As DescribeTrainingJob shows it for AWS's XGBoost: #011 is the tab, as SageMaker writes it to the log."""
    number = r"([-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?)"
    return {"Name": f"{data}:{name}", "Regex": rf".*\[[0-9]+\].*#011{data}-{name}:{number}.*"}


CONTAINER_IMAGES = (
    ContainerImage(re.compile(r".*/sagemaker-scikit-learn:1\.9-0-cpu-py3$"), SKLEARN, "sklearn"),
    ContainerImage(
        re.compile(r".*/sagemaker-xgboost:3\.2-0$"),
        XGBOOST,
        "xgboost",
        install="make xgboost",
        metrics=tuple(_metric(data, name) for data in ("train", "validation") for name in METRICS),
        objectives=OBJECTIVES,
    ),
)

# Images of AWS's own analyzers: the project's analyzer stands in for them, where one is given
ANALYZER_IMAGES = tuple(re.compile(rf".*/{name}(:.*)?$") for name in ("sagemaker-model-monitor-analyzer", "sagemaker-clarify-processing"))


def is_analyzer(uri: str) -> bool:
    return any(pattern.match(uri) for pattern in ANALYZER_IMAGES)


def container_image(uri: str) -> ContainerImage:
    """The stand-in for an image URI. Raises AwsError naming the image and what there is, or how it gets there."""
    for entry in CONTAINER_IMAGES:
        if entry.pattern.match(uri):
            if not entry.installed:
                raise validation(f"the stand-in for the image {uri!r} is not installed; run: {entry.install}")
            return entry
    known = ", ".join(e.name for e in CONTAINER_IMAGES)
    raise validation(f"the local AWS has no stand-in for the image {uri!r}; it has: {known}")


def differences() -> str:
    """What the stand-in of the scikit-learn image does not share with it on this Python, or an empty text."""
    if sys.version_info >= (3, 12):
        return ""
    found = f"Python {sys.version_info.major}.{sys.version_info.minor} with numpy 2.4 and scipy 1.17"
    return f"{found} instead of Python 3.12 with numpy 2.5.1 and scipy 1.18.0"
