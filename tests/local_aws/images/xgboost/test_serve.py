"""Serving of an algorithm-mode model: endpoints, batch transform, and pipelines that train, make a model and transform."""

import io
import json
import pickle
import tarfile
from typing import Any

import pytest

from local_aws.aws import LocalAws
from tests.local_aws.definitions import run, wanted
from tests.local_aws.endpoints import config, create, invoke
from tests.local_aws.support import ROLE, get, put, refusal, tarred
from tests.local_aws.xgboost import BINARY, URI, VALIDATION, as_csv, as_libsvm, channels, finals, fit, job, needs_xgboost

pytestmark = needs_xgboost
FEATURES = [row[1:] for row in VALIDATION[:5]]
BODY = as_csv(FEATURES)
INFERENCE = """
    import xgboost

    def model_fn(folder):
        booster = xgboost.Booster()
        booster.load_model(folder + "/xgboost-model")
        return booster
"""


@pytest.fixture(scope="module")
def artefact(aws: LocalAws) -> str:
    """A trained binary model."""
    return str(fit(aws, channels(aws), BINARY)["ModelArtifacts"]["S3ModelArtifacts"])


def endpoint(aws: LocalAws, name: str, artefact: str, **environment: str) -> str:
    container = {"Image": URI, "ModelDataUrl": artefact, "Environment": environment}
    aws.client("sagemaker").create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=container)
    assert create(aws, name, config(aws, name, **{name: 1})) == "InService"
    return name


@pytest.fixture(scope="module")
def served(aws: LocalAws, artefact: str) -> str:
    return endpoint(aws, "scorer", artefact)


def scores(aws: LocalAws, name: str, body: str = BODY, **extra: Any) -> list[float]:
    return [float(line) for line in invoke(aws, name, body, **extra)["Body"].decode().splitlines()]


def test_every_row_gets_a_probability_on_a_line(aws: LocalAws, served: str) -> None:
    answer = invoke(aws, served, BODY)
    assert answer["ContentType"].startswith("text/csv")
    assert len(scores(aws, served)) == 5
    high, low = scores(aws, served, "8.5,1.5,5\n1.5,8.5,5\n")  # the label says whether the first is above the second
    assert (high > 0.8, low < 0.2) == (True, True)


def test_json_wraps_the_same_scores(aws: LocalAws, served: str) -> None:
    found = json.loads(invoke(aws, served, BODY, Accept="application/json")["Body"])
    assert [p["score"] for p in found["predictions"]] == scores(aws, served)


def test_libsvm_from_index_zero_is_the_same_row_and_from_one_is_moved(aws: LocalAws, served: str) -> None:
    zero = as_libsvm(VALIDATION[:5])
    assert scores(aws, served, zero, ContentType="text/libsvm") == scores(aws, served)
    one = "\n".join(" ".join(f"{i + 1}:{v}" for i, v in enumerate(row)) for row in FEATURES)
    assert scores(aws, served, one, ContentType="text/x-libsvm") == scores(aws, served)


@pytest.mark.parametrize(
    ("body", "extra", "status", "words"),
    [
        ('{"a": 1}', {"ContentType": "application/json"}, 415, "application/json is not an accepted ContentType: csv, text/csv"),
        ("a,b,c", {}, 415, "Loading csv data failed"),
        ("x", {"ContentType": "application/x-recordio-protobuf"}, 415, "does not do requests in recordio-protobuf"),
        ("1,2,3,4,5", {}, 400, "Unable to evaluate payload provided"),
        (
            BODY,
            {"Accept": "text/plain"},
            406,
            "Accept type text/plain is not supported. Please use supported accept types: application/json",
        ),
        (BODY, {"Accept": "application/jsonlines"}, 500, "application/jsonlines is for selected content"),
    ],
)
def test_what_cannot_be_read_or_written_says_why(
    aws: LocalAws, served: str, body: str, extra: dict[str, str], status: int, words: str
) -> None:
    runtime = aws.client("sagemaker-runtime")
    with pytest.raises(runtime.exceptions.ModelError) as caught:
        invoke(aws, served, body, **extra)
    assert caught.value.response["OriginalStatusCode"] == status
    assert words in caught.value.response["OriginalMessage"]


def test_selected_content_in_its_three_formats(aws: LocalAws, artefact: str, served: str) -> None:
    name = endpoint(aws, "selecting", artefact, SAGEMAKER_INFERENCE_OUTPUT="predicted_label, probabilities,predicted_score")
    expected = [{"predicted_label": int(p > 0.5), "probabilities": [1 - p, p]} for p in scores(aws, served)]
    body = invoke(aws, name, BODY, Accept="application/jsonlines")["Body"].decode()
    lines = [json.loads(line) for line in body.splitlines()]
    assert [{k: line[k] for k in ("predicted_label", "probabilities")} for line in lines] == expected
    assert all(line["predicted_score"] != line["predicted_score"] for line in lines)  # not a number: the objective has none
    assert (
        json.loads(invoke(aws, name, BODY, Accept="application/json")["Body"])["predictions"][1]["probabilities"]
        == expected[1]["probabilities"]
    )
    first = invoke(aws, name, BODY)["Body"].decode().splitlines()[0]
    assert first == f'{expected[0]["predicted_label"]},"{expected[0]["probabilities"]}",nan'


def test_classes_get_a_row_of_probabilities(aws: LocalAws) -> None:
    parameters = {**BINARY, "objective": "multi:softprob", "num_class": "2", "eval_metric": "mlogloss"}
    name = endpoint(aws, "classes", str(fit(aws, channels(aws), parameters)["ModelArtifacts"]["S3ModelArtifacts"]))
    found = [[float(v) for v in line.split(",")] for line in invoke(aws, name, BODY)["Body"].decode().splitlines()]
    assert [len(row) for row in found] == [2] * 5
    assert [sum(row) for row in found] == pytest.approx([1.0] * 5)


def test_several_models_are_an_ensemble(aws: LocalAws, artefact: str, served: str) -> None:
    other = fit(aws, channels(aws), {**BINARY, "num_round": "1"})["ModelArtifacts"]["S3ModelArtifacts"]
    both = io.BytesIO()
    with tarfile.open(fileobj=both, mode="w:gz") as archive:
        for number, uri in enumerate((artefact, other)):
            with tarfile.open(fileobj=io.BytesIO(get(aws, uri.removeprefix("s3://data/")))) as source:
                member = source.getmembers()[0]
                content = source.extractfile(member)
                member.name = f"xgboost-model-{number}"
                archive.addfile(member, content)
    uri = put(aws, "models/both.tar.gz", both.getvalue())
    single = scores(aws, endpoint(aws, "second", str(other)))
    expected = [(a + b) / 2 for a, b in zip(scores(aws, served), single, strict=True)]
    assert scores(aws, endpoint(aws, "both", uri)) == pytest.approx(expected, abs=1e-6)
    assert scores(aws, endpoint(aws, "first", uri, SAGEMAKER_INFERENCE_ENSEMBLE="false")) == scores(aws, served)


def test_an_archive_without_a_model_does_not_come_into_service(aws: LocalAws) -> None:
    for number, files in enumerate(({}, {"xgboost-model": "no model"}, {"xgboost-model": pickle.dumps({}, 0).decode()})):
        uri = put(aws, f"models/broken-{number}.tar.gz", tarred(files))
        container = {"Image": URI, "ModelDataUrl": uri}
        aws.client("sagemaker").create_model(ModelName=f"broken-{number}", ExecutionRoleArn=ROLE, PrimaryContainer=container)
        assert create(aws, f"broken-{number}", config(aws, f"broken-{number}", **{f"broken-{number}": 1})) == "Failed"


def test_user_code_gets_the_images_own_reading_and_writing(aws: LocalAws, artefact: str, served: str) -> None:
    content = io.BytesIO()
    with (
        tarfile.open(fileobj=content, mode="w:gz") as archive,
        tarfile.open(fileobj=io.BytesIO(get(aws, artefact.removeprefix("s3://data/")))) as model,
        tarfile.open(fileobj=io.BytesIO(tarred({"code/inference.py": INFERENCE}))) as code,
    ):
        for source in (model, code):
            for member in source.getmembers():
                archive.addfile(member, source.extractfile(member))
    uri = put(aws, "models/coded.tar.gz", content.getvalue())
    name = endpoint(aws, "coded", uri, SAGEMAKER_PROGRAM="inference.py", PYTHONPATH="/opt/ml/model/code")
    assert scores(aws, name, BODY.strip(), Accept="text/csv") == scores(aws, served)
    assert json.loads(invoke(aws, name, BODY.strip(), Accept="application/json")["Body"]) == scores(aws, served)


def test_a_pipeline_trains_makes_a_model_and_transforms(aws: LocalAws, served: str) -> None:
    put(aws, "xgb/batch/rows.csv", BODY)
    source = {
        "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://data/xgb/batch"}},
        "ContentType": "text/csv",
        "SplitType": "Line",
    }
    steps = [
        {"Name": "Train", "Type": "Training", "Arguments": job(channels(aws), BINARY)},
        {
            "Name": "Make",
            "Type": "Model",
            "Arguments": {
                "ExecutionRoleArn": ROLE,
                "PrimaryContainer": {"Image": URI, "ModelDataUrl": wanted("Steps.Train.ModelArtifacts.S3ModelArtifacts")},
            },
        },
        {
            "Name": "Score",
            "Type": "Transform",
            "Arguments": {
                "ModelName": wanted("Steps.Make.ModelName"),
                "TransformInput": source,
                "TransformOutput": {"S3OutputPath": "s3://data/xgb/scored", "AssembleWith": "Line", "Accept": "text/csv"},
                "TransformResources": {"InstanceCount": 1, "InstanceType": "ml.m5.large"},
            },
        },
    ]
    ended, found = run(aws, *steps)
    assert ended == "Succeeded", found
    assert [float(line) for line in get(aws, "xgb/scored/rows.csv.out").decode().splitlines()] == scores(aws, served)


def tuning(aws: LocalAws, objective: str, **config: Any) -> dict[str, Any]:
    given = job(channels(aws), {k: v for k, v in BINARY.items() if k not in ("eval_metric", "max_depth")})
    return {
        "HyperParameterTuningJobConfig": {
            "Strategy": "Random",
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 3, "MaxParallelTrainingJobs": 2},
            "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": objective},
            "ParameterRanges": {"IntegerParameterRanges": [{"Name": "max_depth", "MinValue": "1", "MaxValue": "6"}]},
            **config,
        },
        "TrainingJobDefinition": {"StaticHyperParameters": given.pop("HyperParameters"), **given},
    }


def test_a_tuning_step_needs_no_metric_definitions(aws: LocalAws) -> None:
    ended, found = run(aws, {"Name": "Tune", "Type": "Tuning", "Arguments": tuning(aws, "validation:auc")})
    assert ended == "Succeeded", found
    name = found["Tune"]["Metadata"]["TuningJob"]["Arn"].rsplit("/", 1)[-1]
    sagemaker = aws.client("sagemaker")
    best = sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)["BestTrainingJob"]
    trials = sagemaker.list_training_jobs_for_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)["TrainingJobSummaries"]
    measured = {t["TrainingJobName"]: finals(sagemaker.describe_training_job(TrainingJobName=t["TrainingJobName"])) for t in trials}
    assert len(measured) == 3
    assert best["FinalHyperParameterTuningJobObjectiveMetric"]["Value"] == max(m["validation:auc"] for m in measured.values())


def test_an_objective_that_the_image_does_not_compute_is_refused(aws: LocalAws) -> None:
    create_job = aws.client("sagemaker").create_hyper_parameter_tuning_job
    _, message = refusal(lambda: create_job(HyperParameterTuningJobName="no-metric", **tuning(aws, "validation:gini")))
    assert "'validation:gini'" in message
    assert "validation:auc" in message
