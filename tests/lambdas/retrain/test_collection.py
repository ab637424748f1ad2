"""The collecting job, and what counts as a label."""

import json
from dataclasses import fields
from typing import Any

import pytest

from interfaces.function_env import RetrainEnv
from lambdas.retrain import collection

ENV = RetrainEnv(**{f.name: 1.0 if f.type is float else f.name for f in fields(RetrainEnv)})


def truth(data: str, encoding: str = "CSV") -> bytes:
    return json.dumps({"groundTruthData": {"data": data, "encoding": encoding}, "eventMetadata": {"eventId": "a"}}).encode()


@pytest.mark.parametrize(
    ("line", "count"),
    [
        (truth("1"), 1),
        (truth("1\n0\n1\n"), 3),
        (truth("[0, 1]", "JSON"), 2),
        (truth('{"instances": [{"label": 0}, {"label": 1}]}', "JSON"), 2),
        (truth('{"label": 0}', "JSON"), 1),
        (b"not json", 0),
        (b"{}", 0),
        (b"", 0),
    ],
)
def test_a_line_labels_as_many_rows_as_it_has_labels(line: bytes, count: int) -> None:
    assert collection.labels_in(line) == count


def request(**manifests: str) -> dict[str, Any]:
    return collection.request(ENV, "job", "r1", "v1", manifests)


def test_the_job_is_isolated_and_encrypted_and_lands_where_ingest_looks() -> None:
    made = request(capture="s3://d/c.manifest", labels="s3://d/l.manifest")
    assert made["NetworkConfig"] == {"EnableNetworkIsolation": True}
    assert made["ProcessingResources"]["ClusterConfig"]["VolumeKmsKeyId"] == made["ProcessingOutputConfig"]["KmsKeyId"] == "key_arn"
    uris = {o["OutputName"]: o["S3Output"]["S3Uri"] for o in made["ProcessingOutputConfig"]["Outputs"]}
    assert uris == {"output": "s3://landing_bucket/drops/retrain-r1", "report": "s3://data_bucket/collected/r1"}


def test_only_listed_files_are_read_and_every_input_has_its_option() -> None:
    made = request(capture="s3://d/c.manifest", labels="")
    kinds = {i["InputName"]: i["S3Input"]["S3DataType"] for i in made["ProcessingInputs"]}
    assert kinds == {"code": "S3Prefix", "manifest": "S3Prefix", "dataset": "S3Prefix", "capture": "ManifestFile"}
    words = made["AppSpecification"]["ContainerArguments"]
    assert words[words.index("--capture") + 1] == "/opt/ml/processing/input/capture" and "--labels" not in words


def test_drops_and_jobs_name_their_run() -> None:
    assert collection.run_of(collection.drop("r1")) == collection.run_of(collection.job_name("loans-dev", "r1")) == "r1"
    assert collection.run_of("first") == ""
