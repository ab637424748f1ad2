"""Every execution ends, whatever goes wrong in it, and what it leaves goes with its pipeline."""

import json
import uuid
from typing import Any

import pytest

from local_aws.aws import LocalAws
from local_aws.sagemaker.pipelines import execution
from tests.local_aws.definitions import OUT, create, definition, fail, processing, run, start, status, steps_of, wanted
from tests.local_aws.support import ROLE, put, refusal

REPORT = [{"PropertyFileName": "report", "OutputName": "out", "FilePath": "r.json"}]


def found_in_report(path: str) -> dict[str, Any]:
    return {"Std:JsonGet": {"PropertyFile": {"Get": "Steps.Make.PropertyFiles.report"}, "Path": path}}


@pytest.mark.parametrize(("message", "reason"), [(wanted("Parameters.N"), "3"), (wanted("Parameters.F"), "true")])
def test_a_message_that_is_no_text_is_told_as_text(aws: LocalAws, message: Any, reason: str) -> None:
    parameters = [{"Name": "N", "Type": "Integer", "DefaultValue": 3}, {"Name": "F", "Type": "Boolean", "DefaultValue": True}]
    outcome, steps = run(aws, fail("Boom", message), parameters=parameters)
    assert (outcome, steps["Boom"]["FailureReason"]) == ("Failed", reason)
    assert steps["Boom"]["Metadata"] == {"Fail": {"ErrorMessage": reason}}


def test_a_message_may_be_a_number_or_nothing_in_a_report(aws: LocalAws) -> None:
    code = f"open('{OUT}/r.json', 'w').write('{json.dumps({'n': 0.5, 'none': None})}')"
    for path, reason in (("n", "0.5"), ("none", "null")):
        outcome, steps = run(aws, processing("Make", code, PropertyFiles=REPORT), fail("Boom", found_in_report(path)))
        assert (outcome, steps["Boom"]["FailureReason"]) == ("Failed", reason)


@pytest.mark.parametrize("moment", ["Starting", "Executing"])
def test_an_execution_ends_when_its_steps_cannot_be_announced(aws: LocalAws, monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    def announce(of: Any, run: Any, previous: str) -> None:
        if previous == moment:
            raise TypeError("no event")

    monkeypatch.setattr(execution, "step_changed", announce)
    outcome, steps = run(aws, processing("One"), processing("Two", DependsOn=["One"]))
    assert outcome == "Failed"
    assert moment != "Starting" or "TypeError('no event')" in steps["One"]["FailureReason"]


@pytest.mark.parametrize("kinds", ["Step.SERVICE_FAULT", ["Step.SERVICE_FAULT"]])
def test_a_failure_that_no_policy_names_is_not_tried_again(aws: LocalAws, kinds: Any) -> None:
    policy = {"ExceptionType": kinds, "IntervalSeconds": 0, "MaxAttempts": 2}
    outcome, steps = run(aws, processing("One", "raise SystemExit(3)", RetryPolicies=[policy]))
    assert (outcome, steps["One"]["AttemptCount"]) == ("Failed", 1)


@pytest.mark.parametrize("name", ["Short", "A-name-that-is-cut-at-thirty-characters"])
def test_the_name_that_a_step_is_told_is_the_name_of_its_job(aws: LocalAws, name: str) -> None:
    outcome, steps = run(aws, processing(name, environment={"JOB": wanted("Execution.ProcessingJobName")}))
    job = steps[name]["Metadata"]["ProcessingJob"]["Arn"].rsplit("/", 1)[-1]
    described = aws.client("sagemaker").describe_processing_job(ProcessingJobName=job)
    assert (outcome, described["Environment"]) == ("Succeeded", {"JOB": job})


def test_executions_and_tokens_go_with_their_pipeline(aws: LocalAws) -> None:
    sagemaker, name, token = aws.client("sagemaker"), f"p-{uuid.uuid4().hex[:8]}", uuid.uuid4().hex
    make: Any = lambda: sagemaker.create_pipeline(  # noqa: E731
        PipelineName=name, RoleArn=ROLE, PipelineDefinition=definition(processing("One")), ClientRequestToken=token
    )
    begin: Any = lambda: sagemaker.start_pipeline_execution(PipelineName=name, ClientRequestToken=token)["PipelineExecutionArn"]  # noqa: E731
    make()
    first = begin()
    aws.settle()
    job = steps_of(aws, first)["One"]["Metadata"]["ProcessingJob"]["Arn"].rsplit("/", 1)[-1]
    sagemaker.delete_pipeline(PipelineName=name, ClientRequestToken=token)
    assert refusal(lambda: status(aws, first))[0] == "ResourceNotFound"
    assert sagemaker.describe_processing_job(ProcessingJobName=job)["ProcessingJobStatus"] == "Completed"
    make()
    assert sagemaker.describe_pipeline(PipelineName=name)["PipelineName"] == name
    assert sagemaker.list_pipeline_executions(PipelineName=name)["PipelineExecutionSummaries"] == []
    assert begin() != first
    aws.settle()


def test_a_selection_needs_a_source_for_what_it_builds_on_and_one_of_its_pipeline(aws: LocalAws) -> None:
    sagemaker = aws.client("sagemaker")
    name = create(aws, processing("First"), processing("Second", DependsOn=["First"]))

    def begin(*steps: str, **source: str) -> str:
        config = {"SelectedSteps": [{"StepName": s} for s in steps], **source}
        return str(sagemaker.start_pipeline_execution(PipelineName=name, SelectiveExecutionConfig=config)["PipelineExecutionArn"])

    arn = begin("First")
    aws.settle()
    assert (status(aws, arn), set(steps_of(aws, arn))) == ("Succeeded", {"First"})
    shown = sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)["SelectiveExecutionConfig"]
    assert shown == {"SelectedSteps": [{"StepName": "First"}]}
    assert "SelectedSteps depend on First" in refusal(lambda: begin("Second"))[1]
    other = start(aws, create(aws, processing("First")))
    aws.settle()
    assert (
        f"is not one of arn:aws:sagemaker:us-east-1:123456789012:pipeline/{name}"
        in refusal(lambda: begin("Second", SourcePipelineExecutionArn=other))[1]
    )


def test_a_message_may_lie_in_s3(aws: LocalAws) -> None:
    put(aws, "why.json", json.dumps({"reasons": ["because"]}))
    uri = {"Std:Join": {"On": "/", "Values": ["s3://data", wanted("Parameters.File")]}}
    boom = fail("Boom", {"Std:JsonGet": {"S3Uri": uri, "Path": "reasons[0]"}})
    name = create(aws, boom, parameters=[{"Name": "File", "Type": "String"}])
    found, missing = start(aws, name, File="why.json"), start(aws, name, File="none.json")
    aws.settle()
    assert steps_of(aws, found)["Boom"]["FailureReason"] == "because"
    assert "s3://data/none.json cannot be read" in steps_of(aws, missing)["Boom"]["FailureReason"]
