"""The serving stack: nothing before a model exists, and nothing that a release takes away too early."""

from typing import Any

import pytest

from interfaces.names import VARIANT

SERVING = "Serving"


@pytest.fixture
def resources(dev: Any) -> dict[str, Any]:
    """Resources by type; there is one of each."""
    return {r["Type"]: r for r in dev.templates[SERVING]["Resources"].values()}


def test_everything_but_the_role_waits_for_a_model(dev: Any, resources: dict[str, Any]) -> None:
    template = dev.templates[SERVING]
    assert {r.get("Condition") for type, r in resources.items() if type != "AWS::IAM::Role"} == {"HasModel"}
    assert "Condition" not in resources["AWS::IAM::Role"]
    assert {o["Condition"] for o in template["Outputs"].values()} == {"HasModel"}
    assert template["Conditions"]["HasModel"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "ModelPackageArn"}, ""]}]}
    assert (template["Parameters"]["ModelPackageArn"]["Default"], template["Parameters"]["Generation"]["Default"]) == ("", "0")


@pytest.mark.parametrize("type", ["AWS::SageMaker::Model", "AWS::SageMaker::EndpointConfig"])
def test_what_may_still_serve_is_not_deleted_by_a_replacement(resources: dict[str, Any], type: str) -> None:
    assert resources[type]["UpdateReplacePolicy"] == "Retain"
    assert resources[type]["DeletionPolicy"] == "Delete"


def test_each_release_has_its_own_model_and_config(dev: Any, resources: dict[str, Any]) -> None:
    model = resources["AWS::SageMaker::Model"]["Properties"]
    config = resources["AWS::SageMaker::EndpointConfig"]["Properties"]
    assert model["ModelName"] == {"Fn::Join": ["", [dev.names.model(""), {"Ref": "Generation"}]]}
    assert config["EndpointConfigName"] == {"Fn::Join": ["", [dev.names.endpoint_config(""), {"Ref": "Generation"}]]}
    assert model["Containers"] == [{"ModelPackageName": {"Ref": "ModelPackageArn"}}]
    assert model["EnableNetworkIsolation"] is True


def test_requests_and_answers_are_captured_encrypted(dev: Any, resources: dict[str, Any]) -> None:
    capture = resources["AWS::SageMaker::EndpointConfig"]["Properties"]["DataCaptureConfig"]
    assert capture["EnableCapture"] is True
    assert capture["InitialSamplingPercentage"] == dev.environment.serving.capture_percent
    assert [o["CaptureMode"] for o in capture["CaptureOptions"]] == ["Input", "Output"]
    assert capture["KmsKeyId"]["Fn::Join"][1][-1] == f":alias/{dev.names.prefix}"
    assert capture["DestinationS3Uri"]["Fn::Join"][1][-1].endswith("/capture")


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_the_endpoint_scales_between_its_bounds(synthesize: Any, name: str) -> None:
    cloud = synthesize(name)
    serving = cloud.environment.serving
    (target,) = cloud.properties("AWS::ApplicationAutoScaling::ScalableTarget")
    (policy,) = cloud.properties("AWS::ApplicationAutoScaling::ScalingPolicy")
    (config,) = cloud.properties("AWS::SageMaker::EndpointConfig")
    assert (target["MinCapacity"], target["MaxCapacity"]) == (serving.instances, serving.max_instances)
    assert target["ResourceId"] == f"endpoint/{cloud.names.endpoint}/variant/{VARIANT}"
    assert config["ProductionVariants"][0]["VariantName"] == VARIANT
    assert policy["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] == serving.target_invocations
    (endpoint,) = (r for r in cloud.templates[SERVING]["Resources"].values() if r["Type"] == "AWS::SageMaker::Endpoint")
    assert endpoint["Properties"]["RetainAllVariantProperties"] is True
