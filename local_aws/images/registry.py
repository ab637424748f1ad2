"""Image → implementation. A new image is a new entry here, an environment in the Makefile and a stand-in."""

import re
import sys
from dataclasses import dataclass
from pathlib import Path

from local_aws.errors import AwsError
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


@dataclass(frozen=True)
class ContainerImage:
    """A SageMaker image that the local AWS can stand in for."""

    pattern: re.Pattern[str]
    image: Image
    training: str
    serving: str


_STAND_INS = Path(__file__).parent / "sklearn"
CONTAINER_IMAGES = (
    ContainerImage(
        re.compile(r".*/sagemaker-scikit-learn:1\.9-0-cpu-py3$"), SKLEARN, str(_STAND_INS / "train.py"), str(_STAND_INS / "serve.py")
    ),
)

# Images of AWS's own analyzers: the project's analyzer stands in for them, where one is given
ANALYZER_IMAGES = tuple(re.compile(rf".*/{name}(:.*)?$") for name in ("sagemaker-model-monitor-analyzer", "sagemaker-clarify-processing"))


def is_analyzer(uri: str) -> bool:
    return any(pattern.match(uri) for pattern in ANALYZER_IMAGES)


def container_image(uri: str) -> ContainerImage:
    """The stand-in for an image URI. Raises AwsError naming the image and what there is."""
    for entry in CONTAINER_IMAGES:
        if entry.pattern.match(uri):
            return entry
    known = ", ".join(e.pattern.pattern.strip(".*/$").replace("\\", "") for e in CONTAINER_IMAGES)
    raise AwsError("ValidationException", f"the local AWS has no stand-in for the image {uri!r}; it has: {known}")


def differences() -> str:
    """What the stand-in of the scikit-learn image does not share with it on this Python, or an empty text."""
    if sys.version_info >= (3, 12):
        return ""
    found = f"Python {sys.version_info.major}.{sys.version_info.minor} with numpy 2.4 and scipy 1.17"
    return f"{found} instead of Python 3.12 with numpy 2.5.1 and scipy 1.18.0"
