"""Change sets say what would happen, do nothing until they are executed, and then do just that."""

import json
from typing import Any

import pytest

from local_aws.aws import LocalAws
from local_aws.cloudformation.stack import Stack
from tests.local_aws.stacks import BROKEN, create, described, happened, outputs, parameter, settled, template, topic, value
from tests.local_aws.support import refusal

REFERRING = parameter("/cs/b", {"Fn::Join": ["", ["see ", {"Ref": "T"}]]})


@pytest.fixture
def cfn(aws: LocalAws) -> Any:
    return aws.client("cloudformation")


def propose(cfn: Any, stack: str, resources: dict[str, Any], kind: str = "UPDATE", name: str = "c", **extra: Any) -> dict[str, Any]:
    """A change set and its description."""
    sections = {k: extra.pop(k) for k in ("Parameters", "Outputs") if k in extra}
    body = template(resources, **sections)
    id = cfn.create_change_set(StackName=stack, ChangeSetName=name, ChangeSetType=kind, TemplateBody=body, **extra)["Id"]
    return dict(cfn.describe_change_set(ChangeSetName=id, IncludePropertyValues=True))


def changes(found: dict[str, Any]) -> dict[str, tuple[str, str | None]]:
    """Logical id → (action, replacement)."""
    return {c["ResourceChange"]["LogicalResourceId"]: (c["ResourceChange"]["Action"], c["ResourceChange"].get("Replacement"))
            for c in found["Changes"]}  # fmt: skip


def test_a_new_stack_is_in_review_until_its_change_set_is_executed(aws: LocalAws, cfn: Any) -> None:
    found = propose(cfn, "new", {"A": parameter("/new/a"), "T": topic("new-t")}, "CREATE")
    assert (found["Status"], found["ExecutionStatus"]) == ("CREATE_COMPLETE", "AVAILABLE")
    assert changes(found) == {"A": ("Add", None), "T": ("Add", None)}
    assert described(aws, "new")["StackStatus"] == "REVIEW_IN_PROGRESS"
    assert value(aws, "/new/a") is None
    cfn.execute_change_set(ChangeSetName="c", StackName="new")
    assert settled(aws, "new") == "CREATE_COMPLETE"
    assert value(aws, "/new/a") == "v"
    assert cfn.describe_change_set(ChangeSetName=found["ChangeSetId"])["ExecutionStatus"] == "EXECUTE_COMPLETE"
    code, _ = refusal(lambda: cfn.execute_change_set(ChangeSetName="c", StackName="new"))
    assert code == "InvalidChangeSetStatus"


def test_it_names_what_is_added_modified_replaced_and_removed(aws: LocalAws, cfn: Any) -> None:
    create(
        aws, "cs", {"A": parameter("/cs/a"), "T": topic("cs-1"), "B": REFERRING, "Gone": parameter("/cs/gone"), "Same": parameter("/cs/s")}
    )
    after = {"A": parameter("/cs/a", "new"), "T": topic("cs-2"), "B": REFERRING, "N": parameter("/cs/n"), "Same": parameter("/cs/s")}
    found = propose(cfn, "cs", after)
    assert changes(found) == {
        "A": ("Modify", "False"), "T": ("Modify", "True"), "B": ("Modify", "False"), "N": ("Add", None), "Gone": ("Remove", None),
    }  # fmt: skip
    by_name = {c["ResourceChange"]["LogicalResourceId"]: c["ResourceChange"] for c in found["Changes"]}
    (detail,) = by_name["A"]["Details"]
    assert (detail["Target"]["Name"], detail["Target"]["RequiresRecreation"], detail["ChangeSource"]) == (
        "Value",
        "Never",
        "DirectModification",
    )
    assert (detail["Target"]["BeforeValue"], detail["Target"]["AfterValue"]) == ("v", "new")
    (detail,) = by_name["B"]["Details"]
    assert (detail["ChangeSource"], detail["CausingEntity"], detail["Evaluation"]) == ("ResourceReference", "T", "Dynamic")
    assert json.loads(by_name["B"]["AfterContext"])["Properties"]["Value"] == "see {{changeSet:KNOWN_AFTER_APPLY}}"
    assert by_name["T"]["PolicyAction"] == "ReplaceAndDelete"
    plain = cfn.describe_change_set(ChangeSetName=found["ChangeSetId"])["Changes"]
    assert not [c for c in plain if {"BeforeContext", "AfterContext"} & set(c["ResourceChange"])]
    assert value(aws, "/cs/a") == "v"  # nothing has happened
    cfn.execute_change_set(ChangeSetName=found["ChangeSetId"])
    assert settled(aws, "cs") == "UPDATE_COMPLETE"
    assert (value(aws, "/cs/a"), value(aws, "/cs/gone"), value(aws, "/cs/n")) == ("new", None, "v")
    assert value(aws, "/cs/b") == "see arn:aws:sns:us-east-1:123456789012:cs-2"


def test_a_parameter_is_named_as_the_cause(aws: LocalAws, cfn: Any) -> None:
    resources = {"A": parameter("/cause/a", {"Ref": "P"})}
    declared = {"P": {"Type": "String", "Default": "one"}}
    create(aws, "cause", resources, Parameters=declared)
    given = [{"ParameterKey": "P", "ParameterValue": "two"}]
    found = cfn.create_change_set(StackName="cause", ChangeSetName="c", UsePreviousTemplate=True, Parameters=given)
    (change,) = cfn.describe_change_set(ChangeSetName=found["Id"])["Changes"]
    (detail,) = change["ResourceChange"]["Details"]
    assert (detail["ChangeSource"], detail["CausingEntity"]) == ("ParameterReference", "P")


def test_no_change_is_a_failed_change_set_and_executes_nothing(aws: LocalAws, cfn: Any) -> None:
    create(aws, "still", {"A": parameter("/still/a")})
    found = propose(cfn, "still", {"A": parameter("/still/a")})
    assert (found["Status"], found["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert found["StatusReason"].startswith("The submitted information didn't contain changes.")
    assert refusal(lambda: cfn.execute_change_set(ChangeSetName=found["ChangeSetId"]))[0] == "InvalidChangeSetStatus"


def test_executing_one_discards_the_others_and_deleting_is_idempotent(aws: LocalAws, cfn: Any) -> None:
    create(aws, "many", {"A": parameter("/many/a")})
    propose(cfn, "many", {"A": parameter("/many/a", "1")}, name="one")
    propose(cfn, "many", {"A": parameter("/many/a", "2")}, name="two")
    propose(cfn, "many", {"A": parameter("/many/a", "3")}, name="three")
    assert refusal(lambda: propose(cfn, "many", {"A": parameter("/many/a", "4")}, name="one"))[0] == "AlreadyExistsException"
    cfn.delete_change_set(ChangeSetName="one", StackName="many")
    cfn.delete_change_set(ChangeSetName="one", StackName="many")
    assert [s["ChangeSetName"] for s in cfn.list_change_sets(StackName="many")["Summaries"]] == ["two", "three"]
    cfn.execute_change_set(ChangeSetName="two", StackName="many")
    settled(aws, "many")
    assert value(aws, "/many/a") == "2"
    assert refusal(lambda: cfn.describe_change_set(ChangeSetName="three", StackName="many"))[0] == "ChangeSetNotFound"


def test_a_change_set_that_fails_rolls_back_or_stays_as_it_is_told(aws: LocalAws, cfn: Any) -> None:
    create(aws, "mid", {"A": parameter("/mid/a")}, Outputs={"O": {"Value": "before"}})
    broken = {"A": parameter("/mid/a", "changed"), "Z": {**BROKEN, "DependsOn": "A"}}
    found = propose(cfn, "mid", broken)
    cfn.execute_change_set(ChangeSetName=found["ChangeSetId"])
    assert settled(aws, "mid") == "UPDATE_ROLLBACK_COMPLETE"
    assert cfn.describe_change_set(ChangeSetName=found["ChangeSetId"])["ExecutionStatus"] == "EXECUTE_FAILED"
    assert (value(aws, "/mid/a"), outputs(aws, "mid")) == ("v", {"O": "before"})
    found = propose(cfn, "mid", broken, name="stay")
    cfn.execute_change_set(ChangeSetName=found["ChangeSetId"], DisableRollback=True)
    assert settled(aws, "mid") == "UPDATE_FAILED"
    assert value(aws, "/mid/a") == "changed"
    cfn.rollback_stack(StackName="mid")
    assert settled(aws, "mid") == "UPDATE_ROLLBACK_COMPLETE"
    assert value(aws, "/mid/a") == "v"
    assert ("Z", "CREATE_FAILED") in happened(aws, "mid", "_FAILED")


def test_who_sees_the_stack_done_sees_the_change_set_executed(aws: LocalAws, cfn: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    create(aws, "seen", {"A": parameter("/seen/a")})
    found = propose(cfn, "seen", {"A": parameter("/seen/a", "new")})
    tell, seen = aws.stacks.history.status, []

    def told(stack: Stack, status: str, reason: str = "") -> None:
        tell(stack, status, reason)
        seen.append((status, stack.change_sets[found["ChangeSetId"]].execution))

    monkeypatch.setattr(aws.stacks.history, "status", told)
    cfn.execute_change_set(ChangeSetName=found["ChangeSetId"])
    assert settled(aws, "seen") == "UPDATE_COMPLETE"
    aws.background.wait_idle()
    assert seen[0] == ("UPDATE_IN_PROGRESS", "EXECUTE_IN_PROGRESS")
    assert seen[-1] == ("UPDATE_COMPLETE", "EXECUTE_COMPLETE")


def test_a_creation_that_is_to_be_deleted_when_it_fails_leaves_its_name_free(aws: LocalAws, cfn: Any) -> None:
    found = propose(cfn, "leaves", {"Z": BROKEN}, "CREATE", OnStackFailure="DELETE")
    cfn.execute_change_set(ChangeSetName=found["ChangeSetId"])
    assert settled(aws, found["StackId"]) == "DELETE_COMPLETE"
    assert "does not exist" in refusal(lambda: described(aws, "leaves"))[1]
    assert "DeletionTime" in described(aws, found["StackId"])


def test_what_exists_under_the_templates_name_is_imported_when_it_is_asked_for(aws: LocalAws, cfn: Any) -> None:
    aws.client("s3").create_bucket(Bucket="left-behind")
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "left-behind"}, "DeletionPolicy": "Retain"}
    found = propose(cfn, "adopt", {"B": bucket}, "CREATE", ImportExistingResources=True)
    assert changes(found) == {"B": ("Import", None)}
    cfn.execute_change_set(ChangeSetName=found["ChangeSetId"])
    assert settled(aws, "adopt") == "CREATE_COMPLETE"
    assert ("B", "IMPORT_COMPLETE") in happened(aws, "adopt")
    temporary = {**bucket, "DeletionPolicy": "Delete", "Properties": {"BucketName": "data"}}
    found = propose(cfn, "adopt-not", {"B": temporary}, "CREATE", ImportExistingResources=True)
    cfn.execute_change_set(ChangeSetName=found["ChangeSetId"])
    assert settled(aws, "adopt-not") == "ROLLBACK_COMPLETE"
    assert aws.client("s3").head_bucket(Bucket="data")


def test_what_has_the_name_of_something_yet_to_be_made_is_added(aws: LocalAws, cfn: Any) -> None:
    document = {"Version": "2012-10-17", "Statement": []}
    resources = {
        "B": {"Type": "AWS::S3::Bucket"},
        "P": {"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": {"Ref": "B"}, "PolicyDocument": document}},
    }
    assert changes(propose(cfn, "unknown", resources, "CREATE", ImportExistingResources=True)) == {"B": ("Add", None), "P": ("Add", None)}
