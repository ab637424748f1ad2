"""Retry policies and step caching, both on the simulated clock."""

import time
from datetime import timedelta

from local_aws.aws import LocalAws
from tests.local_aws.definitions import create, processing, start, status, steps_of, wanted
from tests.local_aws.support import emitted, put, until

CAPACITY = {"ExceptionType": ["SageMaker.CAPACITY_ERROR"], "IntervalSeconds": 3600, "BackoffRate": 2.0, "MaxAttempts": 2}
CACHED = {"Enabled": True, "ExpireAfter": "1d"}


def jobs(aws: LocalAws) -> int:
    return len(aws.journal.calls("sagemaker", "CreateProcessingJob"))


def waits_after(aws: LocalAws, arn: str, failures: int) -> None:
    """Until so many jobs of the execution have failed and its step waits for its next attempt."""
    id = arn.rsplit("/", 1)[-1]
    kind = "SageMaker Processing Job State Change"
    until(lambda: sum(id in e["ProcessingJobName"] for e in emitted(aws, kind, ProcessingJobStatus="Failed")) == failures)
    until(lambda: aws.background.active == 1)
    time.sleep(0.2)  # the timer of the wait is set a moment later


def test_a_step_without_capacity_is_tried_again_after_its_interval(aws: LocalAws) -> None:
    aws.processing.fail_next("CapacityError: Unable to provision requested ML compute capacity")
    arn = start(aws, create(aws, processing("one", RetryPolicies=[CAPACITY])))
    waits_after(aws, arn, 1)
    assert status(aws, arn) == "Executing"
    aws.advance(timedelta(minutes=61))
    assert status(aws, arn) == "Succeeded"
    assert steps_of(aws, arn)["one"]["AttemptCount"] == 2


def test_attempts_end_and_the_last_reason_stays(aws: LocalAws) -> None:
    for number in range(3):
        aws.processing.fail_next(f"CapacityError: none {number}")
    arn = start(aws, create(aws, processing("one", RetryPolicies=[CAPACITY])))
    waits_after(aws, arn, 1)
    aws.clock.advance(timedelta(minutes=61))
    waits_after(aws, arn, 2)
    aws.clock.advance(timedelta(minutes=61))
    assert status(aws, arn) == "Executing"  # the second interval is twice the first
    aws.advance(timedelta(minutes=61))
    assert status(aws, arn) == "Failed"
    step = steps_of(aws, arn)["one"]
    assert (step["AttemptCount"], step["FailureReason"]) == (3, "ClientError: CapacityError: none 2")


def test_a_policy_of_minutes_ends_by_time_and_not_by_number(aws: LocalAws) -> None:
    policy = {"ExceptionType": ["SageMaker.CAPACITY_ERROR"], "IntervalSeconds": 600, "BackoffRate": 1.0, "ExpireAfterMin": 35}
    for number in range(5):
        aws.processing.fail_next(f"CapacityError: none {number}")
    arn = start(aws, create(aws, processing("one", RetryPolicies=[policy])))
    for failures in range(1, 4):
        waits_after(aws, arn, failures)
        aws.clock.advance(timedelta(minutes=10, seconds=1))
    aws.settle()
    assert status(aws, arn) == "Failed"
    assert steps_of(aws, arn)["one"]["AttemptCount"] == 4  # after 0, 10, 20 and 30 minutes; 40 would be too late
    aws.processing._faults.clear()


def test_a_fault_of_the_script_is_not_retried(aws: LocalAws) -> None:
    arn = start(aws, create(aws, processing("one", "raise SystemExit(1)", RetryPolicies=[CAPACITY])))
    aws.settle()
    assert status(aws, arn) == "Failed"
    step = steps_of(aws, arn)["one"]
    assert (step["AttemptCount"], step["FailureReason"].split(":")[0]) == (1, "AlgorithmError")


def test_stopping_does_not_wait_for_the_next_attempt(aws: LocalAws) -> None:
    aws.processing.fail_next("CapacityError: none")
    arn = start(aws, create(aws, processing("one", RetryPolicies=[CAPACITY])))
    waits_after(aws, arn, 1)
    aws.client("sagemaker").stop_pipeline_execution(PipelineExecutionArn=arn, ClientRequestToken="s" * 32)
    aws.settle(10)
    assert status(aws, arn) == "Stopped"


def test_the_same_step_is_taken_from_the_cache_until_it_expires(aws: LocalAws) -> None:
    name = create(aws, processing("one", CacheConfig=CACHED), processing("two", environment={"X": wanted("Steps.one.ProcessingJobStatus")}))
    first = start(aws, name)
    aws.settle()
    assert "CacheHitResult" not in steps_of(aws, first)["one"]
    before = jobs(aws)
    second = start(aws, name)
    aws.settle()
    hit = steps_of(aws, second)["one"]
    assert hit["CacheHitResult"]["SourcePipelineExecutionArn"] == first
    assert hit["Metadata"] == steps_of(aws, first)["one"]["Metadata"]
    assert status(aws, second) == "Succeeded"
    assert jobs(aws) == before + 1  # only the step without a cache ran
    aws.advance(timedelta(days=1, minutes=1))
    third = start(aws, name)
    aws.settle()
    assert "CacheHitResult" not in steps_of(aws, third)["one"]


def test_changed_arguments_miss_the_cache_and_failures_are_not_kept(aws: LocalAws) -> None:
    put(aws, "in/x", "1")
    step = processing("one", environment={"X": wanted("Parameters.x")}, CacheConfig=CACHED)
    name = create(aws, step, parameters=[{"Name": "x", "Type": "String"}])
    for value, attempts in (("a", 1), ("b", 1), ("a", 0)):
        before = jobs(aws)
        start(aws, name, x=value)
        aws.settle()
        assert jobs(aws) - before == attempts
    aws.processing.fail_next("AlgorithmError: once")
    failed = start(aws, name, x="c")
    aws.settle()
    again = start(aws, name, x="c")
    aws.settle()
    assert (status(aws, failed), status(aws, again)) == ("Failed", "Succeeded")
    assert "CacheHitResult" not in steps_of(aws, again)["one"]
