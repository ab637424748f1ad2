"""Batch transforms: what their data capture leaves behind, and what it does to the output."""

import json
import re
from datetime import UTC
from typing import Any

import pytest

from local_aws.aws import LocalAws
from tests.local_aws.endpoints import QUICK, model
from tests.local_aws.support import BUCKET, get, keys, put, refusal, until

ECHO = """
def model_fn(folder):
    return None

def transform_fn(model, body, content_type, accept):
    text = body if isinstance(body, str) else body.decode()
    if accept == "text/csv":
        return "".join(f"{line},0.5\\n" for line in text.splitlines()), accept
    return "".join('{"label": "%s"}\\n' % line for line in text.splitlines()), accept
"""


@pytest.fixture(scope="module")
def echo(aws: LocalAws) -> str:
    put(aws, "rows/a.csv", "1\n2\n")
    put(aws, "rows/deep/b.csv", "3\n")
    return model(aws, "echo", code=ECHO, **QUICK)


def transform(aws: LocalAws, name: str, accept: str, *, ids: bool, source: str = "rows/", **output: Any) -> dict[str, Any]:
    sagemaker = aws.client("sagemaker")
    sagemaker.create_transform_job(
        TransformJobName=name,
        ModelName="echo",
        TransformInput={
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/{source}"}},
            "ContentType": "text/csv",
            "SplitType": "Line",
        },
        TransformOutput={"S3OutputPath": f"s3://{BUCKET}/out/{name}", "Accept": accept, "AssembleWith": "Line", **output},
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
        DataCaptureConfig={"DestinationS3Uri": f"s3://{BUCKET}/captured/{name}", "GenerateInferenceId": ids},
    )
    describe = lambda: sagemaker.describe_transform_job(TransformJobName=name)  # noqa: E731
    return dict(until(lambda: (d := describe())["TransformJobStatus"] in ("Completed", "Failed") and d))


def manifest(aws: LocalAws, name: str, side: str) -> list[Any]:
    (key,) = keys(aws, f"captured/{name}/{side}/")
    return list(json.loads(get(aws, key)))


def test_manifests_list_what_was_read_and_written_by_the_hour_of_the_start(aws: LocalAws, echo: str) -> None:
    job = transform(aws, "plain", "text/csv", ids=False)
    assert job["TransformJobStatus"] == "Completed" and job["DataCaptureConfig"]["GenerateInferenceId"] is False
    assert manifest(aws, "plain", "input") == [{"prefix": f"s3://{BUCKET}/rows/"}, "a.csv", "deep/b.csv"]
    assert manifest(aws, "plain", "output") == [{"prefix": f"s3://{BUCKET}/out/plain/"}, "a.csv.out", "deep/b.csv.out"]
    (key,) = keys(aws, "captured/plain/input/")
    started = job["TransformStartTime"].astimezone(UTC)
    assert re.fullmatch(rf"captured/plain/input/{started:%Y/%m/%d/%H}/[0-9a-f-]{{36}}\.json", key)
    assert get(aws, "out/plain/a.csv.out") == b"1,0.5\n2,0.5\n"


def test_a_prefix_that_is_one_object_is_named_below_its_folder(aws: LocalAws, echo: str) -> None:
    transform(aws, "single", "text/csv", ids=False, source="rows/a.csv")
    assert manifest(aws, "single", "input") == [{"prefix": f"s3://{BUCKET}/rows/"}, "a.csv"]


@pytest.mark.parametrize("accept", ["text/csv", "application/jsonlines"])
def test_ids_and_the_jobs_start_are_appended_to_each_record(aws: LocalAws, echo: str, accept: str) -> None:
    name = accept.replace("/", "-")
    started = f"{transform(aws, name, accept, ids=True)['TransformStartTime'].astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    lines = get(aws, f"out/{name}/a.csv.out").decode().splitlines()
    if accept == "text/csv":
        found = [line.split(",") for line in lines]
        assert [cells[:2] for cells in found] == [["1", "0.5"], ["2", "0.5"]]
        ids, moments = {cells[2] for cells in found}, {cells[3] for cells in found}
    else:
        records = [json.loads(line) for line in lines]
        assert [r["label"] for r in records] == ["1", "2"]
        ids, moments = {r["SageMakerInferenceId"] for r in records}, {r["SageMakerInferenceTime"] for r in records}
    assert len(ids) == 2 and all(len(id) == 36 for id in ids) and moments == {started}


def test_ids_where_none_are_documented_are_refused_by_name(aws: LocalAws, echo: str) -> None:
    code, message = refusal(lambda: transform(aws, "npy", "application/x-npy", ids=True))
    assert code == "LocalAwsUnsupported" and "GenerateInferenceId with Accept 'application/x-npy'" in message
    code, message = refusal(lambda: transform(aws, "whole", "text/csv", ids=True, AssembleWith="None"))
    assert code == "LocalAwsUnsupported" and "AssembleWith None" in message
