"""The monitoring stack follows what serves by its parameter, and tells people."""

from typing import Any


def test_it_follows_the_released_package(dev: Any) -> None:
    template = dev.templates["Monitoring"]
    assert template["Parameters"]["ModelPackageArn"]["Default"] == ""
    assert template["Conditions"]["HasModel"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "ModelPackageArn"}, ""]}]}
    assert template["Outputs"]["MonitoredModelPackageArn"]["Condition"] == "HasModel"


def test_alarms_notify_and_are_not_alarmed_by_silence(dev: Any) -> None:
    alarms = dev.properties("AWS::CloudWatch::Alarm")
    assert alarms
    for alarm in alarms:
        assert alarm["TreatMissingData"] == "notBreaching"
        assert alarm["AlarmActions"][0]["Fn::Join"][1][-1] == f":{dev.names.notifications_topic}"
        assert "docs/runbooks/" in alarm["AlarmDescription"]
