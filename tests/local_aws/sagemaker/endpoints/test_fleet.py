"""Serverless fleets: what they exclude, and how they throttle."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from local_aws.aws import LocalAws
from tests.local_aws.endpoints import config, create, invoke, model, serverless_config, settled, word
from tests.local_aws.support import IMAGE, ROLE, put, refusal

SLOW = """
import time

def model_fn(folder):
    return "slow"

def transform_fn(model, body, content_type, accept):
    time.sleep(0.5)
    return model, "text/plain"
"""


def test_requests_above_the_concurrency_are_throttled_and_the_others_answered(aws: LocalAws) -> None:
    assert create(aws, "sls", serverless_config(aws, "sls-1", model(aws, "sls", code=SLOW), 2)) == "InService"

    def call(_: int) -> str:
        try:
            return word(aws, "sls")
        except aws.client("sagemaker-runtime").exceptions.ClientError as error:
            assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400
            return str(error.response["Error"]["Code"])

    with ThreadPoolExecutor(5) as pool:
        answers = sorted(pool.map(call, range(5)))
    assert answers == ["ThrottlingException"] * 3 + ["slow"] * 2
    assert word(aws, "sls") == "slow"
    (variant,) = aws.client("sagemaker").describe_endpoint(EndpointName="sls")["ProductionVariants"]
    assert variant["CurrentServerlessConfig"]["MaxConcurrency"] == 2 and "CurrentInstanceCount" not in variant


@pytest.mark.parametrize(
    ("variant", "extra", "words"),
    [
        ({"ServerlessConfig": {"MemorySizeInMB": 2000, "MaxConcurrency": 1}}, {}, "MemorySizeInMB: 2000; allowed: 1024, 2048"),
        ({"ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 1}, "InitialInstanceCount": 1}, {}, "takes one of them"),
        (
            {"ServerlessConfig": {"MemorySizeInMB": 1024, "MaxConcurrency": 1}},
            {"DataCaptureConfig": {"EnableCapture": True, "InitialSamplingPercentage": 1, "DestinationS3Uri": "s3://b/c",
                                   "CaptureOptions": [{"CaptureMode": "Input"}]}},
            "Data capture is not available for serverless",
        ),
        ({"InstanceType": "ml.m5d.large", "InitialInstanceCount": 1}, {"KmsKeyId": "key"}, "not for instance types with local storage"),
        ({}, {}, "needs an InstanceType or a ServerlessConfig"),
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_refused(aws: LocalAws, variant: dict[str, Any], extra: dict[str, Any], words: str) -> None:
    name = f"odd-{abs(hash(words))}"
    variants = [{"VariantName": "v", "ModelName": model(aws, name), **variant}]
    made = lambda: aws.client("sagemaker").create_endpoint_config(EndpointConfigName=name, ProductionVariants=variants, **extra)  # noqa: E731
    assert words in refusal(made)[1]


CLOCK = """
    import time
    from flask import request

    def model_fn(folder):
        return None

    def transform_fn(model, body, content_type, accept):
        shown = [name for name in request.headers.keys() if "local" in name.lower()]
        return f"{time.time()!r},{len(shown)}", "text/csv"
"""


def test_a_container_that_has_run_for_long_sees_time_as_it_is(aws: LocalAws) -> None:
    assert create(aws, "clock", serverless_config(aws, "clock-1", model(aws, "clock", code=CLOCK), 2)) == "InService"
    for days in (0, 3, 40):
        aws.advance(timedelta(days=days))
        for _ in range(4):  # each worker has a clock of its own
            told, headers = invoke(aws, "clock")["Body"].decode().split(",")
            assert abs(float(told) - aws.clock.timestamp()) < 5 and headers == "0"


def test_serverless_takes_no_isolated_model_and_is_not_reached_by_an_update(aws: LocalAws) -> None:
    put(aws, "models/shut-in.tar.gz", b"")
    container = {"Image": IMAGE, "ModelDataUrl": "s3://data/models/shut-in.tar.gz"}
    aws.client("sagemaker").create_model(
        ModelName="shut-in", ExecutionRoleArn=ROLE, PrimaryContainer=container, EnableNetworkIsolation=True
    )
    assert "Network isolation is not available" in refusal(lambda: serverless_config(aws, "shut-in", "shut-in", 1))[1]
    create(aws, "instances", config(aws, "instances-1", **{model(aws, "moves"): 1}))
    serverless_config(aws, "instances-2", "moves", 1)
    update = lambda: aws.client("sagemaker").update_endpoint(EndpointName="instances", EndpointConfigName="instances-2")  # noqa: E731
    assert "cannot be updated from instances to serverless" in refusal(update)[1]
    assert settled(aws, "instances")["EndpointConfigName"] == "instances-1" and invoke(aws, "instances")
