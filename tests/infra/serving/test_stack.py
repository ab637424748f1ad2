"""The serving stack: nothing before a model exists, and nothing that a release takes away too early."""

import json
import re
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from infra.environment import parse
from infra.serving.guardrails import deployment
from infra.serving.hosting import digest
from infra.serving.stack import Serving
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
    assert {name for name, o in template["Outputs"].items() if o.get("Condition") != "HasModel"} == {"EndpointName"}
    assert template["Outputs"]["EndpointName"]["Value"] == "loans-dev-endpoint"
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
    prefix, generation, digest = config["EndpointConfigName"]["Fn::Join"][1]
    assert (prefix, generation) == (dev.names.endpoint_config(""), {"Ref": "Generation"})
    assert re.fullmatch("-[0-9a-f]{6}", digest)  # a deploy with other settings is a config of its own
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


def test_the_guardrails_watch_the_new_fleet_alone_and_begin_without_a_past(dev: Any) -> None:
    template = dev.templates[SERVING]["Resources"]
    (endpoint,) = (r for r in template.values() if r["Type"] == "AWS::SageMaker::Endpoint")
    alarms = {id: r["Properties"] for id, r in template.items() if r["Type"] == "AWS::CloudWatch::Alarm"}
    assert {a["MetricName"] for a in alarms.values()} == {"Invocation5XXErrors", "ModelLatency"}
    for alarm in alarms.values():
        assert {d["Name"]: d["Value"] for d in alarm["Dimensions"]} == {
            "EndpointName": dev.names.endpoint,
            "VariantName": VARIANT,
            "EndpointConfigName": {"Fn::GetAtt": ["EndpointConfig", "EndpointConfigName"]},
        }
        assert alarm["TreatMissingData"] == "notBreaching"
        assert alarm["AlarmName"]["Fn::Join"][1][-1] == {"Ref": "Generation"}
    guards = endpoint["Properties"]["DeploymentConfig"]["AutoRollbackConfiguration"]["Alarms"]
    assert guards == [{"AlarmName": {"Ref": id}} for id in alarms]


def test_the_endpoints_role_may_read_the_guardrails(dev: Any, resources: dict[str, Any]) -> None:
    statements = resources["AWS::IAM::Role"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
    (read,) = (s for s in statements if s["Action"] == "cloudwatch:DescribeAlarms")
    assert read["Resource"]["Fn::Join"][1][-1] == f":alarm:{dev.names.release_alarm('*')}"


POLICIES = {
    "all-at-once": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 300},
    "canary": {"Type": "CANARY", "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 25}, "WaitIntervalInSeconds": 300},
    "linear": {"Type": "LINEAR", "LinearStepSize": {"Type": "CAPACITY_PERCENT", "Value": 25}, "WaitIntervalInSeconds": 300},
}


@pytest.mark.parametrize("strategy", [*POLICIES, "rolling"])
def test_one_setting_chooses_the_strategy(strategy: str) -> None:
    given = {"strategy": strategy, "instances": 4, "max_instances": 8, "step_percent": 25, "bake_minutes": 5}
    built = deployment(parse({"project": "loans", "environment": "dev", "serving": given}, "x"), [])
    if strategy == "rolling":
        assert built["RollingUpdatePolicy"] == {
            "MaximumBatchSize": {"Type": "CAPACITY_PERCENT", "Value": 25},
            "WaitIntervalInSeconds": 300,
            "MaximumExecutionTimeoutInSeconds": 2400,
        }
    else:
        assert built["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"] == POLICIES[strategy]


def test_serverless_stands_beside_what_is_kept_while_clients_move(tmp_path: Path) -> None:
    serving = {"hosting": "serverless", "keep": "real-time", "capture_percent": 0}
    environment = parse({"project": "loans", "environment": "dev", "serving": serving}, "x")
    app = cdk.App(outdir=str(tmp_path), analytics_reporting=False)
    Serving(app, SERVING, environment=environment, termination_protection=False)
    app.synth()
    template = json.loads((tmp_path / f"{SERVING}.template.json").read_text())["Resources"]
    endpoints = {id: r["Properties"]["EndpointName"] for id, r in template.items() if r["Type"] == "AWS::SageMaker::Endpoint"}
    assert endpoints == {"Endpoint": "loans-dev-endpoint", "ServerlessEndpoint": "loans-dev-endpoint-serverless"}
    assert "DeploymentConfig" not in template["ServerlessEndpoint"]["Properties"]
    config = template["ServerlessEndpointConfig"]["Properties"]
    assert "DataCaptureConfig" not in config
    assert config["ProductionVariants"][0]["ServerlessConfig"] == {"MemorySizeInMB": 2048, "MaxConcurrency": 20}
    assert template["ServerlessModel"]["Properties"]["EnableNetworkIsolation"] is False
    assert template["Model"]["Properties"]["EnableNetworkIsolation"] is True


def test_a_serverless_container_is_told_where_to_capture(tmp_path: Path) -> None:
    def model(**serving: object) -> dict[str, Any]:
        environment = parse({"project": "loans", "environment": "dev", "serving": {"hosting": "serverless", **serving}}, "x")
        out = tmp_path / str(len(list(tmp_path.iterdir())))
        app = cdk.App(outdir=str(out), analytics_reporting=False)
        Serving(app, SERVING, environment=environment, termination_protection=False)
        app.synth()
        return dict(json.loads((out / f"{SERVING}.template.json").read_text())["Resources"]["ServerlessModel"]["Properties"])

    captured, sampled, not_captured = (
        model(capture_by="container"),
        model(capture_by="container", capture_percent=5),
        model(capture_percent=0),
    )
    settings = captured["Containers"][0]["Environment"]
    assert (
        "/capture/loans-dev-endpoint-serverless/AllTraffic" in json.dumps(settings["CAPTURE_URI"]) and settings["CAPTURE_PERCENT"] == "100"
    )
    assert settings["SAGEMAKER_PROGRAM"] == "inference.py"  # whether a package's own variables stay is not documented
    assert "Environment" not in not_captured["Containers"][0]
    # a model cannot be changed: what changes it changes its name
    assert len({json.dumps(m["ModelName"]) for m in (captured, sampled, not_captured)}) == 3


def test_the_names_of_configs_depend_on_settings_and_on_nothing_else() -> None:
    def named(**serving: int) -> str:
        return digest(parse({"project": "loans", "environment": "dev", "serving": serving}, "x"), "real-time")

    assert named() == named() != named(capture_percent=10)
    assert named() == named(bake_minutes=5)
