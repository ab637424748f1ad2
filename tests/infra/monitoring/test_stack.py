"""The monitoring stack follows what serves by its parameters."""

from pathlib import Path
from typing import Any

import pytest

from infra.app import build
from infra.environment import load
from infra.nag import flat

TITLES = ["DataQuality", "ModelQuality", "ModelBias"]


def test_it_follows_the_released_package(dev: Any) -> None:
    template = dev.templates["Monitoring"]
    assert {n: p["Default"] for n, p in template["Parameters"].items()} == {
        "ModelPackageArn": "",
        "BaselineUri": "",
        "DatasetVersion": "",
        "Engine": "model-monitor",
    }
    assert template["Parameters"]["Engine"]["AllowedValues"] == ["model-monitor", "processing"]
    assert template["Conditions"]["HasModel"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "ModelPackageArn"}, ""]}]}
    assert {o["Condition"] for o in template["Outputs"].values()} == {"HasModel"}


def test_schedules_exist_with_a_model_a_baseline_and_the_engine(dev: Any) -> None:
    template = dev.templates["Monitoring"]
    conditional = {id: r for id, r in template["Resources"].items() if "Condition" in r}
    kinds = sorted(r["Type"] for r in conditional.values())
    assert kinds == sorted([f"AWS::SageMaker::{t}JobDefinition" for t in TITLES] + ["AWS::SageMaker::MonitoringSchedule"] * 3)
    assert {r["Condition"] for r in conditional.values()} == {"HasSchedules"}
    (_, baseline, engine) = template["Conditions"]["HasSchedules"]["Fn::And"]
    assert baseline == {"Fn::Not": [{"Fn::Equals": [{"Ref": "BaselineUri"}, ""]}]}
    assert engine == {"Fn::Equals": [{"Ref": "Engine"}, "model-monitor"]}


def test_definitions_are_unnamed_encrypted_and_isolated_and_schedules_have_fixed_names(dev: Any) -> None:
    for title in TITLES:
        (definition,) = dev.properties(f"AWS::SageMaker::{title}JobDefinition")
        assert "JobDefinitionName" not in definition and "Tags" not in definition
        assert definition["NetworkConfig"] == {"EnableNetworkIsolation": True, "EnableInterContainerTrafficEncryption": True}
        keys = [definition["JobResources"]["ClusterConfig"]["VolumeKmsKeyId"], definition[f"{title}JobOutputConfig"]["KmsKeyId"]]
        assert all(flat(key).endswith(f"alias/{dev.names.prefix}") for key in keys)
        assert flat(definition["RoleArn"]).endswith(f":role/{dev.names.role('monitor-job')}")
        assert definition[f"{title}AppSpecification"]["Environment"]["publish_cloudwatch_metrics"] == "Disabled"
    names = {p["MonitoringScheduleName"] for p in dev.properties("AWS::SageMaker::MonitoringSchedule")}
    assert names == {dev.names.monitor(m) for m in ("data-quality", "model-quality", "bias")}


def synthesized(tmp_path: Path, **monitoring: object) -> dict[str, Any]:
    """The monitoring template of dev with other settings."""
    import json

    environment, contract = load("dev")
    changed = environment.model_copy(update={"monitoring": environment.monitoring.model_copy(update=monitoring)})
    build(changed, contract, outdir=str(tmp_path), git_commit="0").synth()
    return {p.name.split(".")[0]: json.loads(p.read_text()) for p in tmp_path.glob("*.template.json")}


def of_type(template: dict[str, Any], type: str) -> list[dict[str, Any]]:
    return [r["Properties"] for r in template["Resources"].values() if r["Type"] == type]


def test_a_vpc_late_labels_days_and_attributions(tmp_path: Path) -> None:
    from infra.monitoring.settings import Network

    network = Network(subnets=["subnet-0123456789abcdef0"], security_groups=["sg-0123456789abcdef0"])
    templates = synthesized(
        tmp_path, network=network, label_delay_hours=48, window="day", explainability=True, data_quality=False, engine="processing"
    )
    monitoring = templates["Monitoring"]
    assert monitoring["Parameters"]["Engine"]["Default"] == "processing"
    assert not of_type(monitoring, "AWS::SageMaker::DataQualityJobDefinition")
    (quality,) = of_type(monitoring, "AWS::SageMaker::ModelQualityJobDefinition")
    assert quality["NetworkConfig"]["VpcConfig"] == {"SecurityGroupIds": ["sg-0123456789abcdef0"], "Subnets": ["subnet-0123456789abcdef0"]}
    source = quality["ModelQualityJobInput"]["EndpointInput"]
    assert (source["StartTimeOffset"], source["EndTimeOffset"]) == ("-PT72H", "-PT48H")
    (explains,) = of_type(monitoring, "AWS::SageMaker::ModelExplainabilityJobDefinition")
    assert "sagemaker-clarify-processing" in flat(explains["ModelExplainabilityAppSpecification"]["ImageUri"])
    expressions = {
        s["MonitoringScheduleConfig"]["ScheduleConfig"]["ScheduleExpression"]
        for s in of_type(monitoring, "AWS::SageMaker::MonitoringSchedule")
    }
    assert expressions == {"cron(0 0 ? * * *)"}
    roles = {r["RoleName"]: r for r in of_type(templates["Platform"], "AWS::IAM::Role")}
    sids = {s["Sid"] for s in roles["loans-dev-monitor-job"]["Policies"][0]["PolicyDocument"]["Statement"]}
    assert {"JoinVpc", "ReadVpc"} <= sids


@pytest.mark.parametrize("chat", ["slack", "teams"])
def test_a_chat_channel_shows_notifications_and_may_do_nothing(tmp_path: Path, chat: str) -> None:
    import json

    from infra.monitoring.settings import Chat

    environment, contract = load("dev")
    uuid = "01234567-89ab-cdef-0123-456789abcdef"
    given = {
        "slack": Chat(slack_workspace_id="T12345678", slack_channel_id="C12345678"),
        "teams": Chat(teams_team_id=uuid, teams_tenant_id=uuid, teams_channel_id="19%3ac%40thread.tacv2"),
    }
    build(environment.model_copy(update={"chat": given[chat]}), contract, outdir=str(tmp_path), git_commit="0").synth()
    template = json.loads((tmp_path / "Monitoring.template.json").read_text())
    kind = {"slack": "SlackChannelConfiguration", "teams": "MicrosoftTeamsChannelConfiguration"}[chat]
    (channel,) = of_type(template, f"AWS::Chatbot::{kind}")
    assert flat(channel["SnsTopicArns"][0]).endswith(f":{environment.names.notifications_topic}")
    (shows,) = of_type(template, "AWS::IAM::Role")
    assert shows["Policies"][0]["PolicyDocument"]["Statement"][0]["Action"] == "sns:GetTopicAttributes"
