"""Training jobs in script mode: channels, hyperparameters, SM_ variables, the archive, failures, isolation."""

import io
import json
import tarfile
from itertools import pairwise
from typing import Any

import pytest

from local_aws.aws import LocalAws
from tests.local_aws.jobs import begin, channel, train
from tests.local_aws.support import emitted, get, put, refusal, until

SEEN = """
    import json, os, sys
    json.dump(
        {"argv": sys.argv[1:], "env": dict(os.environ), "rows": open(os.environ["SM_CHANNEL_TRAIN"] + "/x.csv").read(), "cwd": os.getcwd()},
        open(os.environ["SM_MODEL_DIR"] + "/seen.json", "w"),
    )
    open(os.environ["SM_OUTPUT_DATA_DIR"] + "/extra", "w").write("more")
"""


def archive(aws: LocalAws, uri: str) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(get(aws, uri.removeprefix("s3://data/")))) as found:
        return {m.name: found.extractfile(m).read() for m in found.getmembers() if m.isfile()}  # type: ignore[union-attr]


def test_a_script_gets_channels_hyperparameters_and_variables_and_leaves_a_model(aws: LocalAws) -> None:
    put(aws, "train/x.csv", "1,2")
    described = train(
        aws,
        SEEN,
        name="fit",
        parameters={"depth": "3", "loss": "log"},
        channels=[channel("train", "s3://data/train")],
        Environment={"MINE": "yes"},
    )
    assert described["TrainingJobStatus"] == "Completed"
    uri = described["ModelArtifacts"]["S3ModelArtifacts"]
    assert uri == "s3://data/models/fit/output/model.tar.gz"
    seen = json.loads(archive(aws, uri)["seen.json"])
    assert seen["argv"] == ["--depth", "3", "--loss", "log"]
    assert (seen["rows"], seen["cwd"]) == ("1,2", "/opt/ml/code")
    env = seen["env"]
    assert (env["SM_MODEL_DIR"], env["SM_CHANNEL_TRAIN"]) == ("/opt/ml/model", "/opt/ml/input/data/train")
    assert (json.loads(env["SM_CHANNELS"]), json.loads(env["SM_HPS"])) == (["code", "train"], {"depth": 3, "loss": "log"})
    assert (env["SM_HP_DEPTH"], env["SM_USER_ENTRY_POINT"], env["SM_CURRENT_HOST"], env["MINE"]) == ("3", "train.py", "algo-1", "yes")
    assert env["TRAINING_JOB_NAME"] == "fit"
    assert archive(aws, uri.replace("model.tar.gz", "output.tar.gz")) == {"extra": b"more"}


def test_its_stages_are_told_in_order(aws: LocalAws) -> None:
    described = train(aws, "pass", name="stages")
    history = described["SecondaryStatusTransitions"]
    assert [s["Status"] for s in history] == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert all(a["EndTime"] == b["StartTime"] for a, b in pairwise(history))
    assert (described["SecondaryStatus"], described["BillableTimeInSeconds"] >= 1) == ("Completed", True)
    (event,) = emitted(aws, "SageMaker Training Job State Change", TrainingJobName="stages")
    assert event["TrainingJobStatus"] == "Completed"


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("raise ValueError('no target column')", "AlgorithmError: ValueError: no target column, exit code: 1"),
        ("raise SystemExit(5)", "AlgorithmError: ExecuteUserScriptError: exit code 5, exit code: 5"),
        ("import os; os._exit(6)", "AlgorithmError: See job logs for more information, exit code: 6"),
        ("open('/opt/ml/output/failure', 'w').write('own words'); import os; os._exit(1)", "AlgorithmError: own words, exit code: 1"),
    ],
)
def test_a_failing_script_gives_the_reason(aws: LocalAws, script: str, reason: str) -> None:
    described = train(aws, script)
    assert (described["TrainingJobStatus"], described["FailureReason"]) == ("Failed", reason)
    assert described["SecondaryStatusTransitions"][-1]["StatusMessage"] == reason
    assert described["ModelArtifacts"]["S3ModelArtifacts"] == ""


def test_code_from_s3_needs_a_network(aws: LocalAws) -> None:
    begin(aws, "pass", name="code")
    aws.settle()
    uri = "s3://data/code/code/sourcedir.tar.gz"
    assert train(aws, "pass", submitted=uri)["TrainingJobStatus"] == "Completed"
    isolated = train(aws, "pass", submitted=uri, isolated=True)
    assert isolated["TrainingJobStatus"] == "Failed"
    assert f"cannot download {uri}: the container has no network" in isolated["FailureReason"]
    assert train(aws, "pass", isolated=True)["TrainingJobStatus"] == "Completed"  # as a channel it works


def test_a_missing_channel_fails_with_its_address(aws: LocalAws) -> None:
    described = train(aws, "pass", channels=[channel("train", "s3://data/absent")])
    assert described["TrainingJobStatus"] == "Failed"
    assert "s3://data/absent" in described["FailureReason"]


def test_stopping_and_running_too_long(aws: LocalAws) -> None:
    name = begin(aws, "import time; time.sleep(60)")
    until(lambda: aws.training._jobs[name].child)
    aws.client("sagemaker").stop_training_job(TrainingJobName=name)
    aws.settle(20)
    described = aws.client("sagemaker").describe_training_job(TrainingJobName=name)
    assert (described["TrainingJobStatus"], described["SecondaryStatus"]) == ("Stopped", "Stopped")
    assert "MaxRuntimeInSeconds (1 s)" in train(aws, "import time; time.sleep(60)", seconds=1)["FailureReason"]


TWO = {"InstanceCount": 2, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
PIPE = {**channel("x", "s3://data/x"), "InputMode": "Pipe"}


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        ({"AlgorithmSpecification": {"TrainingImage": "mine:1", "TrainingInputMode": "File"}}, "no stand-in for the image 'mine:1'"),
        ({"AlgorithmSpecification": {"AlgorithmName": "xgboost", "TrainingInputMode": "File"}}, "AlgorithmSpecification.AlgorithmName"),
        ({"RoleArn": "arn:aws:iam::123456789012:role/nobody"}, "Could not assume role"),
        ({"EnableManagedSpotTraining": True}, "CreateTrainingJob with EnableManagedSpotTraining"),
        (
            {"ResourceConfig": TWO},
            "ResourceConfig.InstanceCount 2 (it does 1)",
        ),
        (
            {"channels": [PIPE]},
            "InputDataConfig[1].InputMode 'Pipe' (it does File, FastFile)",
        ),
    ],
)
def test_what_cannot_run_is_refused(aws: LocalAws, extra: dict[str, Any], words: str) -> None:
    assert words in refusal(lambda: begin(aws, "pass", name="refused", **extra))[1]


def test_names_are_unique(aws: LocalAws) -> None:
    begin(aws, "pass", name="twin")
    assert "must be unique" in refusal(lambda: begin(aws, "pass", name="twin"))[1]
    aws.settle()
