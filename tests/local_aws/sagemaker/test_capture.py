"""Data capture: what is written where, in the genuine format, and how much of it."""

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest

from local_aws.aws import LocalAws
from tests.local_aws.endpoints import config, create, invoke, model
from tests.local_aws.support import get, keys, refusal, until


def capture(prefix: str, *, percent: int = 100, modes: tuple[str, ...] = ("Input", "Output")) -> dict[str, Any]:
    return {
        "EnableCapture": True,
        "InitialSamplingPercentage": percent,
        "DestinationS3Uri": f"s3://data/{prefix}",
        "CaptureOptions": [{"CaptureMode": m} for m in modes],
        "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"], "JsonContentTypes": ["application/json"]},
    }


def records(aws: LocalAws, prefix: str, count: int) -> list[dict[str, Any]]:
    def found() -> list[dict[str, Any]]:
        return [json.loads(line) for key in keys(aws, prefix) for line in get(aws, key).decode().splitlines()]

    return until(lambda: len(r := found()) >= count and r)  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def endpoint(aws: LocalAws) -> str:
    create(aws, "watched", config(aws, "watched-1", capture("full"), **{model(aws, "m"): 1}))
    return "watched"


def test_a_record_has_the_keys_of_a_genuine_one_in_their_order(aws: LocalAws, endpoint: str, shared: Path) -> None:
    genuine = shared / "reference" / "capture_endpoint_csv.jsonl"
    if not genuine.exists():
        pytest.skip(f"{genuine} is not here: a genuine capture file is not part of the repository")
    invoke(aws, endpoint, "1,2")
    records(aws, "full/", 1)
    line = get(aws, keys(aws, "full/")[0]).decode().splitlines()[0]
    expected = json.loads(genuine.read_text().splitlines()[0])

    def shape(value: Any) -> Any:
        return [(k, shape(v)) for k, v in value.items()] if isinstance(value, dict) else type(value).__name__

    assert shape(json.loads(line)) == shape(expected)
    assert ": " not in line.split('"data"')[0]  # no spaces, as the genuine one
    record = json.loads(line)
    assert record["captureData"]["endpointInput"] == {"observedContentType": "text/csv", "mode": "INPUT", "data": "1,2", "encoding": "CSV"}
    output = record["captureData"]["endpointOutput"]
    assert (output["mode"], output["encoding"], output["data"].split(",")[0]) == ("OUTPUT", "CSV", "hello")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", record["eventMetadata"]["inferenceTime"])


def test_files_lie_by_endpoint_variant_and_hour(aws: LocalAws, endpoint: str) -> None:
    invoke(aws, endpoint)
    records(aws, "full/", 1)
    for key in keys(aws, "full/"):
        assert re.fullmatch(r"full/watched/m/\d{4}/\d\d/\d\d/\d\d/\d\d-\d\d-\d{3}-[0-9a-f-]{36}\.jsonl", key)


def test_ids_and_attributes_are_kept_and_other_bodies_are_encoded(aws: LocalAws, endpoint: str) -> None:
    invoke(aws, endpoint, bytes([1, 255]), ContentType="application/x-npy", InferenceId="id-7", CustomAttributes="a=b")
    invoke(aws, endpoint, '{"x": 1}', ContentType="application/json; charset=utf-8", InferenceId="id-8")
    found = until(lambda: len(r := {x["eventMetadata"].get("inferenceId"): x for x in records(aws, "full/", 1)}) >= 2 and "id-8" in r and r)
    given = found["id-7"]["captureData"]["endpointInput"]
    assert given["encoding"] == "BASE64"
    assert base64.b64decode(given["data"]) == bytes([1, 255])
    assert found["id-7"]["eventMetadata"]["customAttributes"] == ["a=b"]
    assert found["id-8"]["captureData"]["endpointInput"]["encoding"] == "JSON"


def test_errors_of_the_model_are_not_captured(aws: LocalAws, endpoint: str) -> None:
    refusal(lambda: invoke(aws, endpoint, "status 400", InferenceId="failed"))
    invoke(aws, endpoint, InferenceId="after")
    found = until(lambda: "after" in (r := [x["eventMetadata"].get("inferenceId") for x in records(aws, "full/", 1)]) and r)
    assert "failed" not in found


def test_a_sample_of_the_inputs_only(aws: LocalAws) -> None:
    create(aws, "sampled", config(aws, "sampled-1", capture("some", percent=30, modes=("Input",)), **{model(aws, "s"): 1}))
    for number in range(60):
        invoke(aws, "sampled", str(number))
    described = aws.client("sagemaker").describe_endpoint(EndpointName="sampled")["DataCaptureConfig"]
    assert (described["CaptureStatus"], described["CurrentSamplingPercentage"]) == ("Started", 30)
    aws.client("sagemaker").delete_endpoint(EndpointName="sampled")  # what waits is written
    found = records(aws, "some/", 1)
    assert 6 <= len(found) <= 32
    assert {tuple(r["captureData"]) for r in found} == {("endpointInput",)}


def test_without_capture_nothing_is_written(aws: LocalAws, endpoint: str) -> None:
    off = {**capture("off"), "EnableCapture": False}
    create(aws, "silent", config(aws, "silent-1", off, m=1))
    invoke(aws, "silent")
    aws.client("sagemaker").delete_endpoint(EndpointName="silent")
    assert keys(aws, "off") == []
