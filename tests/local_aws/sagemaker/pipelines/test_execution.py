"""Executions: parallel steps, values, conditions, failures and stopping, with processing jobs that really run."""

import json

import pytest

from local_aws.aws import LocalAws
from tests.local_aws.definitions import OUT, condition, create, fail, processing, run, say, start, status, steps_of, wanted
from tests.local_aws.support import emitted, get, put, refusal, until

EQUAL = {"Type": "Equals", "LeftValue": 1, "RightValue": 1}


def said(aws: LocalAws, step: str) -> str:
    return get(aws, f"out/{step}/said").decode()


def test_parallel_branches_overlap_in_time_and_a_join_waits_for_both(aws: LocalAws) -> None:
    nap = "import time; time.sleep(0.4)"
    outcome, steps = run(aws, processing("left", nap), processing("right", nap), processing("join", DependsOn=["left", "right"]))
    assert outcome == "Succeeded"
    left, right, join = steps["left"], steps["right"], steps["join"]
    assert max(left["StartTime"], right["StartTime"]) < min(left["EndTime"], right["EndTime"])
    assert join["StartTime"] >= max(left["EndTime"], right["EndTime"])
    assert join["Metadata"]["ProcessingJob"]["Arn"].startswith("arn:aws:sagemaker:us-east-1:123456789012:processing-job/pipelines-")


def test_a_step_name_with_an_underscore_is_a_dependency_too(aws: LocalAws) -> None:
    uri = wanted("Steps.first_one.ProcessingOutputConfig.Outputs['out'].S3Output.S3Uri")
    outcome, _ = run(aws, processing("first_one"), processing("second", say("SAID"), environment={"SAID": uri}))
    assert outcome == "Succeeded"
    assert said(aws, "second") == "s3://data/out/first_one"


def test_values_come_from_parameters_variables_joins_and_other_steps(aws: LocalAws) -> None:
    text = {
        "Std:Join": {
            "On": "|",
            "Values": [
                wanted("Parameters.word"), wanted("Parameters.count"), wanted("Parameters.ratio"), wanted("Parameters.flag"),
                wanted("Execution.PipelineExecutionId"), wanted("Steps.a.ProcessingJobStatus"),
            ],
        }
    }  # fmt: skip
    parameters = [
        {"Name": "word", "Type": "String"},
        {"Name": "count", "Type": "Integer", "DefaultValue": 3},
        {"Name": "ratio", "Type": "Float", "DefaultValue": 0.5},
        {"Name": "flag", "Type": "Boolean", "DefaultValue": True},
    ]
    name = create(aws, processing("a"), processing("values", say("SAID"), environment={"SAID": text}), parameters=parameters)
    arn = start(aws, name, word="hello", count="7")
    aws.settle()
    assert status(aws, arn) == "Succeeded"
    assert said(aws, "values") == f"hello|7|0.5|true|{arn.rsplit('/', 1)[-1]}|Completed"
    listed = aws.client("sagemaker").list_pipeline_parameters_for_execution(PipelineExecutionArn=arn)["PipelineParameters"]
    assert {p["Name"]: p["Value"] for p in listed} == {"word": "hello", "count": "7", "ratio": "0.5", "flag": "true"}


def measured(report: object) -> dict:
    code = f"open('{OUT}/report.json', 'w').write({json.dumps(report)!r})"
    return processing("measure", code, PropertyFiles=[{"PropertyFileName": "report", "OutputName": "out", "FilePath": "report.json"}])


def score(path: str) -> dict:
    return {"Std:JsonGet": {"PropertyFile": wanted("Steps.measure.PropertyFiles.report"), "Path": path}}


@pytest.mark.parametrize(("value", "taken", "left_out"), [(0.9, "good", "bad"), (0.2, "bad", "good")])
def test_a_condition_on_a_property_file_takes_one_branch(aws: LocalAws, value: float, taken: str, left_out: str) -> None:
    check = {"Type": "GreaterThanOrEqualTo", "LeftValue": score("metrics.auc[0].value"), "RightValue": 0.8}
    outcome, steps = run(
        aws, measured({"metrics": {"auc": [{"value": value}]}}), condition("gate", check, yes=[processing("good")], no=[processing("bad")])
    )
    assert outcome == "Succeeded"
    assert steps["gate"]["Metadata"]["Condition"]["Outcome"] == str(taken == "good")
    assert taken in steps
    assert left_out not in steps


def test_a_missing_path_of_a_property_file_fails_the_step_by_name(aws: LocalAws) -> None:
    outcome, steps = run(aws, measured({"metrics": {}}), condition("gate", {**EQUAL, "LeftValue": score("metrics.auc.value")}))
    assert outcome == "Failed"
    reason = steps["gate"]["FailureReason"]
    assert "JsonGet of property file 'report' of step 'measure'" in reason
    assert "'auc' was not found" in reason


def test_a_property_file_that_was_not_written_fails_with_its_address(aws: LocalAws) -> None:
    step = processing("measure", PropertyFiles=[{"PropertyFileName": "report", "OutputName": "out", "FilePath": "absent.json"}])
    _, steps = run(aws, step, condition("gate", {**EQUAL, "LeftValue": score("x")}))
    assert "s3://data/out/measure/absent.json cannot be read" in steps["gate"]["FailureReason"]


def test_a_fail_step_ends_the_execution_with_its_message(aws: LocalAws) -> None:
    message = {"Std:Join": {"On": " ", "Values": ["too", wanted("Parameters.how")]}}
    parameters = [{"Name": "how", "Type": "String", "DefaultValue": "bad"}]
    name = create(aws, condition("gate", EQUAL, yes=[fail("stop", message)]), parameters=parameters)
    arn = start(aws, name)
    aws.settle()
    described = aws.client("sagemaker").describe_pipeline_execution(PipelineExecutionArn=arn)
    assert described["PipelineExecutionStatus"] == "Failed"
    assert described["FailureReason"] == "Step failure: One or multiple steps failed."
    step = steps_of(aws, arn)["stop"]
    assert (step["StepStatus"], step["FailureReason"]) == ("Failed", "too bad")
    assert step["Metadata"]["Fail"]["ErrorMessage"] == "too bad"


def test_a_failing_step_stops_the_rest_and_tells_why(aws: LocalAws) -> None:
    code = "import os, sys; os.makedirs('/opt/ml/output', exist_ok=True); open('/opt/ml/output/message','w').write('no rows'); sys.exit(4)"
    outcome, steps = run(aws, processing("broken", code), processing("after", DependsOn=["broken"]))
    assert outcome == "Failed"
    assert set(steps) == {"broken"}
    assert steps["broken"]["FailureReason"] == "AlgorithmError: no rows, exit code: 4"


def test_a_call_that_sagemaker_refuses_is_the_reason(aws: LocalAws) -> None:
    step = processing("refused")
    step["Arguments"]["RoleArn"] = "arn:aws:iam::123456789012:role/nobody"
    outcome, steps = run(aws, step)
    assert outcome == "Failed"
    assert steps["refused"]["FailureReason"].startswith(
        "ClientError: Failed to invoke CreateProcessingJob. Error Details: Could not assume role"
    )


def test_stopping_ends_the_running_job_and_starts_nothing_more(aws: LocalAws) -> None:
    arn = start(aws, create(aws, processing("long", "import time; time.sleep(60)"), processing("never", DependsOn=["long"])))
    until(lambda: steps_of(aws, arn).get("long", {}).get("Metadata"))
    aws.client("sagemaker").stop_pipeline_execution(PipelineExecutionArn=arn, ClientRequestToken="t" * 32)
    aws.settle(20)
    assert status(aws, arn) == "Stopped"
    steps = steps_of(aws, arn)
    assert set(steps) == {"long"}
    assert steps["long"]["StepStatus"] == "Stopped"
    job = steps["long"]["Metadata"]["ProcessingJob"]["Arn"].rsplit("/", 1)[-1]
    assert aws.client("sagemaker").describe_processing_job(ProcessingJobName=job)["ProcessingJobStatus"] == "Stopped"
    code, message = refusal(lambda: aws.client("sagemaker").stop_pipeline_execution(PipelineExecutionArn=arn, ClientRequestToken="u" * 32))
    assert (code, "Stopped" in message) == ("ValidationException", True)


def test_a_job_that_somebody_stops_does_not_let_the_execution_succeed(aws: LocalAws) -> None:
    arn = start(aws, create(aws, processing("long", "import time; time.sleep(60)"), processing("after", DependsOn=["long"])))
    step = until(lambda: steps_of(aws, arn).get("long", {}).get("Metadata"))
    aws.client("sagemaker").stop_processing_job(ProcessingJobName=step["ProcessingJob"]["Arn"].rsplit("/", 1)[-1])
    aws.settle(20)
    assert status(aws, arn) == "Stopped"


def test_a_model_is_registered_from_a_steps_output(aws: LocalAws) -> None:
    put(aws, "model.tar.gz", b"x")
    aws.client("sagemaker").create_model_package_group(ModelPackageGroupName="group")
    arguments = {
        "ModelPackageGroupName": "group",
        "InferenceSpecification": {
            "Containers": [{"Image": "i", "ModelDataUrl": "s3://data/model.tar.gz"}],
            "SupportedContentTypes": ["text/csv"],
        },
        "ModelApprovalStatus": "PendingManualApproval",
    }
    outcome, steps = run(aws, {"Name": "register", "Type": "RegisterModel", "Arguments": arguments})
    assert outcome == "Succeeded"
    assert steps["register"]["Metadata"]["RegisterModel"]["Arn"].endswith(":model-package/group/1")


def test_executions_and_their_steps_are_on_the_bus(aws: LocalAws) -> None:
    arn = start(aws, create(aws, processing("one")))
    aws.settle()
    kind = "SageMaker Model Building Pipeline Execution Status Change"
    executions = emitted(aws, kind, pipelineExecutionArn=arn)
    assert [e["currentPipelineExecutionStatus"] for e in executions] == ["Executing", "Succeeded"]
    assert executions[-1]["previousPipelineExecutionStatus"] == "Executing"
    assert executions[-1]["executionEndTime"] >= executions[-1]["executionStartTime"]
    steps = emitted(aws, kind.replace("Status", "Step Status"), pipelineExecutionArn=arn)
    assert [(s["stepName"], s["previousStepStatus"], s["currentStepStatus"]) for s in steps] == [
        ("one", "Starting", "Executing"),
        ("one", "Executing", "Succeeded"),
    ]
    assert steps[-1]["metadata"]["processingJob"]["arn"].startswith("arn:aws:sagemaker:")


def test_everything_is_done_as_the_pipelines_role(aws: LocalAws) -> None:
    aws.journal.clear()
    run(aws, processing("one"))
    (call,) = aws.journal.calls("sagemaker", "CreateProcessingJob")
    assert call.role == "tester"
    assert ("iam:PassRole", {"iam:PassedToService": "sagemaker.amazonaws.com"}) in [(a.action, a.context) for a in call.accesses]
