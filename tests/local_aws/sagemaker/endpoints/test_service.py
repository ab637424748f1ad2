"""Endpoints that really serve: their states, updates with rollback, variants, and their end."""

import contextlib
from collections import Counter
from functools import partial

import pytest

from local_aws.aws import LocalAws
from tests.local_aws.endpoints import QUICK, SERVING, SLOW, config, create, invoke, model, settled, word
from tests.local_aws.published import points, total
from tests.local_aws.support import IMAGE, ROLE, children, emitted, put, refusal, tarred, until


@pytest.fixture(scope="module")
def endpoint(aws: LocalAws) -> str:
    """An endpoint in service whose model says hello."""
    model(aws, "hello", **SLOW)
    assert create(aws, "greeter", config(aws, "greeter-1", hello=1)) == "InService"
    return "greeter"


def statuses(aws: LocalAws, name: str) -> list[str]:
    return [d["EndpointStatus"] for d in emitted(aws, "SageMaker Endpoint State Change", EndpointName=name)]


def test_an_endpoint_is_created_and_says_so(aws: LocalAws, endpoint: str) -> None:
    described = aws.client("sagemaker").describe_endpoint(EndpointName=endpoint)
    assert described["EndpointConfigName"] == "greeter-1"
    assert [v["VariantName"] for v in described["ProductionVariants"]] == ["hello"]
    assert statuses(aws, endpoint) == ["CREATING", "IN_SERVICE"]
    assert [e["EndpointName"] for e in aws.client("sagemaker").list_endpoints(NameContains="greet")["Endpoints"]] == [endpoint]
    _, message = refusal(lambda: aws.client("sagemaker").create_endpoint(EndpointName=endpoint, EndpointConfigName="greeter-1"))
    assert "already existing endpoint" in message


def test_bodies_content_types_and_attributes_pass_both_ways(aws: LocalAws, endpoint: str) -> None:
    answer = invoke(aws, endpoint, b"1,2,3", Accept="text/csv", CustomAttributes="trace=1", InferenceId="id-1")
    assert answer["Body"] == b"hello,text/csv,text/csv,5"
    assert answer["ContentType"].startswith("text/csv")
    assert (answer["InvokedProductionVariant"], answer["CustomAttributes"]) == ("hello", "seen trace=1")
    assert invoke(aws, endpoint, bytes([0, 255]), ContentType="application/x-npy")["Body"] == b"hello,application/x-npy,application/json,2"


@pytest.mark.parametrize(
    ("status", "code", "side"), [(400, "CLIENT_ERROR_FROM_MODEL", "client"), (503, "INTERNAL_FAILURE_FROM_MODEL", "server")]
)
def test_errors_of_the_model_carry_its_own_status_and_words(aws: LocalAws, endpoint: str, status: int, code: str, side: str) -> None:
    runtime = aws.client("sagemaker-runtime")
    with pytest.raises(runtime.exceptions.ModelError) as caught:
        invoke(aws, endpoint, f"status {status}")
    response = caught.value.response
    assert (response["OriginalStatusCode"], response["OriginalMessage"]) == (status, "asked for it")
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 424
    assert f'Received {side} error ({status}) from primary with message "asked for it"' in response["Error"]["Message"]


def test_an_exception_in_the_model_is_a_server_error_and_is_logged(aws: LocalAws, endpoint: str) -> None:
    runtime = aws.client("sagemaker-runtime")
    with pytest.raises(runtime.exceptions.ModelError) as caught:
        invoke(aws, endpoint, "raise")
    assert caught.value.response["OriginalStatusCode"] == 500
    assert word(aws, endpoint) == "hello"  # it goes on serving


def test_what_cannot_be_invoked_is_refused(aws: LocalAws, endpoint: str) -> None:
    big = b"x" * 6_291_457
    assert "6291457 bytes exceeds the maximum of 6291456" in refusal(lambda: invoke(aws, endpoint, big))[1]
    assert invoke(aws, endpoint, big[:-1])["Body"].endswith(b",6291456")
    assert refusal(lambda: invoke(aws, "nobody")) == ("ValidationError", "Endpoint nobody of account 123456789012 not found.")
    for name, value in (
        ("TargetModel", "m.tar.gz"), ("TargetContainerHostname", "c"), ("InferenceComponentName", "c"),
        ("EnableExplanations", "`true`"), ("SessionId", "NEW_SESSION"),
    ):  # fmt: skip
        code, message = refusal(lambda n=name, v=value: invoke(aws, endpoint, **{n: v}))  # type: ignore[misc]
        assert (code, f"invocations with {name};" in message) == ("LocalAwsUnsupported", True)
    assert "Variant other was not found" in refusal(lambda: invoke(aws, endpoint, TargetVariant="other"))[1]


def test_an_update_serves_the_new_model_and_a_broken_one_is_rolled_back(aws: LocalAws) -> None:
    sagemaker = aws.client("sagemaker")
    create(aws, "moving", config(aws, "moving-1", **{model(aws, "first", "first"): 1}))
    before = children()
    sagemaker.update_endpoint(
        EndpointName="moving", EndpointConfigName=config(aws, "moving-2", **{model(aws, "second", "second", **SLOW): 1})
    )
    assert "in-progress endpoint" in refusal(lambda: sagemaker.update_endpoint(EndpointName="moving", EndpointConfigName="moving-1"))[1]
    assert word(aws, "moving") == "first"  # the old fleet serves meanwhile
    assert settled(aws, "moving")["EndpointConfigName"] == "moving-2"
    assert word(aws, "moving") == "second"
    model(aws, "broken", code="def model_fn(folder):\n    raise ValueError('cannot load')\n")
    sagemaker.update_endpoint(EndpointName="moving", EndpointConfigName=config(aws, "moving-3", broken=1))
    after = settled(aws, "moving")
    assert (after["EndpointStatus"], after["EndpointConfigName"]) == ("InService", "moving-2")
    assert "variant broken did not pass the ping health check" in after["FailureReason"]
    assert word(aws, "moving") == "second"
    aws.settle()
    assert statuses(aws, "moving") == ["CREATING", "IN_SERVICE", "UPDATING", "IN_SERVICE", "UPDATING", "ROLLING_BACK", "IN_SERVICE"]
    sagemaker.delete_endpoint(EndpointName="moving")
    assert statuses(aws, "moving")[-1] == "DELETING"
    until(lambda: len(children()) < len(before))
    assert "Could not find endpoint" in refusal(lambda: sagemaker.describe_endpoint(EndpointName="moving"))[1]


def test_variants_share_requests_by_weight_and_can_be_named(aws: LocalAws, endpoint: str) -> None:
    model(aws, "rare", "rare")
    create(aws, "shared", config(aws, "shared-1", hello=3, rare=1))
    counts = Counter(word(aws, "shared") for _ in range(80))
    assert 8 <= counts["rare"] <= 35
    assert counts["hello"] + counts["rare"] == 80
    assert invoke(aws, "shared", TargetVariant="rare")["InvokedProductionVariant"] == "rare"


def test_isolation_is_felt_when_the_image_installs_the_code(aws: LocalAws) -> None:
    model(aws, "shut", "shut", isolated=True, **SLOW)
    assert create(aws, "isolated", config(aws, "isolated-1", shut=1)) == "InService"
    assert word(aws, "isolated") == "shut"
    aws.client("sagemaker").delete_endpoint(EndpointName="isolated")
    model(aws, "shut-out", isolated=True, **SLOW, PIP_NO_BUILD_ISOLATION="1", PIP_RETRIES="0")
    assert create(aws, "failing", config(aws, "failing-1", **{"shut-out": 1})) == "Failed"
    assert "did not pass the ping health check" in settled(aws, "failing")["FailureReason"]
    logs = aws.client("logs").filter_log_events(logGroupName="/aws/sagemaker/Endpoints/failing")["events"]
    assert any("No matching distribution found for setuptools" in e["message"] for e in logs)
    assert refusal(lambda: invoke(aws, "failing"))[0] == "ValidationError"


def test_code_may_be_called_as_the_stand_ins_own_files(aws: LocalAws) -> None:
    code = {
        "code/serve.py": "import http_server\nfrom train import model_fn\ntransform_fn = lambda *_: (http_server.word, 'text/csv')",
        "code/train.py": "model_fn = lambda folder: folder",
        "code/http_server.py": "word = 'mine'",
    }
    uri = put(aws, "models/namesake.tar.gz", tarred(code))
    container = {"Image": IMAGE, "ModelDataUrl": uri, "Environment": {**SERVING, **QUICK, "SAGEMAKER_PROGRAM": "serve.py"}}
    aws.client("sagemaker").create_model(ModelName="namesake", ExecutionRoleArn=ROLE, PrimaryContainer=container)
    assert create(aws, "namesake", config(aws, "namesake-1", namesake=1)) == "InService"
    assert invoke(aws, "namesake")["Body"] == b"mine"


def test_an_archive_that_is_gone_or_no_archive_fails_the_endpoint(aws: LocalAws) -> None:
    for name, words in (("gone", "Failed to download model data"), ("junk", "Failed to extract model data archive")):
        uri = put(aws, f"{name}.tar.gz", "no archive")
        container = {"Image": IMAGE, "ModelDataUrl": uri, "Environment": {}}
        aws.client("sagemaker").create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=container)
        if name == "gone":
            aws.client("s3").delete_object(Bucket="data", Key="gone.tar.gz")
        assert create(aws, name, config(aws, f"{name}-1", **{name: 1})) == "Failed"
        assert words in settled(aws, name)["FailureReason"]


def test_weights_and_counts_set_later_hold_until_an_update_that_does_not_retain_them(aws: LocalAws) -> None:
    sagemaker = aws.client("sagemaker")
    create(aws, "weighed", config(aws, "weighed-1", **{model(aws, "left"): 1, model(aws, "right"): 1}))
    wanted = [{"VariantName": "left", "DesiredWeight": 0, "DesiredInstanceCount": 3}]
    sagemaker.update_endpoint_weights_and_capacities(EndpointName="weighed", DesiredWeightsAndCapacities=wanted)
    assert {invoke(aws, "weighed")["InvokedProductionVariant"] for _ in range(12)} == {"right"}
    config(aws, "weighed-2", left=1, right=1)
    for retain, count in ((True, 3), (False, 1)):
        sagemaker.update_endpoint(EndpointName="weighed", EndpointConfigName="weighed-2", RetainAllVariantProperties=retain)
        left = settled(aws, "weighed")["ProductionVariants"][0]
        assert (left["VariantName"], left["CurrentInstanceCount"], left["CurrentWeight"]) == ("left", count, float(not retain))
    unknown = lambda: sagemaker.update_endpoint_weights_and_capacities(  # noqa: E731
        EndpointName="weighed", DesiredWeightsAndCapacities=[{"VariantName": "up", "DesiredWeight": 1}]
    )
    assert refusal(unknown)[1] == 'Could not find variant "up".'


def test_the_instance_type_of_what_scales_by_itself_cannot_be_changed(aws: LocalAws) -> None:
    create(aws, "scaling", config(aws, "scaling-1", **{model(aws, "grows"): 1}))
    scaling = {"ServiceNamespace": "sagemaker", "ResourceId": "endpoint/scaling/variant/grows"}
    scaling["ScalableDimension"] = "sagemaker:variant:DesiredInstanceCount"
    aws.client("application-autoscaling").register_scalable_target(**scaling, MinCapacity=1, MaxCapacity=2)
    variant = {"VariantName": "grows", "ModelName": "grows", "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}
    aws.client("sagemaker").create_endpoint_config(EndpointConfigName="scaling-2", ProductionVariants=[variant])
    update = lambda: aws.client("sagemaker").update_endpoint(EndpointName="scaling", EndpointConfigName="scaling-2")  # noqa: E731
    assert "must be deregistered as scalable target" in refusal(update)[1]
    aws.client("application-autoscaling").deregister_scalable_target(**scaling)
    update()
    assert settled(aws, "scaling")["EndpointConfigName"] == "scaling-2"


def test_invocations_are_metrics_of_the_variant_and_of_its_config(aws: LocalAws) -> None:
    model(aws, "measured")
    create(aws, "meter", config(aws, "meter-1", measured=1))
    runtime = aws.client("sagemaker-runtime")
    for body in ("1,2", "status 400", "status 503", "3,4"):
        with contextlib.suppress(runtime.exceptions.ModelError):
            invoke(aws, "meter", body)
    of_variant = {"EndpointName": "meter", "VariantName": "measured"}
    for dimensions in (of_variant, {**of_variant, "EndpointConfigName": "meter-1"}):
        metric = partial(total, aws, "AWS/SageMaker", **dimensions)
        assert [metric(n) for n in ("Invocations", "Invocation4XXErrors", "Invocation5XXErrors")] == [4, 1, 1]
        assert metric("ModelLatency", "SampleCount") == 4 and metric("OverheadLatency") > 0
        (unit,) = {point["Unit"] for point in points(aws, "AWS/SageMaker", "ModelLatency", "Sum", **dimensions)}
        assert unit == "Microseconds"
