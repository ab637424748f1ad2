"""The pipelines API: parameters, tokens, definitions from S3, pages, and what is refused."""

import json
import uuid
from functools import partial
from typing import Any

import pytest

from local_aws.aws import LocalAws
from tests.local_aws.definitions import create, definition, fail, processing, start, status, steps_of
from tests.local_aws.support import ROLE, put, refusal

PARAMETERS = [
    {"Name": "size", "Type": "Integer", "DefaultValue": 1},
    {"Name": "ratio", "Type": "Float", "DefaultValue": 0.1},
    {"Name": "flag", "Type": "Boolean", "DefaultValue": False},
    {"Name": "mode", "Type": "String", "DefaultValue": "slow", "EnumValues": ["slow", "fast"]},
    {"Name": "needed", "Type": "String"},
]


def stored(aws: LocalAws, text: str, name: str = "", **extra: Any) -> Any:
    extra = extra or {"PipelineDefinition": text}
    return aws.client("sagemaker").create_pipeline(
        PipelineName=name or f"p-{uuid.uuid4().hex[:8]}", ClientRequestToken=uuid.uuid4().hex, **{"RoleArn": ROLE, **extra}
    )


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "Parameter needed has no default value"),
        ({"needed": "x", "other": "y"}, "Unknown parameters ['other']. The pipeline declares: size, ratio, flag, mode, needed"),
        ({"needed": "x", "size": "many"}, "Parameter size: 'many' is not of type Integer"),
        ({"needed": "x", "ratio": "half"}, "Parameter ratio: 'half' is not of type Float"),
        ({"needed": "x", "flag": "maybe"}, "Parameter flag: 'maybe' is not a Boolean"),
        ({"needed": "x", "mode": "odd"}, "Parameter mode: 'odd' is not one of ['slow', 'fast']"),
    ],
)
def test_parameters_are_checked_before_anything_runs(aws: LocalAws, given: dict[str, str], words: str) -> None:
    name = create(aws, fail("stop", "x"), parameters=PARAMETERS)
    code, message = refusal(lambda: start(aws, name, **given))
    assert (code, message) == ("ValidationException", message)
    assert words in message
    assert aws.client("sagemaker").list_pipeline_executions(PipelineName=name)["PipelineExecutionSummaries"] == []


def test_the_same_token_gives_the_same_execution(aws: LocalAws) -> None:
    name = create(aws, fail("stop", "x"))
    begin = lambda token: aws.client("sagemaker").start_pipeline_execution(PipelineName=name, ClientRequestToken=token)  # noqa: E731
    first, again, other = begin("a" * 32), begin("a" * 32), begin("b" * 32)
    assert first["PipelineExecutionArn"] == again["PipelineExecutionArn"] != other["PipelineExecutionArn"]
    aws.settle()


def test_a_pipeline_is_started_by_its_arn_too(aws: LocalAws) -> None:
    name = create(aws, fail("stop", "x"))
    arn = start(aws, aws.client("sagemaker").describe_pipeline(PipelineName=name)["PipelineArn"])
    aws.settle()
    assert status(aws, arn) == "Failed"


@pytest.mark.parametrize(
    ("step", "words"),
    [
        ({"Name": "odd", "Type": "EMR", "Arguments": {}}, "pipeline steps of type 'EMR' (step 'odd'"),
        (processing("a", DependsOn=["b"]), "depends on the step 'b', which does not exist"),
    ],
)
def test_a_bad_definition_is_refused_and_not_stored(aws: LocalAws, step: dict[str, Any], words: str) -> None:
    assert words in refusal(lambda: stored(aws, definition(step), name="bad"))[1]
    assert refusal(lambda: aws.client("sagemaker").describe_pipeline(PipelineName="bad"))[0] == "ResourceNotFound"


def test_a_definition_is_read_from_s3_and_a_missing_one_is_named(aws: LocalAws) -> None:
    put(aws, "p.json", definition(fail("stop", "from s3")))
    stored(aws, "", name="from-s3", PipelineDefinitionS3Location={"Bucket": "data", "ObjectKey": "p.json"})
    assert "from s3" in aws.client("sagemaker").describe_pipeline(PipelineName="from-s3")["PipelineDefinition"]
    code, message = refusal(lambda: stored(aws, "", PipelineDefinitionS3Location={"Bucket": "data", "ObjectKey": "none.json"}))
    assert code == "ValidationException"
    assert "s3://data/none.json" in message


def test_a_role_that_does_not_exist_is_refused_and_changes_nothing(aws: LocalAws) -> None:
    nobody = "arn:aws:iam::123456789012:role/nobody"
    body = definition(fail("stop", "x"))
    assert "Could not assume role" in refusal(lambda: stored(aws, "", RoleArn=nobody, PipelineDefinition=body))[1]
    name = create(aws, fail("stop", "old"))
    update = lambda: aws.client("sagemaker").update_pipeline(PipelineName=name, RoleArn=nobody, PipelineDefinition=body)  # noqa: E731
    assert "Could not assume role" in refusal(update)[1]
    assert "old" in aws.client("sagemaker").describe_pipeline(PipelineName=name)["PipelineDefinition"]


def test_an_execution_keeps_the_definition_it_was_started_with(aws: LocalAws) -> None:
    sagemaker = aws.client("sagemaker")
    name = create(aws, fail("stop", "old"))
    arn = start(aws, name)
    sagemaker.update_pipeline(PipelineName=name, PipelineDefinition=definition(fail("stop", "new")))
    newer = start(aws, name)
    aws.settle()
    assert (steps_of(aws, arn)["stop"]["FailureReason"], steps_of(aws, newer)["stop"]["FailureReason"]) == ("old", "new")
    kept = json.loads(sagemaker.describe_pipeline_definition_for_execution(PipelineExecutionArn=arn)["PipelineDefinition"])
    assert kept["Steps"][0]["Arguments"]["ErrorMessage"] == "old"


def test_lists_come_in_pages_newest_first(aws: LocalAws) -> None:
    sagemaker = aws.client("sagemaker")
    name = create(aws, *(processing(f"s{i}", DependsOn=["s9"]) for i in range(3)), fail("s9", "x"))
    arns = [start(aws, name) for _ in range(5)]
    aws.settle()
    pages = list(sagemaker.get_paginator("list_pipeline_executions").paginate(PipelineName=name, PaginationConfig={"PageSize": 2}))
    assert [len(p["PipelineExecutionSummaries"]) for p in pages] == [2, 2, 1]
    assert [e["PipelineExecutionArn"] for p in pages for e in p["PipelineExecutionSummaries"]] == arns[::-1]
    oldest = sagemaker.list_pipeline_executions(PipelineName=name, SortOrder="Ascending", MaxResults=1)["PipelineExecutionSummaries"]
    assert oldest[0]["PipelineExecutionArn"] == arns[0]
    for wrong in ("junk", "LTU="):  # the latter is -5
        listed = partial(sagemaker.list_pipeline_executions, PipelineName=name, NextToken=wrong)
        assert refusal(listed)[0] == "ValidationException"


def test_names_are_unique_and_what_is_gone_is_gone(aws: LocalAws) -> None:
    name = create(aws, fail("stop", "x"))
    assert "must be unique" in refusal(lambda: create(aws, fail("stop", "x"), name=name))[1]
    aws.client("sagemaker").delete_pipeline(PipelineName=name, ClientRequestToken="d" * 32)
    assert refusal(lambda: start(aws, name))[0] == "ResourceNotFound"


def test_a_running_pipeline_is_not_deleted(aws: LocalAws) -> None:
    sagemaker = aws.client("sagemaker")
    name = create(aws, processing("long", "import time; time.sleep(30)"))
    arn = start(aws, name)
    code, message = refusal(lambda: sagemaker.delete_pipeline(PipelineName=name, ClientRequestToken="d" * 32))
    assert code == "ConflictException"
    assert arn in message
    sagemaker.stop_pipeline_execution(PipelineExecutionArn=arn, ClientRequestToken="s" * 32)
    aws.settle(20)


def test_what_is_not_emulated_is_refused(aws: LocalAws) -> None:
    name = create(aws, fail("stop", "x"))
    begin = lambda: aws.client("sagemaker").start_pipeline_execution(PipelineName=name, PipelineVersionId=1)  # noqa: E731
    assert refusal(begin)[0] == "LocalAwsUnsupported"
