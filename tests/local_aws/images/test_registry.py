"""Images that nothing stands in for, and those whose stand-in is not installed, are refused before anything runs."""

import dataclasses
import uuid
from pathlib import Path
from typing import Any

import pytest

from local_aws.aws import LocalAws
from local_aws.errors import AwsError
from local_aws.images import registry
from local_aws.launcher.launcher import Image
from tests.local_aws.definitions import definition
from tests.local_aws.jobs import channel
from tests.local_aws.support import IMAGE, ROLE, put, refusal, tarred
from tests.local_aws.xgboost import BINARY, URI, job

NOT_INSTALLED = f"the stand-in for the image '{URI}' is not installed; run: make xgboost"


@pytest.fixture
def absent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine where `make xgboost` was not run."""
    nowhere = Image("xgboost-3.2-0", tmp_path / "python")
    entries = tuple(dataclasses.replace(e, image=nowhere) if e.folder == "xgboost" else e for e in registry.CONTAINER_IMAGES)
    monkeypatch.setattr(registry, "CONTAINER_IMAGES", entries)


def steps() -> list[dict[str, Any]]:
    training = {**job([], BINARY)}
    container = {"Image": URI, "ModelDataUrl": "s3://data/m.tar.gz"}
    tuned = {k: v for k, v in training.items() if k != "HyperParameters"}
    return [
        {"Name": "A", "Type": "Training", "Arguments": training},
        {"Name": "A", "Type": "Tuning", "Arguments": {"HyperParameterTuningJobConfig": {}, "TrainingJobDefinition": tuned}},
        {"Name": "A", "Type": "Model", "Arguments": {"ExecutionRoleArn": ROLE, "PrimaryContainer": container}},
        {"Name": "A", "Type": "Model", "Arguments": {"ExecutionRoleArn": ROLE, "Containers": [container]}},
    ]


@pytest.mark.usefixtures("absent")
@pytest.mark.parametrize("step", steps(), ids=lambda s: s["Type"])
def test_a_pipeline_that_names_an_image_which_is_not_installed_is_refused_with_the_command(aws: LocalAws, step: dict[str, Any]) -> None:
    sagemaker = aws.client("sagemaker")
    given = {"PipelineName": "absent", "RoleArn": ROLE, "PipelineDefinition": definition(step), "ClientRequestToken": uuid.uuid4().hex}
    assert refusal(lambda: sagemaker.create_pipeline(**given)) == ("ValidationException", f"Step 'A': {NOT_INSTALLED}")


@pytest.mark.usefixtures("absent")
def test_so_are_jobs_and_models(aws: LocalAws) -> None:
    sagemaker = aws.client("sagemaker")
    given = job([channel("train", "s3://data/x")], BINARY)
    assert refusal(lambda: sagemaker.create_training_job(TrainingJobName="absent", **given))[1] == NOT_INSTALLED
    container = {"Image": URI, "ModelDataUrl": put(aws, "m.tar.gz", tarred({}))}
    made = lambda: sagemaker.create_model(ModelName="absent", ExecutionRoleArn=ROLE, PrimaryContainer=container)  # noqa: E731
    assert refusal(made)[1] == NOT_INSTALLED


@pytest.mark.parametrize("uri", [URI.replace("3.2-0", "1.7-1"), f"{URI}-cpu-py3", "sagemaker-xgboost:3.2-0", "x/xgboost:latest"])
def test_other_images_are_refused_with_what_there_is(uri: str) -> None:
    with pytest.raises(AwsError) as caught:
        registry.container_image(uri)
    known = "sagemaker-scikit-learn:1.9-0-cpu-py3, sagemaker-xgboost:3.2-0"
    assert caught.value.message == f"the local AWS has no stand-in for the image {uri!r}; it has: {known}"


def test_an_image_is_the_same_in_every_region() -> None:
    assert registry.container_image(IMAGE.replace("683313688378.dkr.ecr.us-east-1", "141502667606.dkr.ecr.eu-west-1")).folder == "sklearn"
