"""Values at run time: references, Join, JsonGet, and paths whose missing part is named."""

from typing import Any

import pytest

from local_aws.sagemaker.pipelines.resolve import ResolveError, Scope, resolve, walk

PROPERTIES = {
    "ModelArtifacts": {"S3ModelArtifacts": "s3://b/m.tar.gz"},
    "ProcessingOutputConfig": {"Outputs": [{"OutputName": "train", "S3Output": {"S3Uri": "s3://b/train"}}, {"OutputName": "test"}]},
    "FinalMetricDataList": [{"MetricName": "auc", "Value": 0.9}],
}
SCOPE = Scope(
    {"n": 3, "flag": True, "word": "w"},
    {"PipelineName": "p"},
    {"fit": PROPERTIES}.__getitem__,
    lambda step, name: {"step": step, "name": name, "a.b": {"c": [1, 2]}},
    lambda uri: {"uri": uri},
)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("Parameters.n", 3),
        ("Execution.PipelineName", "p"),
        ("Steps.fit.ModelArtifacts.S3ModelArtifacts", "s3://b/m.tar.gz"),
        ("Steps.fit.ProcessingOutputConfig.Outputs['train'].S3Output.S3Uri", "s3://b/train"),
        ("Steps.fit.ProcessingOutputConfig.Outputs[1].OutputName", "test"),
        ("Steps.fit.FinalMetricDataList['auc'].Value", 0.9),
    ],
)
def test_a_reference_is_replaced_wherever_it_stands(path: str, value: Any) -> None:
    assert resolve({"deep": [{"Get": path}, "text"]}, SCOPE) == {"deep": [value, "text"]}


def test_join_turns_everything_into_text_as_json_would() -> None:
    values = ["a", {"Get": "Parameters.n"}, {"Get": "Parameters.flag"}, 0.5, {"Std:Join": {"On": "-", "Values": [1, 2]}}]
    assert resolve({"Std:Join": {"On": "/", "Values": values}}, SCOPE) == "a/3/true/0.5/1-2"


@pytest.mark.parametrize("file", ["Steps.fit.PropertyFiles.report", {"Get": "Steps.fit.PropertyFiles.report"}])
def test_json_get_reads_a_property_file(file: Any) -> None:
    get = lambda path: resolve({"Std:JsonGet": {"PropertyFile": file, "Path": path}}, SCOPE)  # noqa: E731
    assert (get("step"), get("name"), get("['a.b'].c[1]")) == ("fit", "report", 2)


def test_json_get_reads_what_lies_at_a_uri() -> None:
    uri = {"Std:Join": {"On": "/", "Values": ["s3://b", {"Get": "Parameters.word"}]}}
    assert resolve({"Std:JsonGet": {"S3Uri": uri, "Path": "uri"}}, SCOPE) == "s3://b/w"
    with pytest.raises(ResolveError, match="JsonGet of s3://b/w: 'nope' does not exist"):
        resolve({"Std:JsonGet": {"S3Uri": uri, "Path": "nope"}}, SCOPE)


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("ModelArtifacts.Other", "Other"),
        ("FinalMetricDataList[3]", "[3]"),
        ("FinalMetricDataList['f1']", "['f1']"),
        ("ModelArtifacts.S3ModelArtifacts.x", "x"),
    ],
)
def test_a_missing_part_is_named(path: str, part: str) -> None:
    with pytest.raises(ResolveError) as caught:
        walk(PROPERTIES, path)
    assert str(caught.value) == f"{path!r} does not exist: {part!r} was not found"


def test_a_path_that_cannot_be_read_is_shown() -> None:
    with pytest.raises(ResolveError, match="cannot be read at '\\.\\*'"):
        walk({"a": [1]}, "a.*")
