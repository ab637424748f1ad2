"""Algorithm mode: data in three formats, metrics in the log and in the description, a model, and refusals with their reasons."""

import io
import subprocess
import sys
import tarfile
import tempfile
import uuid
from pathlib import Path
from typing import Any

import pytest

from local_aws.aws import LocalAws
from tests.local_aws.jobs import channel
from tests.local_aws.support import get, put, tarred
from tests.local_aws.xgboost import BINARY, as_csv, as_libsvm, as_parquet, channels, finals, fit, log, needs_xgboost, rows

pytestmark = needs_xgboost


@pytest.fixture(scope="module")
def trained(aws: LocalAws) -> dict[str, Any]:
    return fit(aws, channels(aws), BINARY)


def test_it_learns_and_leaves_a_model(aws: LocalAws, trained: dict[str, Any]) -> None:
    assert trained["TrainingJobStatus"] == "Completed", trained.get("FailureReason")
    with tarfile.open(fileobj=io.BytesIO(get(aws, trained["ModelArtifacts"]["S3ModelArtifacts"].removeprefix("s3://data/")))) as archive:
        assert archive.getnames() == ["xgboost-model"]
    assert finals(trained)["validation:auc"] > 0.85  # the label follows two of the features


def test_metrics_are_printed_and_found_as_the_service_does(aws: LocalAws, trained: dict[str, Any]) -> None:
    printed = [line for line in log(aws, trained["TrainingJobName"]) if line.startswith("[")]
    assert [line.split("#011")[0] for line in printed] == [f"[{n}]" for n in range(8)]
    train, validation = (part.split(":") for part in printed[-1].split("#011")[1:])
    assert (train[0], validation[0]) == ("train-auc", "validation-auc")
    assert finals(trained) == {"train:auc": float(train[1]), "validation:auc": float(validation[1])}
    definitions = {m["Name"]: m["Regex"] for m in trained["AlgorithmSpecification"]["MetricDefinitions"]}
    assert definitions["validation:auc"].startswith(r".*\[[0-9]+\].*#011validation-auc:")


def test_definitions_of_ones_own_take_the_place_of_the_services(aws: LocalAws) -> None:
    mine = {"Name": "mine", "Regex": r"#011validation-auc:(\S+)"}
    given = fit(aws, channels(aws), BINARY)
    assert given["TrainingJobStatus"] == "Completed", given.get("FailureReason")
    specification = {**given["AlgorithmSpecification"], "MetricDefinitions": [mine]}
    described = fit(aws, channels(aws), BINARY, AlgorithmSpecification=specification)
    assert finals(described) == {"mine": finals(given)["validation:auc"]}


@pytest.mark.parametrize(("kind", "write"), [("text/libsvm", as_libsvm), ("application/x-parquet", as_parquet), ("csv", as_csv)])
def test_the_same_data_in_another_format_gives_the_same_model(aws: LocalAws, trained: dict[str, Any], kind: str, write: Any) -> None:
    described = fit(aws, channels(aws, kind, write), BINARY)
    assert described.get("FailureReason") is None
    assert finals(described) == pytest.approx(finals(trained), abs=0.005)


def test_without_a_content_type_it_is_libsvm(aws: LocalAws) -> None:
    inputs = [{k: v for k, v in c.items() if k != "ContentType"} for c in channels(aws, write=as_libsvm)]
    assert fit(aws, inputs, BINARY)["TrainingJobStatus"] == "Completed"
    inputs = [{k: v for k, v in c.items() if k != "ContentType"} for c in channels(aws)]
    assert "is not 'LIBSVM' format" in fit(aws, inputs, BINARY)["FailureReason"]


def test_it_stops_early_when_validation_gets_no_better(aws: LocalAws) -> None:
    described = fit(aws, channels(aws), {**BINARY, "num_round": "300", "early_stopping_rounds": "3"})
    printed = [line for line in log(aws, described["TrainingJobName"]) if line.startswith("[")]
    assert 3 < len(printed) < 300


def test_metrics_of_its_own_and_weights_in_the_second_column(aws: LocalAws) -> None:
    table = [[label, 1.0 if label else 50.0, *features] for label, *features in rows(300, 1)]
    put(aws, "xgb/weighted/part", as_csv(table))
    inputs = [{**channel("train", "s3://data/xgb/weighted"), "ContentType": "text/csv"}]
    parameters = {**BINARY, "objective": "reg:squarederror", "eval_metric": "rmse,r2,logloss"}
    described = fit(aws, inputs, {**parameters, "csv_weights": "1"})
    assert set(finals(described)) == {"train:rmse", "train:r2", "train:logloss"}
    assert finals(described)["train:r2"] < finals(fit(aws, channels(aws), parameters))["train:r2"]  # most rows hardly count


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({**BINARY, "depth": "3"}, "UserError: Extraneous hyperparameter found: depth"),
        ({k: v for k, v in BINARY.items() if k != "num_round"}, "UserError: Missing required hyperparameter: num_round"),
        ({**BINARY, "_kfold": "3"}, "the stand-in of the local AWS does not do cross validation"),
        ({**BINARY, "base_score": "7"}, "base_score"),
        ({**BINARY, "tree_method": "gpu_hist"}, "AlgorithmError: XGB train call failed with exception"),
    ],
)
def test_hyperparameters_that_do_not_fit_fail_the_job_with_the_reason(aws: LocalAws, parameters: dict[str, str], words: str) -> None:
    described = fit(aws, channels(aws), parameters)
    assert (described["TrainingJobStatus"], words in described["FailureReason"]) == ("Failed", True), described["FailureReason"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"ChannelName": "test"}, "Missing required channel: train"),
        ({"ContentType": "text/plain"}, "'train' channel is not supported: ContentType 'text/plain'; allowed: csv, text/csv"),
        ({"ContentType": "application/x-recordio-protobuf"}, "does not do data in recordio-protobuf"),
    ],
)
def test_channels_that_do_not_fit_fail_the_job_with_the_reason(aws: LocalAws, change: dict[str, str], words: str) -> None:
    train, _ = channels(aws)
    assert words in fit(aws, [{**train, **change}], BINARY)["FailureReason"]


def test_hidden_empty_and_superfluous_files_are_refused(aws: LocalAws) -> None:
    train, validation = channels(aws)
    assert "Extraneous channel found: more" in fit(aws, [train, {**validation, "ChannelName": "more"}], BINARY)["FailureReason"]
    put(aws, "xgb/hidden/.part", "1,2")
    put(aws, "xgb/empty/part", "")
    for folder, words in (("hidden", "Hidden file found"), ("empty", "No data in validation channel path /opt/ml/input/data/validation")):
        inputs = [train, {**channel("validation", f"s3://data/xgb/{folder}"), "ContentType": "text/csv"}]
        assert words in fit(aws, inputs, BINARY)["FailureReason"]


CHURN = """
import os, sys
while True:
    for number in range(20):
        os.close(os.open(f"{sys.argv[1]}-{number}", os.O_CREAT))
    for number in range(20):
        os.unlink(f"{sys.argv[1]}-{number}")
"""


def test_what_else_goes_on_in_the_temporary_folder_does_not_matter(aws: LocalAws) -> None:
    """XGBoost looks at all neighbours of what it reads, and one that goes while it looks ends it."""
    prefix = Path(tempfile.gettempdir(), uuid.uuid4().hex)
    busy = subprocess.Popen([sys.executable, "-c", CHURN, str(prefix)])
    try:
        assert [fit(aws, channels(aws), BINARY)["TrainingJobStatus"] for _ in range(3)] == ["Completed"] * 3
    finally:
        busy.kill()
        busy.wait()
        for left in prefix.parent.glob(f"{prefix.name}-*"):
            left.unlink()


def test_a_script_has_xgboost_and_its_own_way(aws: LocalAws) -> None:
    script = """
        import argparse, os, xgboost
        parser = argparse.ArgumentParser()
        parser.add_argument("--depth", type=int)
        depth = parser.parse_args().depth
        data = xgboost.DMatrix(os.environ["SM_CHANNEL_TRAIN"] + "/part-0?format=csv&label_column=0")
        booster = xgboost.train({"max_depth": depth, "objective": "binary:logistic"}, data, 2)
        booster.save_model(os.environ["SM_MODEL_DIR"] + "/mine.json")
        print("my-metric:", depth)
    """
    code = put(aws, "code/xgb/sourcedir.tar.gz", tarred({"fit.py": script}))
    parameters = {"sagemaker_program": "fit.py", "sagemaker_submit_directory": code, "depth": "2"}
    described = fit(aws, channels(aws)[:1], parameters)
    assert described["TrainingJobStatus"] == "Completed", described.get("FailureReason")
    with tarfile.open(fileobj=io.BytesIO(get(aws, described["ModelArtifacts"]["S3ModelArtifacts"].removeprefix("s3://data/")))) as archive:
        assert archive.getnames() == ["mine.json"]
    assert "my-metric: 2" in log(aws, described["TrainingJobName"])
