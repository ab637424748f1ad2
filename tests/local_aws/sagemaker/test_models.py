"""Models and endpoint configs: what they name must exist."""

from typing import Any

import pytest

from local_aws.aws import LocalAws
from tests.local_aws.endpoints import config, model
from tests.local_aws.support import IMAGE, ROLE, put, refusal


def created(aws: LocalAws, name: str = "m", role: str = ROLE, **container: Any) -> Any:
    put(aws, "there.tar.gz", b"x")
    given = {"Image": IMAGE, "ModelDataUrl": "s3://data/there.tar.gz", **container}
    return aws.client("sagemaker").create_model(ModelName=name, ExecutionRoleArn=role, PrimaryContainer=given)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"ModelDataUrl": "s3://data/absent.tar.gz"}, "Could not find model data at s3://data/absent.tar.gz"),
        ({"ModelDataUrl": "s3://nobucket/x"}, "Could not find model data at s3://nobucket/x"),
        ({"role": "arn:aws:iam::123456789012:role/nobody"}, "Could not assume role arn:aws:iam::123456789012:role/nobody"),
        (
            {"Image": "123.dkr.ecr.us-east-1.amazonaws.com/xgboost:1"},
            "no stand-in for the image '123.dkr.ecr.us-east-1.amazonaws.com/xgboost:1'",
        ),
    ],
)
def test_a_model_of_something_missing_is_refused(aws: LocalAws, change: dict[str, Any], words: str) -> None:
    code, message = refusal(lambda: created(aws, "never", **change))
    assert code == "ValidationException"
    assert words in message
    assert "Could not find model" in refusal(lambda: aws.client("sagemaker").describe_model(ModelName="never"))[1]


def test_a_model_comes_from_a_registered_package(aws: LocalAws) -> None:
    sagemaker = aws.client("sagemaker")
    put(aws, "package.tar.gz", b"x")
    sagemaker.create_model_package_group(ModelPackageGroupName="g")
    containers = [{"Image": IMAGE, "ModelDataUrl": "s3://data/package.tar.gz", "Environment": {"A": "1"}}]
    specification = {"Containers": containers, "SupportedContentTypes": ["text/csv"], "SupportedResponseMIMETypes": ["text/csv"]}
    arn = sagemaker.create_model_package(ModelPackageGroupName="g", InferenceSpecification=specification)["ModelPackageArn"]
    sagemaker.create_model(ModelName="packaged", ExecutionRoleArn=ROLE, Containers=[{"ModelPackageName": arn}])
    assert aws.models.model("packaged")["_container"].model_data == "s3://data/package.tar.gz"
    missing = lambda: sagemaker.create_model(  # noqa: E731
        ModelName="no", ExecutionRoleArn=ROLE, Containers=[{"ModelPackageName": arn.replace("/1", "/9")}]
    )
    assert "does not exist" in refusal(missing)[1]


def test_configs_need_their_models_and_endpoints_their_configs(aws: LocalAws) -> None:
    sagemaker = aws.client("sagemaker")
    assert 'Could not find model "arn:aws:sagemaker:us-east-1:123456789012:model/absent"' in refusal(lambda: config(aws, "c", absent=1))[1]
    create = lambda: sagemaker.create_endpoint(EndpointName="e", EndpointConfigName="absent")  # noqa: E731
    assert 'Could not find endpoint configuration "arn:aws:sagemaker:us-east-1:123456789012:endpoint-config/absent"' in refusal(create)[1]
    assert "Could not find endpoint" in refusal(lambda: sagemaker.describe_endpoint(EndpointName="e"))[1]


def test_names_are_unique_and_what_is_deleted_is_gone(aws: LocalAws) -> None:
    sagemaker = aws.client("sagemaker")
    model(aws, "once")
    config(aws, "once-1", once=1)
    assert "already existing model" in refusal(lambda: model(aws, "once"))[1]
    assert "already existing endpoint configuration" in refusal(lambda: config(aws, "once-1", once=1))[1]
    assert sagemaker.describe_endpoint_config(EndpointConfigName="once-1")["ProductionVariants"][0]["ModelName"] == "once"
    assert "once" in [m["ModelName"] for m in sagemaker.list_models()["Models"]]
    sagemaker.delete_endpoint_config(EndpointConfigName="once-1")
    sagemaker.delete_model(ModelName="once")
    assert "Could not find" in refusal(lambda: sagemaker.describe_endpoint_config(EndpointConfigName="once-1"))[1]
    assert "Could not find" in refusal(lambda: sagemaker.delete_model(ModelName="once"))[1]


@pytest.mark.parametrize(
    "extra", [{"InferenceAmiVersion": "al2-ami-sagemaker-inference-gpu-2"}, {"RoutingConfig": {"RoutingStrategy": "RANDOM"}}]
)
def test_variants_that_are_not_emulated_are_refused(aws: LocalAws, extra: dict[str, Any]) -> None:
    variant = {"VariantName": "v", "ModelName": "m", **extra}
    create = lambda: aws.client("sagemaker").create_endpoint_config(EndpointConfigName="odd", ProductionVariants=[variant])  # noqa: E731
    code, message = refusal(create)
    assert (code, next(iter(extra)) in message) == ("LocalAwsUnsupported", True)
