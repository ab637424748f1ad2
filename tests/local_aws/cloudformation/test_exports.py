"""Exports tie stacks together: values travel, names are unique, and what is in use stays."""

from local_aws.aws import LocalAws
from tests.local_aws.stacks import create, delete, described, outputs, parameter, update, value
from tests.local_aws.support import refusal


def exporting(name: str, said: str) -> dict[str, object]:
    return {"O": {"Value": said, "Export": {"Name": {"Fn::Sub": f"{name}-${{AWS::Region}}"}}}}


def test_a_value_travels_from_stack_to_stack_and_is_not_taken_away(aws: LocalAws) -> None:
    create(aws, "from", {"A": parameter("/from/a")}, Outputs=exporting("shared", "one"))
    create(aws, "to", {"B": parameter("/to/b", {"Fn::ImportValue": {"Fn::Join": ["-", ["shared", {"Ref": "AWS::Region"}]]}})})
    assert value(aws, "/to/b") == "one"
    cfn = aws.client("cloudformation")
    (export,) = [e for e in cfn.list_exports()["Exports"] if e["Name"] == "shared-us-east-1"]
    assert (export["Value"], export["ExportingStackId"]) == ("one", described(aws, "from")["StackId"])
    assert cfn.list_imports(ExportName="shared-us-east-1")["Imports"] == ["to"]
    assert update(aws, "from", {"A": parameter("/from/a")}, Outputs=exporting("shared", "two")) == "UPDATE_ROLLBACK_COMPLETE"
    events = aws.client("cloudformation").describe_stack_events(StackName="from")["StackEvents"]
    assert any("cannot be updated as it is in use by to" in e.get("ResourceStatusReason", "") for e in events)
    assert outputs(aws, "from") == {"O": "one"}
    assert delete(aws, "from") == "DELETE_FAILED"
    assert value(aws, "/from/a") == "v"
    delete(aws, "to")
    assert delete(aws, "from") == "DELETE_COMPLETE"
    assert "is not imported by any stack" in refusal(lambda: cfn.list_imports(ExportName="shared-us-east-1"))[1]


def test_a_missing_export_and_a_taken_name_fail_the_stack(aws: LocalAws) -> None:
    assert create(aws, "wants", {"B": parameter("/wants/b", {"Fn::ImportValue": "nobody"})}) == "ROLLBACK_COMPLETE"
    create(aws, "owner", {"A": parameter("/owner/a")}, Outputs=exporting("mine", "x"))
    assert create(aws, "thief", {"A": parameter("/thief/a")}, Outputs=exporting("mine", "y")) == "ROLLBACK_COMPLETE"
    assert value(aws, "/thief/a") is None
