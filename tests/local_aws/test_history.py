"""What has ended is remembered up to a bound, with its logs, and what is needed or goes on is always there."""

import itertools
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from local_aws.aws import LocalAws
from local_aws.history import forget
from local_aws.sagemaker.pipelines.cache import Hit, StepCache
from tests.local_aws import definitions
from tests.local_aws.definitions import fail, processing, status, steps_of
from tests.local_aws.jobs import start
from tests.local_aws.sagemaker.pipelines.test_steps import tuning
from tests.local_aws.support import ROLE, furnish, put, refusal, tarred, until

KEEP = 3


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAws]:
    """A local AWS that remembers little."""
    with LocalAws(keep=KEEP) as running:
        furnish(running)
        yield running
        assert not running.background.failures


def test_the_oldest_that_have_ended_are_forgotten() -> None:
    items = {"a": True, "b": False, "c": True, "d": True, "e": False}
    assert forget(dict(items), None, bool) == []
    assert forget(items, 2, bool) == [True]
    assert list(items) == ["b", "c", "d", "e"]


def test_the_newest_executions_of_each_pipeline_are_remembered(aws: LocalAws) -> None:
    rare, frequent = (definitions.create(aws, fail("No", "no"), name=name) for name in ("rare", "frequent"))
    first = definitions.start(aws, rare)
    arns = []
    for _ in range(KEEP + 3):
        arns.append(definitions.start(aws, frequent))
        aws.settle()
    sagemaker = aws.client("sagemaker")
    found = sagemaker.list_pipeline_executions(PipelineName=frequent)["PipelineExecutionSummaries"]
    # one more than the bound: the last one had not ended when it was started
    assert [e["PipelineExecutionArn"] for e in found] == arns[: -KEEP - 2 : -1]
    assert refusal(lambda: status(aws, arns[0]))[0] == "ResourceNotFound"
    assert status(aws, first) == "Failed"


def test_a_token_is_remembered_as_long_as_its_execution(aws: LocalAws) -> None:
    sagemaker, token = aws.client("sagemaker"), uuid.uuid4().hex
    name = definitions.create(aws, fail("No", "no"))
    again = lambda: sagemaker.start_pipeline_execution(PipelineName=name, ClientRequestToken=token)["PipelineExecutionArn"]  # noqa: E731
    arn = again()
    assert again() == arn
    for _ in range(KEEP + 2):
        aws.settle()
        definitions.start(aws, name)
    assert again() != arn


def test_a_job_is_forgotten_with_its_log_and_one_that_runs_is_not(aws: LocalAws) -> None:
    running = start(aws, "import time; time.sleep(120)")
    until(lambda: aws.processing._jobs[running].child)
    names = [start(aws, f"print({number})") for number in range(KEEP + 1)]
    until(lambda: len(aws.processing._jobs) == KEEP + 1)
    logs, sagemaker = aws.client("logs"), aws.client("sagemaker")

    def logged(name: str) -> list[dict[str, Any]]:
        found = logs.describe_log_streams(logGroupName="/aws/sagemaker/ProcessingJobs", logStreamNamePrefix=f"{name}/")
        return list(found["logStreams"])

    (gone,) = [n for n in names if n not in aws.processing._jobs]
    assert "not found" in refusal(lambda: sagemaker.describe_processing_job(ProcessingJobName=gone))[1]
    until(lambda: not logged(gone))
    assert all(logged(name) for name in {*names, running} - {gone})
    sagemaker.stop_processing_job(ProcessingJobName=running)
    aws.settle()
    assert aws.processing._jobs[names[-1]].child is None  # an ended job holds on to no process


def test_an_execution_takes_all_of_its_jobs_along_and_keeps_them_until_then(aws: LocalAws) -> None:
    retried = {"RetryPolicies": [{"ExceptionType": ["SageMaker.JOB_INTERNAL_ERROR"], "IntervalSeconds": 1, "MaxAttempts": 1}]}
    name = definitions.create(aws, processing("Work", **retried))
    aws.processing.fail_next("InternalServerError: it happens")
    arn = definitions.start(aws, name)
    until(lambda: steps_of(aws, arn).get("Work", {}).get("AttemptCount") == 2)
    aws.settle()
    jobs = {n for n in aws.processing._jobs if arn.rsplit("/", 1)[-1] in n}
    assert (status(aws, arn), len(jobs)) == ("Succeeded", 2)
    for number in range(KEEP + 1):
        start(aws, f"print({number})")
    aws.settle()
    assert jobs <= set(aws.processing._jobs)
    for _ in range(KEEP + 1):
        definitions.start(aws, name)
        aws.settle()
    assert not jobs & set(aws.processing._jobs)


def test_a_tuning_job_takes_its_trials_along_and_keeps_them_until_then(aws: LocalAws) -> None:
    put(aws, "trial.tar.gz", tarred({"train.py": "print('loss=1.0;')"}))
    sagemaker = aws.client("sagemaker")

    def tune(count: int) -> str:
        name = f"tune-{uuid.uuid4().hex[:8]}"
        given = tuning(IntegerParameterRanges=[{"Name": "depth", "MinValue": "1", "MaxValue": "60"}])
        given["HyperParameterTuningJobConfig"]["ResourceLimits"]["MaxNumberOfTrainingJobs"] = count
        sagemaker.create_hyper_parameter_tuning_job(HyperParameterTuningJobName=name, **given)
        aws.settle()
        return name

    name = tune(KEEP + 2)
    trials = sagemaker.list_training_jobs_for_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)["TrainingJobSummaries"]
    assert [t["TrainingJobStatus"] for t in trials] == ["Completed"] * (KEEP + 2)
    for _ in range(KEEP):
        tune(1)
    assert "not found" in refusal(lambda: sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name))[1]
    assert not {t["TrainingJobName"] for t in trials} & set(aws.training._jobs)


def test_the_newest_glue_runs_are_remembered_and_leave_no_folder(aws: LocalAws) -> None:
    glue = aws.client("glue")
    command = {"Name": "glueetl", "ScriptLocation": put(aws, "glue/script.py", "print('ran')"), "PythonVersion": "3"}
    glue.create_job(Name="load", Role=ROLE, Command=command, GlueVersion="5.1")
    runs = []
    for _ in range(KEEP + 1):
        runs.append(glue.start_job_run(JobName="load")["JobRunId"])
        aws.settle()
    found = glue.get_job_runs(JobName="load")["JobRuns"]
    assert [(r["Id"], r["JobRunState"]) for r in found] == [(run, "SUCCEEDED") for run in runs[:0:-1]]
    streams = aws.client("logs").describe_log_streams(logGroupName="/aws-glue/jobs/output")["logStreams"]
    assert {s["logStreamName"] for s in streams} == set(runs[1:])
    assert not [path for path in aws.launcher.root.glob("glue-*") if path.is_dir()]


def test_events_calls_and_failures_are_bounded(aws: LocalAws) -> None:
    for number in itertools.count():
        aws.events.emit("tests", "Counted", {"number": number})
        if number == 10 * KEEP:
            break
    assert len(aws.events.history) <= 2 * KEEP
    assert aws.events.history[-1]["detail"] == {"number": 10 * KEEP}
    assert len(aws.journal.entries()) == KEEP


def test_a_step_cache_forgets_the_oldest_hit(monkeypatch: pytest.MonkeyPatch, aws: LocalAws) -> None:
    monkeypatch.setattr("local_aws.sagemaker.pipelines.cache._MOST", 2)
    cache, now = StepCache(), aws.clock.now()
    for number in (1, 2, 1, 3):
        cache.keep("s", "Lambda", {"FunctionArn": number}, Hit(str(number), now, {}, {}))
    found = [cache.find("s", "Lambda", {"FunctionArn": number}, now) for number in (1, 2, 3)]
    assert [hit.execution_arn if hit else None for hit in found] == ["1", None, "3"]
