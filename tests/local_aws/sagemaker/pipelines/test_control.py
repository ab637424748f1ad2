"""Steering executions: triggers, parallelism, retry, selective execution."""

import itertools
import uuid
from typing import Any

from local_aws.aws import LocalAws
from tests.local_aws.definitions import OUT, create, processing, run, start, status, steps_of, wanted
from tests.local_aws.support import put, refusal, until

WAIT = "import time; time.sleep(0.6)"
FAIL_ONCE = """
import boto3
s3 = boto3.client("s3")
if not s3.list_objects_v2(Bucket="data", Prefix="mended").get("KeyCount"):
    raise SystemExit(3)
"""
TELL = f"import os; open('{OUT}/said', 'w').write(os.environ['SAID'])"


def on(step: str, trigger: str) -> list[dict[str, str]]:
    return [{"Step": step, "Trigger": trigger}]


def test_a_step_that_waits_for_a_failure_handles_it(aws: LocalAws) -> None:
    steps = [
        processing("Bad", "raise SystemExit(1)"),
        processing("Mend", DependsOn=on("Bad", "Failed")),
        processing("Always", DependsOn=on("Bad", "Any")),
        processing("Then", DependsOn=["Mend"]),
        processing("Never", DependsOn=["Bad"]),
    ]
    ended, found = run(aws, *steps)
    assert ended == "CompletedWithFailures"
    assert {n: s["StepStatus"] for n, s in found.items()} == {
        "Bad": "Failed", "Mend": "Succeeded", "Always": "Succeeded", "Then": "Succeeded",
    }  # fmt: skip
    ended, found = run(aws, processing("Good"), processing("Mend", DependsOn=on("Good", "Failed")))
    assert (ended, set(found)) == ("Succeeded", {"Good"})
    code, message = refusal(lambda: create(aws, processing("A"), processing("B", DependsOn=on("A", "Sometimes"))))
    assert (code, "unknown trigger 'Sometimes'" in message) == ("ValidationException", True)


def test_parallelism_bounds_what_runs_at_once(aws: LocalAws) -> None:
    name = create(aws, *(processing(f"S{i}", WAIT) for i in range(3)))
    sagemaker = aws.client("sagemaker")
    limit = {"MaxParallelExecutionSteps": 1}
    arn = sagemaker.start_pipeline_execution(PipelineName=name, ParallelismConfiguration=limit)["PipelineExecutionArn"]
    aws.settle()
    found = sorted(steps_of(aws, arn).values(), key=lambda s: s["StartTime"])
    assert all(before["EndTime"] <= after["StartTime"] for before, after in itertools.pairwise(found))
    assert len(found) == 3
    assert sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)["ParallelismConfiguration"] == limit


def test_a_retry_runs_what_did_not_succeed_and_nothing_else(aws: LocalAws) -> None:
    name = create(aws, processing("First"), processing("Second", FAIL_ONCE, DependsOn=["First"]), processing("Third", DependsOn=["Second"]))
    arn = start(aws, name)
    aws.settle()
    assert status(aws, arn) == "Failed"
    first = steps_of(aws, arn)["First"]
    put(aws, "mended", "yes")
    sagemaker = aws.client("sagemaker")
    token = uuid.uuid4().hex
    for _ in range(2):  # the same token is the same retry
        sagemaker.retry_pipeline_execution(PipelineExecutionArn=arn, ClientRequestToken=token)
    aws.settle()
    assert status(aws, arn) == "Succeeded"
    found = steps_of(aws, arn)
    assert found["First"] == first
    assert {n: s["StepStatus"] for n, s in found.items()} == dict.fromkeys(("First", "Second", "Third"), "Succeeded")
    again: Any = lambda: sagemaker.retry_pipeline_execution(PipelineExecutionArn=arn, ClientRequestToken=uuid.uuid4().hex)  # noqa: E731
    assert "Only executions with status Failed or Stopped" in refusal(again)[1]


def test_selected_steps_run_on_what_another_execution_left(aws: LocalAws) -> None:
    uri = wanted("Steps.Make.ProcessingOutputConfig.Outputs['out'].S3Output.S3Uri")
    name = create(aws, processing("Make"), processing("Tell", TELL, environment={"SAID": uri}), processing("Last", DependsOn=["Tell"]))
    source = start(aws, name)
    aws.settle()
    sagemaker = aws.client("sagemaker")
    config = {"SourcePipelineExecutionArn": source, "SelectedSteps": [{"StepName": "Tell"}]}
    begin: Any = lambda c: sagemaker.start_pipeline_execution(PipelineName=name, SelectiveExecutionConfig=c)["PipelineExecutionArn"]  # noqa: E731
    arn = begin(config)
    until(lambda: status(aws, arn) == "Succeeded")
    found = steps_of(aws, arn)
    assert set(found) == {"Make", "Tell"}
    assert found["Make"]["SelectiveExecutionResult"] == {"SourcePipelineExecutionArn": source}
    assert "SelectiveExecutionResult" not in found["Tell"]
    assert sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)["SelectiveExecutionConfig"] == config
    assert "does not have: Nope" in refusal(lambda: begin({**config, "SelectedSteps": [{"StepName": "Nope"}]}))[1]
    missing = {"SourcePipelineExecutionArn": arn, "SelectedSteps": [{"StepName": "Last"}]}
    assert status(aws, begin(missing)) in ("Executing", "Succeeded")  # Tell succeeded there
    aws.settle()
